package verify

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/timestamp"
)

// stamps judges the time stamps of a log's heads: each is over the text of a head, without
// its signatures. An authority whom nobody named says nothing, and harms nothing.
func (j *judge) stamps(ctx context.Context, l *log) error {
	roots := j.o.Authorities
	if roots == nil {
		roots = x509.NewCertPool()
	}
	texts := map[int64]blob.Hash{}
	for _, h := range l.heads {
		texts[h.Size] = blob.Of([]byte(h.Text()))
	}
	for s, err := range j.src.Stamps(ctx, l.ID) {
		if err != nil {
			return err
		}
		hash, is := texts[s.Size]
		if !is {
			j.problem(StampInvalid, l.ID, -1, "a time stamp over a head of %d entries, of which there is none", s.Size)
			continue
		}
		stamp, err := timestamp.Verify(s.Token, hash, roots, time.Time{})
		var untrusted *timestamp.UntrustedError
		switch {
		case errors.As(err, &untrusted):
		case err != nil:
			j.problem(StampInvalid, l.ID, -1, "the time stamp of the head of %d entries: %v", s.Size, err)
		case s.Size <= l.Size:
			seen := Seen{By: stamp.Authority, Size: s.Size, At: stamp.Time.Add(stamp.Accuracy)}
			l.saw(seen)
			j.clockAhead(l, seen)
		}
	}
	return nil
}

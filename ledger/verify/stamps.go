package verify

import (
	"context"
	"errors"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/timestamp"
)

// stamps judges the time stamps over the heads of a log: each is over the text of a head, without
// its signatures. Without roots nobody is trusted, and nothing can be said about them.
func (j *judge) stamps(ctx context.Context, l *log) error {
	if j.o.Authorities == nil {
		return nil
	}
	texts := map[int64]blob.Hash{}
	for _, h := range l.heads {
		texts[h.Size] = blob.Of([]byte(h.Text()))
	}
	for s, err := range j.src.Stamps(ctx, l.ID) {
		if err != nil {
			return err
		}
		hash, found := texts[s.Size]
		if !found {
			j.problem(StampInvalid, l.ID, -1, "a time stamp is over a head of %d entries that is not there", s.Size)
			continue
		}
		stamp, err := timestamp.Verify(s.Token, hash, j.o.Authorities, time.Time{})
		var stranger *timestamp.UntrustedError
		switch {
		case errors.As(err, &stranger):
			// The word of somebody whom nobody here knows: it proves nothing, and harms nothing.
		case err != nil:
			j.problem(StampInvalid, l.ID, -1, "the time stamp over the head of %d entries: %v", s.Size, err)
		default:
			seen := Seen{stamp.Authority, s.Size, stamp.Time}
			l.saw(seen)
			j.clockAhead(l, seen)
		}
	}
	return nil
}

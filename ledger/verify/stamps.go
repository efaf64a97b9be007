package verify

import (
	"context"
	"errors"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/timestamp"
)

// stamps judges the time stamps over the heads of a log. Without roots nobody is trusted, and
// nothing can be said about them.
func (j *judge) stamps(ctx context.Context, l *log) error {
	for s, err := range j.src.Stamps(ctx, l.ID) {
		if err != nil {
			return err
		}
		if j.o.Authorities == nil {
			continue
		}
		text, found := l.text(s.Size)
		if !found {
			j.problem(StampInvalid, l.ID, -1, "a time stamp is over a head of %d entries that is not there", s.Size)
			continue
		}
		stamp, err := timestamp.Verify(s.Token, blob.Of([]byte(text)), j.o.Authorities, time.Time{})
		var stranger *timestamp.UntrustedError
		if errors.As(err, &stranger) {
			continue // the word of somebody whom nobody here knows: it proves nothing, and harms nothing
		}
		if err != nil {
			j.problem(StampInvalid, l.ID, -1, "the time stamp over the head of %d entries: %v", s.Size, err)
			continue
		}
		l.saw(Seen{stamp.Authority, s.Size, stamp.Time})
	}
	return nil
}

// text is what was signed as the head of that size.
func (l *log) text(size int64) (string, bool) {
	for _, h := range l.heads {
		if h.Size == size {
			return h.Text(), true
		}
	}
	return "", false
}

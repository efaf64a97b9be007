package verify

import (
	"bytes"
	"maps"
	"slices"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// uses is which contents a ledger needs. The state of a pattern is only needed as it is
// now: earlier ones are not, since the newest document holds all versions.
type uses map[blob.Hash]bool

// Uses gathers the contents that entries need, whatever their order.
type Uses struct {
	named  uses
	state  map[string]state // of a saved id
	erased uses
}

// state is the newest revision of something. Two devices may have made one each.
type state struct {
	revision  int
	documents []blob.Hash
}

// NewUses is empty.
func NewUses() *Uses { return &Uses{uses{}, map[string]state{}, uses{}} }

// Add takes a body into account.
func (u *Uses) Add(b record.Body) {
	if e, ok := b.(*record.Erased); ok {
		u.erased.add(e.Commitment)
	}
	s, ok := b.(*record.Saved)
	if !ok {
		u.named.entry(b)
		return
	}
	switch old, known := u.state[s.ID]; {
	case !known || s.Revision > old.revision:
		u.state[s.ID] = state{s.Revision, []blob.Hash{s.Document}}
	case s.Revision == old.revision && !slices.Contains(old.documents, s.Document):
		u.state[s.ID] = state{s.Revision, append(old.documents, s.Document)}
	}
}

// Live is what must not be collected.
func (u *Uses) Live() map[blob.Hash]bool {
	live := maps.Clone(u.named)
	for _, s := range u.state {
		live.add(s.documents...)
	}
	return live
}

// Erased reports whether an entry says that a content was destroyed, as it says of an opening.
func (u *Uses) Erased(h blob.Hash) bool { return u.erased[h] }

func (u uses) add(hashes ...blob.Hash) {
	for _, h := range hashes {
		if h != (blob.Hash{}) {
			u[h] = true
		}
	}
}

func (u uses) entry(b record.Body) {
	switch b := b.(type) {
	case *record.Model:
		u.add(b.Card)
	case *record.Finished:
		for _, c := range b.Candidates {
			u.add(c.Picture)
		}
	case *record.Import:
		u.add(b.File)
	case *record.Export:
		if b.Certificate != nil {
			u.add(*b.Certificate)
		}
	case *record.Scan:
		u.add(b.Report)
	case *record.Grant:
		u.add(b.Document)
	}
}

func (u uses) list() []blob.Hash {
	return slices.SortedFunc(maps.Keys(u), func(a, b blob.Hash) int { return bytes.Compare(a[:], b[:]) })
}

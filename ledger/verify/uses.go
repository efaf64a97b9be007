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

// Uses gathers the contents that entries need; put the entries in their order.
type Uses struct {
	named uses
	state map[string]blob.Hash // of a saved id
}

// NewUses is empty.
func NewUses() *Uses { return &Uses{uses{}, map[string]blob.Hash{}} }

// Add takes a body into account.
func (u *Uses) Add(b record.Body) {
	if s, ok := b.(*record.Saved); ok {
		u.state[s.ID] = s.Document
		return
	}
	u.named.entry(b)
}

// Live is what must not be collected.
func (u *Uses) Live() map[blob.Hash]bool {
	live := maps.Clone(u.named)
	for _, h := range u.state {
		live[h] = true
	}
	return live
}

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

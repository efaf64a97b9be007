package verify

import (
	"context"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
)

// People is who may do what in a ledger, as its statements make it. Statements that do not
// hold are passed over: Library tells of them.
func People(ctx context.Context, a *archive.Archive) (*identity.State, error) {
	var said []identity.Statement
	for _, kind := range []record.Kind{record.KindLibrary, record.KindActor, record.KindMilestone} {
		for e, err := range a.OfKind(ctx, kind, archive.OldestFirst) {
			if err != nil {
				return nil, err
			}
			body, err := e.Decode()
			if err != nil {
				continue
			}
			if st, err := identity.Parse(Statement(body)); err == nil {
				said = append(said, st)
			}
		}
	}
	state := &identity.State{}
	for before := -1; len(said) != before; {
		before = len(said)
		var left []identity.Statement
		for _, st := range said {
			if state.Apply(st) != nil {
				left = append(left, st)
			}
		}
		said = left
	}
	return state, nil
}

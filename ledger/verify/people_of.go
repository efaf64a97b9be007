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
	var all []said
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
				all = append(all, said{e.In, e.Index, e.Time.At, st})
			}
		}
	}
	state := &identity.State{}
	apply(state, all)
	return state, nil
}

package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// dossier is all that the ledger and the document tell of one version of a pattern:
// certificates and reports are made of it.
type dossier struct {
	root    library.Root
	version edit.Hash
	state   *edit.State
	flat    *raster.Raster
	facts   *edit.Facts
	overlay blob.Hash // PNG of the map of who made each pixel
	deposit blob.Hash // PNG of the picture

	acts   []Act // about the pattern, oldest first, with those that its candidates came from
	line   map[blob.Hash]bool
	models []modelFact
	people *identity.State
	logs   map[blob.Hash]archive.Log
	saved  archive.Entry // the newest state
}

type modelFact struct {
	body  *record.Model
	entry archive.Entry
}

// gather reads the dossier of what the pattern shows.
func (s *Session) gather(ctx context.Context, p *Pattern) (*dossier, error) {
	d := &dossier{root: p.root, version: p.Document().Current(), state: p.State(), line: map[blob.Hash]bool{}, logs: map[blob.Hash]archive.Log{}}
	history, err := p.Document().History(d.version)
	if err != nil {
		return nil, err
	}
	for _, step := range history {
		d.line[blob.Hash(step.Version)] = true
	}
	if d.flat, err = d.state.Flatten(ctx); err != nil {
		return nil, err
	}
	if d.facts, err = p.Facts(ctx, d.version); err != nil {
		return nil, err
	}
	blobs := p.lib.Blobs()
	chart, err := encodePNG(edit.Overlay(d.flat))
	if err != nil {
		return nil, err
	}
	if d.overlay, err = blobs.PutBytes(ctx, chart); err != nil {
		return nil, err
	}
	picture, err := encodePNG(d.flat.NRGBA64())
	if err != nil {
		return nil, err
	}
	if d.deposit, err = blobs.PutBytes(ctx, picture); err != nil {
		return nil, err
	}
	return d, p.lib.Read(ctx, func(a *archive.Archive) error { return d.read(ctx, a) })
}

func (d *dossier) read(ctx context.Context, a *archive.Archive) (err error) {
	logs, err := a.Logs(ctx)
	if err != nil {
		return err
	}
	for _, l := range logs {
		d.logs[l.ID] = l
	}
	if d.people, err = verify.People(ctx, a); err != nil {
		return err
	}
	seen := map[blob.Hash]bool{}
	add := func(e archive.Entry) error {
		if seen[e.Hash] {
			return nil
		}
		seen[e.Hash] = true
		act, err := actOf(ctx, a, e)
		if err == nil {
			d.acts = append(d.acts, act)
		}
		return err
	}
	for e, err := range a.History(ctx, d.root.ID, archive.OldestFirst) {
		if err != nil {
			return err
		}
		if e.Kind == record.KindSaved {
			d.saved = e
		}
		if err := d.before(ctx, a, e, add); err != nil {
			return err
		}
		if err := add(e); err != nil {
			return err
		}
	}
	known := map[blob.Hash]bool{}
	for _, act := range d.acts {
		asked, ok := act.Body.(*record.Requested)
		if !ok || known[asked.Model] {
			continue
		}
		known[asked.Model] = true
		if err := d.model(ctx, a, asked.Model); err != nil {
			return err
		}
	}
	return nil
}

// before adds what an entry about the pattern goes back to: the request and the words that
// an accepted candidate came from, and the words of a request.
func (d *dossier) before(ctx context.Context, a *archive.Archive, e archive.Entry, add func(archive.Entry) error) error {
	body, err := e.Decode()
	if err != nil {
		return err
	}
	var back []blob.Hash
	switch b := body.(type) {
	case *record.Accepted:
		back = append(back, b.Request)
	case *record.Requested:
		back = append(back, b.Prompt)
	}
	for _, h := range back {
		from, err := a.Entry(ctx, h)
		var none *archive.NotFoundError
		if errors.As(err, &none) {
			continue // another device's, which has not come yet
		}
		if err != nil {
			return err
		}
		if err := d.before(ctx, a, from, add); err != nil {
			return err
		}
		if err := add(from); err != nil {
			return err
		}
		if from.Kind != record.KindRequested {
			continue
		}
		// What came of it, and what was decided about that.
		for after, err := range a.History(ctx, from.Hash.String(), archive.OldestFirst) {
			if err != nil {
				return err
			}
			switch after.Kind {
			case record.KindFinished, record.KindAccepted, record.KindRejected:
				if err := add(after); err != nil {
					return err
				}
			default:
			}
		}
	}
	return nil
}

func (d *dossier) model(ctx context.Context, a *archive.Archive, weights blob.Hash) error {
	for e, err := range a.History(ctx, weights.String(), archive.OldestFirst) {
		if err != nil {
			return err
		}
		if e.Kind != record.KindModel {
			continue
		}
		body, err := e.Decode()
		if err != nil {
			return err
		}
		m, ok := body.(*record.Model)
		if !ok {
			return fmt.Errorf("session: %v is no model", e.Hash)
		}
		d.models = append(d.models, modelFact{m, e})
		return nil
	}
	return nil
}

// counts are the edits of the version by class.
func (d *dossier) counts() map[record.Class]int {
	n := map[record.Class]int{}
	for _, act := range d.acts {
		if e, ok := act.Body.(*record.Edit); ok && d.line[e.Version] {
			n[e.Class]++
		}
	}
	return n
}

package session

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// This file says what the ledger records of the steps of a document. Here alone do
// the engine's operations become records.

// classOf is the class of a step in the ledger.
func classOf(step *edit.Step, placed *edit.PlacePicture) record.Class {
	switch edit.ClassOf(step.Kind) {
	case edit.ClassStroke, edit.ClassFill, edit.ClassShape:
		return record.Drawn
	case edit.ClassPicture:
		switch {
		case placed != nil && placed.Origin == edit.ByPerson:
			return record.Drawn
		case placed != nil && placed.Origin == edit.ByModel:
			return record.ByModel
		case placed != nil && placed.Origin == edit.ByRule:
			return record.ByRule
		}
		return record.ByImport
	case edit.ClassSelect:
		return record.Selected
	case edit.ClassArrange, edit.ClassLayout, edit.ClassCompose:
		return record.Arranged
	case edit.ClassRecolor:
		return record.Recolored
	case edit.ClassMechanic:
		return record.Mechanical
	case edit.ClassDocument:
		return record.Described
	case edit.ClassUnknown:
	}
	return record.Unclassed
}

// acts is what was done since the ledger last heard of the pattern: the steps in the
// order in which they were made, and where the person went without making one.
func (p *Pattern) acts(ctx context.Context) ([]record.Draft, error) {
	doc := p.Document()
	var acts []record.Draft
	at := p.shown
	for _, step := range doc.Steps()[p.recorded:] {
		if step.Parent != at {
			acts = append(acts, revert(p.root.ID, at, step.Parent))
		}
		done, err := actsOf(p.root.ID, step)
		if err != nil {
			return nil, err
		}
		if acts, at = append(acts, done...), step.Version; len(done) > 1 {
			chosen, err := p.accepted(ctx, done[1].Body)
			if err != nil {
				return nil, err
			}
			acts = append(acts, chosen...)
		}
	}
	if doc.Current() != at {
		acts = append(acts, revert(p.root.ID, at, doc.Current()))
	}
	return acts, nil
}

// accepted is that a candidate was taken, where the file that came in is one that was exported
// from this library as a model made it.
func (p *Pattern) accepted(ctx context.Context, b record.Body) (acts []record.Draft, err error) {
	in, ok := b.(*record.Import)
	if !ok || in.Origin != string(edit.ByModel) {
		return nil, nil
	}
	err = p.lib.Read(ctx, func(a *archive.Archive) error {
		for e, err := range a.History(ctx, in.File.String(), archive.NewestFirst) {
			if err != nil {
				return err
			}
			if e.Kind != record.KindExport || len(e.Subjects) == 0 {
				continue
			}
			request, err := blob.Parse(e.Subjects[0])
			if err != nil {
				continue // it was exported from a pattern
			}
			taken, err := candidateOf(ctx, a, request)
			if err != nil || taken == nil {
				return err
			}
			taken.Pattern = p.root.ID
			acts = []record.Draft{{Subjects: []string{p.root.ID, request.String(), taken.Picture.String()}, Body: taken}}
			return nil
		}
		return nil
	})
	return acts, err
}

// candidateOf is what a request made, as the only one that there was to choose from; nil
// where it made nothing.
func candidateOf(ctx context.Context, a *archive.Archive, request blob.Hash) (*record.Accepted, error) {
	for e, err := range a.History(ctx, request.String(), archive.OldestFirst) {
		if err != nil {
			return nil, err
		}
		body, err := e.Decode()
		if err != nil {
			return nil, err
		}
		if f, ok := body.(*record.Finished); ok && len(f.Candidates) > 0 {
			return &record.Accepted{Of: len(f.Candidates), Picture: f.Candidates[0].Picture, Request: request}, nil
		}
	}
	return nil, nil
}

func revert(pattern string, from, to edit.Hash) record.Draft {
	return record.Draft{Subjects: []string{pattern}, Body: &record.Revert{From: blob.Hash(from), Pattern: pattern, To: blob.Hash(to)}}
}

// actsOf is what the ledger records of one step of a pattern: the edit, and for a
// picture that was placed where it came from.
func actsOf(pattern string, step *edit.Step) ([]record.Draft, error) {
	var placed *edit.PlacePicture
	if edit.ClassOf(step.Kind) == edit.ClassPicture {
		placed = &edit.PlacePicture{}
		if err := json.Unmarshal(step.Params, placed); err != nil {
			return nil, fmt.Errorf("session: the operation %v cannot be recorded: %w", step.Version, err)
		}
	}
	acts := []record.Draft{{
		Subjects: []string{pattern, step.Version.String()},
		Body: &record.Edit{
			Pattern: pattern, Operation: step.Kind, Class: classOf(step, placed),
			Parent: blob.Hash(step.Parent), Version: blob.Hash(step.Version),
		},
	}}
	if placed == nil {
		return acts, nil
	}
	from, err := importAct(pattern, placed)
	if err != nil || from.Body == nil {
		return acts, err
	}
	return append(acts, from), nil
}

// importAct is the record of a picture that came from outside of the pattern.
func importAct(pattern string, placed *edit.PlacePicture) (d record.Draft, err error) {
	picture := blob.Hash(placed.Picture)
	file := picture
	if placed.Original != nil {
		file = blob.Hash(*placed.Original)
	}
	d.Subjects = []string{pattern, file.String()}
	if placed.Origin == edit.ByModel && placed.Original == nil {
		return record.Draft{}, nil // a model's work on the pattern is recorded where it is done
	}
	if placed.Origin == edit.ByPerson && placed.Original == nil {
		return record.Draft{}, nil
	}
	i := &record.Import{File: file, Origin: string(placed.Origin), Pattern: pattern}
	if placed.Parent != nil {
		i.Parent = placed.Parent.String()
	}
	for _, s := range []struct {
		to   *record.Sealed
		text string
	}{{&i.Author, placed.Author}, {&i.Name, placed.Source}, {&i.Rights, placed.Rights}} {
		if *s.to, err = record.SealText(s.text); err != nil {
			return record.Draft{}, err
		}
	}
	d.Body = i
	return d, nil
}

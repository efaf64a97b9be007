package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	authorship "github.com/selvage-studio/selvage/ledger/report"
)

// pause ends a stretch of work.
const pause = 30 * time.Minute

func (t *teller) edits(ctx context.Context) error {
	var last time.Time
	why, err := t.choose(ctx)
	if err != nil {
		return err
	}
	for _, a := range t.d.acts {
		b, ok := a.Body.(*record.Edit)
		if !ok {
			continue
		}
		if n := len(t.out.Sessions); n == 0 || a.Time.At.Sub(last) > pause {
			t.out.Sessions = append(t.out.Sessions, authorship.Session{Title: fmt.Sprintf("Session %d", n+1), From: moment(a.Time), Who: t.name(t.author(a))})
			before, err := t.at(ctx, b.Parent, "before the session")
			if err != nil {
				return err
			}
			t.out.Sessions[n].Before = before
		}
		s := &t.out.Sessions[len(t.out.Sessions)-1]
		one := authorship.Edit{When: moment(a.Time), Class: classInReport(b.Class), Tool: b.Operation, What: b.Operation, Undone: !t.d.line[b.Version], Entry: place(a)}
		if reason, chosen := why[a.Hash]; chosen {
			one.Why = reason
			if one.Before, err = t.at(ctx, b.Parent, "before"); err != nil {
				return err
			}
			if one.After, err = t.at(ctx, b.Version, "after"); err != nil {
				return err
			}
		}
		s.Edits = append(s.Edits, one)
		s.To, last = moment(a.Time), a.Time.At
		after, err := t.at(ctx, b.Version, "after the session")
		if err != nil {
			return err
		}
		s.After = after
	}
	return nil
}

// at is what the pattern showed at a version, nil before the first.
func (t *teller) at(ctx context.Context, v blob.Hash, alt string) (*authorship.Picture, error) {
	if v == (blob.Hash{}) {
		return nil, nil //nolint:nilnil // there was no picture yet
	}
	state, err := t.p.StateAt(ctx, edit.Hash(v))
	if err != nil {
		return nil, err
	}
	flat, err := state.Flatten(ctx)
	if err != nil {
		return nil, err
	}
	return t.picture(flat.NRGBA64(), alt)
}

// mostShown is how many edits are shown before and after.
const mostShown = 24

// shownAct is an edit that could be shown, with what it changed.
type shownAct struct {
	act   Act
	edit  *record.Edit
	share float64
}

// choose says which edits are shown before and after, and why: all of them where they are few; else the first and the
// last, those that a milestone or a review was about, and of the others those that changed most of the cell.
func (t *teller) choose(ctx context.Context) (map[blob.Hash]string, error) {
	var all []shownAct
	marked := map[blob.Hash]string{} // versions
	for _, a := range t.d.acts {
		switch b := a.Body.(type) {
		case *record.Edit:
			if b.Class == record.Drawn || b.Class == record.Arranged || b.Class == record.Recolored {
				all = append(all, shownAct{act: a, edit: b})
			}
		case *record.Milestone:
			marked[b.Version] = "the milestone " + b.Milestone
		case *record.Review:
			if marked[b.Version] == "" {
				marked[b.Version] = "a review"
			}
		}
	}
	why := map[blob.Hash]string{}
	if len(all) <= mostShown {
		for _, one := range all {
			why[one.act.Hash] = ""
		}
		return why, nil
	}
	t.out.Selection = fmt.Sprintf("Of %d edits that drew, arranged or recoloured, %d are shown before and after: the first and the last, those that milestones and reviews were about, and of the others those that changed most of the cell.", len(all), mostShown)
	why[all[0].act.Hash], why[all[len(all)-1].act.Hash] = "the first edit", "the last edit"
	for _, one := range slices.Backward(all) {
		if name := marked[one.edit.Version]; name != "" && len(why) < mostShown && why[one.act.Hash] == "" {
			why[one.act.Hash] = name
		}
	}
	look := flats{t: t}
	for i := range all {
		if err := look.measure(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b shownAct) int { return cmp.Compare(b.share, a.share) })
	for _, one := range all {
		if _, chosen := why[one.act.Hash]; !chosen && len(why) < mostShown {
			why[one.act.Hash] = fmt.Sprintf("changed %.1f %% of the cell", 100*one.share)
		}
	}
	return why, nil
}

// flats flattens versions, and keeps the last one: the next edit mostly goes on from it.
type flats struct {
	t       *teller
	version blob.Hash
	flat    *raster.Raster
}

func (f *flats) at(ctx context.Context, v blob.Hash) (*raster.Raster, error) {
	if v == f.version && f.flat != nil {
		return f.flat, nil
	}
	state, err := f.t.p.StateAt(ctx, edit.Hash(v))
	if err != nil {
		return nil, err
	}
	flat, err := state.Flatten(ctx)
	if err != nil {
		return nil, err
	}
	f.version, f.flat = v, flat
	return flat, nil
}

// measure finds out which share of the cell an edit changed.
func (f *flats) measure(ctx context.Context, one *shownAct) error {
	if one.edit.Parent == (blob.Hash{}) {
		one.share = 1
		return nil
	}
	before, err := f.at(ctx, one.edit.Parent)
	if err != nil {
		return err
	}
	after, err := f.at(ctx, one.edit.Version)
	if err == nil {
		one.share = changed(before, after)
	}
	return err
}

// changed is the share of pixels that are others, looked at in every row and column that makes about 250 of each.
func changed(a, b *raster.Raster) float64 {
	if a.Width() != b.Width() || a.Height() != b.Height() {
		return 1
	}
	const each = 250
	dx, dy := max(1, a.Width()/each), max(1, a.Height()/each)
	n, all := 0, 0
	for y := 0; y < a.Height(); y += dy {
		for x := 0; x < a.Width(); x += dx {
			all++
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return float64(n) / float64(max(1, all))
}

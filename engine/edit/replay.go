package edit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// kept is the state of one version in memory.
type kept struct {
	version Hash
	state   *State
	since   time.Duration // work done since the nearest snapshot
	due     bool          // it is to be a snapshot, and is not yet in the cache
}

// trail is how many of the versions before the one that is asked for a replay
// keeps, so that the next undos cost nothing.
const trail = 8

// reach returns the state of v, made from the nearest version that is at hand.
func (p *Pattern) reach(ctx context.Context, v Hash) (*kept, error) {
	if i := slices.IndexFunc(p.kept, func(k *kept) bool { return k.version == v }); i >= 0 {
		k := p.kept[i]
		p.kept = append(slices.Delete(p.kept, i, i+1), k)
		return k, nil
	}
	line, err := p.doc.History(v)
	if err != nil {
		return nil, err
	}
	at, base, err := p.nearest(ctx, line)
	if err != nil {
		return nil, err
	}
	var last []*kept
	for i, step := range line[at+1:] {
		if base, err = p.again(ctx, base, step); err != nil {
			return nil, err
		}
		if base.due || len(line)-(at+1+i) <= trail {
			last = append(last, base)
		}
	}
	if len(last) == 0 {
		last = []*kept{base} // a snapshot was met at v itself
	}
	for _, k := range last {
		p.keep(k)
	}
	return base, p.trim(ctx)
}

// nearest finds the last version of the line whose state is in memory, in the
// cache, or, where the line has operations that are not known, stored with the
// document. at is its place, -1 with an empty state where there is none.
func (p *Pattern) nearest(ctx context.Context, line []*Step) (at int, k *kept, err error) {
	foreign := slices.IndexFunc(line, func(s *Step) bool { return !s.Known() })
	for i := len(line) - 1; i >= 0; i-- {
		v := line[i].Version
		if n := slices.IndexFunc(p.kept, func(k *kept) bool { return k.version == v }); n >= 0 {
			if len(p.kept[n].state.Missing) == 0 {
				return i, p.kept[n], nil
			}
			continue
		}
		if p.set.Cache != nil {
			s, err := loadSnapshot(ctx, p.set.Cache, v, p.pool())
			if err != nil {
				return 0, nil, err
			}
			if s != nil {
				return i, &kept{version: v, state: s}, nil
			}
		}
		if foreign < 0 || i < foreign {
			continue
		}
		for _, c := range p.doc.checkpoints {
			if c.Version != v {
				continue
			}
			s, err := loadState(ctx, p.store, c.State)
			if err != nil {
				return 0, nil, fmt.Errorf("edit: the stored state of operation %d cannot be read: %w", line[i].Ordinal, err)
			}
			return i, &kept{version: v, state: s}, nil
		}
	}
	return -1, &kept{state: &State{}}, nil
}

// again does a step of the document on base.
func (p *Pattern) again(ctx context.Context, base *kept, step *Step) (*kept, error) {
	skip := func(reason string) (*kept, error) {
		s := base.state.Clone()
		s.Missing = append(s.Missing, Missing{step.Version, step.Ordinal, step.Kind, reason})
		return &kept{version: step.Version, state: s, since: base.since}, nil
	}
	op, err := DecodeOp(step.Kind, step.Params)
	var unknown *UnknownKindError
	switch {
	case errors.As(err, &unknown) && step.Ordinal > 1:
		return skip("")
	case err != nil && step.Ordinal > 1:
		// A known kind whose parameters cannot be read is as foreign as an unknown
		// one: this version would never have written it.
		return skip(err.Error())
	case err == nil:
		err = op.Check()
	}
	var k *kept
	if err == nil {
		k, err = p.do(ctx, base, op, step.Version, step.Ordinal)
	}
	switch {
	case err == nil:
		if len(k.state.Missing) > 0 {
			k.due = false // not the version's state, so nothing to store under its name
		}
		if k.due && p.set.Cache != nil {
			// It was stored when it was made, most likely; to store it again would hash all
			// of it while the person waits.
			if had, err := p.set.Cache.Has(ctx, snapshotKey(k.version)); err == nil && had {
				k.due = false
			}
		}
		return k, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(base.state.Missing) > 0:
		return skip(err.Error())
	}
	return nil, &ReplayError{step.Version, step.Ordinal, step.Kind, err}
}

// keep makes k the most recently used of the states in memory.
func (p *Pattern) keep(k *kept) {
	p.kept = slices.DeleteFunc(p.kept, func(o *kept) bool { return o.version == k.version })
	p.kept = append(p.kept, k)
}

// trim lets go of the least recently used states until they fit into memory.
// What is to be a snapshot goes to the cache first.
func (p *Pattern) trim(ctx context.Context) error {
	limit := p.set.Memory
	if limit == 0 {
		s := p.State().Size
		limit = 8 * int64(s.Width) * int64(s.Height)
	}
	seen := map[any]struct{}{}
	p.State().memory(seen)
	var held int64
	first := 0
	for i := len(p.kept) - 2; i >= 0; i-- {
		if held += p.kept[i].state.memory(seen); held > limit || len(p.kept)-i > 64 {
			first = i + 1
			break
		}
	}
	for _, k := range p.kept[:first] {
		if err := p.snapshot(ctx, k); err != nil {
			return err
		}
	}
	p.kept = slices.Delete(p.kept, 0, first)
	return nil
}

// Flush writes the snapshots that are due to the cache: after an edit, when the
// person rests, or before the pattern is let go. Nothing is lost without it but
// time when the pattern is opened again.
func (p *Pattern) Flush(ctx context.Context) error {
	for _, k := range p.kept {
		if err := p.snapshot(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pattern) snapshot(ctx context.Context, k *kept) error {
	if !k.due || p.set.Cache == nil {
		return nil
	}
	if err := keepSnapshot(ctx, p.set.Cache, k.version, k.state); err != nil {
		return err
	}
	k.due = false
	return nil
}

// memory is how many bytes the state holds beside what is in seen.
func (s *State) memory(seen map[any]struct{}) int64 {
	var n int64
	for _, l := range s.Layers {
		n += l.Pixels.Memory(seen)
	}
	if s.Selection != nil {
		if _, met := seen[s.Selection]; !met {
			seen[s.Selection] = struct{}{}
			n += int64(2 * len(s.Selection.Pix))
		}
	}
	return n
}

// MaxLayers is the most layers of a pattern.
const MaxLayers = 500

// check says whether an operation has left the state as the rest relies on it.
func (s *State) check() error {
	if s.Size.Width <= 0 || s.Size.Height <= 0 {
		return &ParameterError{"pattern.new", "must be the first operation"}
	}
	if len(s.Layers) > MaxLayers {
		return &ParameterError{"layer", fmt.Sprintf("a pattern has at most %d layers", MaxLayers)}
	}
	if len(s.Positions) > color.MaxPositions {
		return &ParameterError{"positions", fmt.Sprintf("a palette has at most %d", color.MaxPositions)}
	}
	ids := map[string]bool{}
	for _, l := range s.Layers {
		if ids[l.ID] {
			return &ParameterError{"layer", fmt.Sprintf("there are two layers %q", l.ID)}
		}
		ids[l.ID] = true
		if l.Pixels.Width() != s.Size.Width || l.Pixels.Height() != s.Size.Height {
			return &ParameterError{"layer", fmt.Sprintf("layer %q has %d x %d pixels in a cell of %v", l.ID, l.Pixels.Width(), l.Pixels.Height(), s.Size)}
		}
	}
	if m := s.Selection; m != nil && (m.W != s.Size.Width || m.H != s.Size.Height) {
		return &ParameterError{"selection", fmt.Sprintf("it has %d x %d pixels in a cell of %v", m.W, m.H, s.Size)}
	}
	return nil
}

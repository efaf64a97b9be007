package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/icc"
	"github.com/selvage-studio/selvage/engine/pattern/press"
)

// traps says in words what overlaps.
func (m *mill) traps() string {
	var said []string
	if m.o.Trap > 0 {
		said = append(said, m.o.Trap.String()+", light under dark")
	}
	for _, t := range m.o.Traps {
		said = append(said, fmt.Sprintf("%s and %s %v, light under dark", t.A, t.B, t.Width))
	}
	for _, f := range m.o.FallOn {
		said = append(said, fmt.Sprintf("%s falls on %s", f.A, f.B))
	}
	return strings.Join(said, "; ")
}

// positions are the pattern's as a mill knows them, in the chips of the colourway.
func (m *mill) positions() []press.Position {
	var out []press.Position
	for i, c := range m.state.Positions {
		p := press.Position{
			Name: c.Name, Code: c.Code, Chip: m.palette[i], Lab: c.Lab,
			Cloth: i == 0 && m.state.Locked != nil && m.state.Locked.Cloth,
		}
		if m.o.Colorway != "" {
			p.Code, p.Lab = "", nil // those are of the palette's own chip
		}
		out = append(out, p)
	}
	return out
}

// mostProfile is the largest ICC profile in bytes.
const mostProfile = 64 << 20

// cmyk converts the cell through a profile of the printer's.
func (m *mill) cmyk(ctx context.Context, cell *press.Picture) error {
	if m.o.Profile == "" {
		return usage("CMYK is the colours of one printer: name its ICC profile with --profile")
	}
	st, err := os.Stat(m.o.Profile)
	if err != nil {
		return err
	}
	if st.Size() > mostProfile || !st.Mode().IsRegular() {
		return usage("%s is no ICC profile: it has %d bytes", m.o.Profile, st.Size())
	}
	data, err := os.ReadFile(m.o.Profile)
	if err != nil {
		return err
	}
	profile, err := icc.Parse(data)
	if err != nil {
		return err
	}
	if profile.Space != icc.CMYK {
		return usage("%s is a profile of %s, not of CMYK", m.o.Profile, profile.Space)
	}
	t, err := icc.FromSRGB(profile, m.o.Intent, true)
	if err != nil {
		return err
	}
	if err := m.seam(cell); err != nil {
		return err
	}
	inks, err := cell.Opaque().ToCMYK(t)
	if err != nil {
		return err
	}
	return m.pictures(ctx, inks, data)
}

// screens takes the locked cell apart.
func (m *mill) screens(ctx context.Context) error {
	if err := m.locked(ctx); err != nil {
		return err
	}
	sep, err := press.NewSeparation(m.index, m.size, m.state.Repeat, m.positions())
	if err != nil {
		return err
	}
	meta := m.meta()
	if err := m.overlaps(ctx, sep, meta); err != nil {
		return err
	}
	plates := press.Plates{
		Marks: m.o.Marks, Compression: m.o.Compression, Single: true, Layout: press.Layouts(m.state.Repeat)[0],
	}
	if m.o.Layout != nil {
		plates.Layout = *m.o.Layout
	} else if hasRectangle(m.state.Repeat) {
		// A mill's screens are laid by machines that know no drops.
		plates.Layout = press.Layout{Kind: press.Rectangle}
	}
	if m.o.Format != Separations {
		return m.channels(ctx, sep, plates.Layout, meta)
	}
	base := strings.TrimSuffix(m.out, filepath.Ext(m.out))
	paths, err := sep.Add(ctx, &m.set, base, meta, plates)
	if err != nil {
		return err
	}
	for _, p := range paths {
		m.files.Files = append(m.files.Files, ExportedFile{Path: p, What: plates.Layout.String()})
	}
	m.files.Statement += " " + sep.Screens().Statement()
	return nil
}

// channels writes all screens into one file.
func (m *mill) channels(ctx context.Context, sep *press.Separation, layout press.Layout, meta press.Meta) error {
	pic, err := layout.Apply(sep.Inks(), m.state.Repeat, meta.DPIX, meta.DPIY)
	if err != nil {
		return err
	}
	screens := sep.Screens()
	if m.o.Marks {
		if pic, err = press.WithMarks(pic, meta.DPIX, meta.DPIY, press.Marks{Labels: screens.Names}); err != nil {
			return err
		}
	}
	meta.Description += " " + screens.Statement()
	if err := m.set.Add(m.out, m.encode(ctx, pic, meta, nil)); err != nil {
		return err
	}
	m.files.Statement += " " + screens.Statement()
	m.files.Files = append(m.files.Files, ExportedFile{Path: m.out, What: fmt.Sprintf("%v, %d screens", layout, screens.Count)})
	return nil
}

// overlaps lays traps and fall-ons.
func (m *mill) overlaps(ctx context.Context, sep *press.Separation, meta press.Meta) error {
	positions := sep.Positions()
	var traps []press.Trap
	if m.o.Trap > 0 {
		traps = press.AllTraps(positions, m.o.Trap)
	}
	for _, t := range m.o.Traps {
		a, b, err := pair(positions, t.Pair)
		if err != nil {
			return err
		}
		traps = append(traps, press.Trap{A: a, B: b, Width: t.Width})
	}
	if len(traps) > 0 {
		if err := sep.Trap(ctx, meta.DPIX, meta.DPIY, traps); err != nil {
			return err
		}
	}
	var on []press.FallOn
	for _, f := range m.o.FallOn {
		over, under, err := pair(positions, f)
		if err != nil {
			return err
		}
		on = append(on, press.FallOn{Over: over, Under: under})
	}
	if len(on) > 0 {
		return sep.FallOn(on)
	}
	return nil
}

// pair finds two positions by their names or their places.
func pair(positions []press.Position, p Pair) (a, b int, err error) {
	find := func(ref string) (int, error) {
		for i, c := range positions {
			if strings.EqualFold(c.Name, ref) || ref == fmt.Sprint(i+1) {
				return i, nil
			}
		}
		return 0, usage("there is no position %q; name it, or give its number from 1 to %d", ref, len(positions))
	}
	if a, err = find(p.A); err != nil {
		return 0, 0, err
	}
	b, err = find(p.B)
	return a, b, err
}

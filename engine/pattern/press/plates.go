package press

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// Plates is how a separation is written.
type Plates struct {
	Layout      Layout
	Marks       bool // ticks, registration marks and labels around the repeat
	Compression Compression

	// Single writes one grey TIFF for every screen, Together one multichannel
	// TIFF, Photoshop one multichannel PSD.
	Single, Together, Photoshop bool
}

// Add adds the files of a separation to set, under names that begin with base,
// which may have a folder: "base 1 madder.tif" for the first screen, "base
// screens.tif" and "base screens.psd" for all in one. It returns the paths. m
// describes the design; its Description gets the count of screens and the place
// of each. The cell's resolution is m's.
func (s *Separation) Add(ctx context.Context, set *file.Set, base string, m Meta, o Plates) (paths []string, err error) {
	screens := s.Screens()
	said := m.Description
	add := func(path string, p *Picture, labels []string, about string, write func(context.Context, io.Writer, *Picture, Meta) error) error {
		p, err := o.Layout.Apply(p, s.repeat, m.DPIX, m.DPIY)
		if err != nil {
			return err
		}
		if o.Marks {
			if p, err = WithMarks(p, m.DPIX, m.DPIY, Marks{labels}); err != nil {
				return err
			}
		}
		m := m
		m.Description = strings.TrimSpace(said + " " + about)
		paths = append(paths, path)
		return set.Add(path, func(w io.Writer) error { return write(ctx, w, p, m) })
	}
	tiff := func(ctx context.Context, w io.Writer, p *Picture, m Meta) error {
		return WriteTIFF(ctx, w, p, m, TIFF{o.Compression})
	}
	printed := s.Printed()
	label := func(k int) string {
		p := s.positions[printed[k]]
		return strings.Join(strings.Fields(fmt.Sprintf("%s %d/%d %s %s", m.Title, k+1, len(printed), p.Name, p.Code)), " ")
	}
	if o.Single {
		for k, i := range printed {
			path := fmt.Sprintf("%s %0*d %s.tif", base, len(fmt.Sprint(len(printed))), k+1, fileName(s.positions[i].Name))
			about := fmt.Sprintf("Screen %d of %d: %s.", k+1, len(printed), s.positions[i].Name)
			if err := add(path, s.Screen(i), []string{label(k)}, about, tiff); err != nil {
				return paths, err
			}
		}
	}
	labels := make([]string, len(printed))
	for k := range labels {
		labels[k] = label(k)
	}
	if o.Together {
		if err := add(base+" screens.tif", s.Inks(), labels, screens.Statement(), tiff); err != nil {
			return paths, err
		}
	}
	if o.Photoshop {
		photoshop := func(ctx context.Context, w io.Writer, p *Picture, m Meta) error { return WritePSD(ctx, w, p, nil, m) }
		if err := add(base+" screens.psd", s.Inks(), labels, screens.Statement(), photoshop); err != nil {
			return paths, err
		}
	}
	return paths, nil
}

// fileName makes a name that every system takes: what a path or a disk of
// Windows cannot hold becomes a dash.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60])
	}
	if s = strings.Trim(s, " ."); s == "" {
		return "screen"
	}
	return s
}

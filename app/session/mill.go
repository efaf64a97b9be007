package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/origin"
	"github.com/selvage-studio/selvage/engine/pattern/press"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/xmp"
)

// mill is one export on its way.
type mill struct {
	p       *Pattern
	o       PatternExport
	out     string
	set     file.Set
	files   Exported
	state   *edit.State
	size    pattern.Size // of the cell in the file
	palette color.Palette
	// certificate goes into PNG, JPEG and TIFF; nil for none.
	certificate *certified
	index       []uint8 // of the locked cell at size, nil where it is not locked
	detail      press.Detail
}

// ExportPattern writes the version that the pattern shows to path. Beside the cell
// lie the rectangle that lays straight, where the cell does not, and the seam
// report. The files appear together, whole, or not at all.
func (s *Session) ExportPattern(ctx context.Context, p *Pattern, path string, o PatternExport) (out Exported, err error) {
	if o.Format, err = ParseFormat(string(o.Format), path); err != nil {
		return out, err
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		return out, usage("%s: there is no folder %s to write into", path, filepath.Dir(path))
	}
	m := &mill{p: p, o: o, out: path, state: p.State()}
	if len(m.state.Missing) > 0 {
		return out, &edit.IncompleteError{Missing: m.state.Missing}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.set.Discard())
			out = Exported{}
		}
	}()
	if err := m.prepare(ctx); err != nil {
		return out, err
	}
	exported := &record.Export{Pattern: p.root.ID, Version: blob.Hash(p.Document().Current()), Clean: o.Clean}
	if !o.Bare && certifiable(path) {
		if m.certificate, err = s.certify(ctx, p, birthOptions{disclose: o.Disclose && !o.Clean}); err != nil {
			return out, fmt.Errorf("there can be no certificate: %w; --bare exports without one", err)
		}
		exported.Certificate = &m.certificate.hash
		if fields := &m.certificate.packet; o.AIGC && fields.Model {
			fields.Label = &xmp.Label{Label: "1", ContentProducer: fields.Creators[0], ProduceID: p.Document().Current().String()}
		}
	}
	if err := m.add(ctx); err != nil {
		return out, err
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	if err := m.set.Commit(); err != nil {
		return out, err
	}
	s.recordExport(ctx, p.lib, exported, &m.files)
	return m.files, nil
}

// certifiable says whether a kind of file carries a certificate: C2PA knows how for these.
func certifiable(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg", ".tif", ".tiff":
		return true
	}
	return false
}

// prepare finds sizes and chips.
func (m *mill) prepare(ctx context.Context) error {
	s := m.state
	if m.o.Depth == 0 {
		m.o.Depth = 8
	}
	if m.o.Depth != 8 && m.o.Depth != 16 {
		return usage("%d bits a channel: 8 or 16", m.o.Depth)
	}
	m.size = s.Size
	if m.o.DPI != 0 {
		if !(m.o.DPI >= 1 && m.o.DPI <= 4800) {
			return usage("%g DPI: 1 to 4800", m.o.DPI)
		}
		lattice := pattern.Lattice{Repeat: s.Repeat, Stride: 1}
		m.size = lattice.Nearest(s.Width.Pixels(m.o.DPI), s.Height.Pixels(m.o.DPI))
		if int64(m.size.Width)*int64(m.size.Height) > file.MaxPixels {
			return usage("%g DPI makes %v px of the cell, more than %d million; choose fewer", m.o.DPI, m.size, file.MaxPixels>>20)
		}
	}
	detail, repainted, err := m.p.detail(ctx)
	if err != nil {
		return err
	}
	m.detail = detail
	m.detail.File = m.size
	if there := repainted * dpi(s.Size.Width, s.Width); there < m.detail.EffectiveDPI() {
		m.files.Warnings = append(m.files.Warnings, fmt.Sprintf("what a model painted anew has the detail of %s DPI", figure(there)))
	}
	m.files.Statement = m.detail.Statement()
	for _, c := range s.Positions {
		m.palette = append(m.palette, c.Chip)
	}
	if m.o.Colorway == "" {
		return nil
	}
	var names []string
	for _, w := range s.Colorways {
		if strings.EqualFold(w.Name, m.o.Colorway) {
			m.palette = slices.Clone(w.Chips)
			return nil
		}
		names = append(names, w.Name)
	}
	return usage("the pattern has no colourway %q; it has %s", m.o.Colorway, cmp.Or(strings.Join(names, ", "), "none"))
}

// add writes what was asked for into the set.
func (m *mill) add(ctx context.Context) error {
	switch m.o.Format {
	case Separations, MultichannelTIFF, MultichannelPSD:
		return m.screens(ctx)
	case Spec:
		return m.spec(ctx)
	case Swatches:
		return m.swatches()
	case SVG:
		return m.vectors(ctx)
	case IndexedPNG, IndexedTIFF:
		if err := m.locked(ctx); err != nil {
			return err
		}
	default:
	}
	cell, err := m.cell(ctx)
	if err != nil {
		return err
	}
	if m.o.Format == CMYKTIFF {
		return m.cmyk(ctx, cell)
	}
	return m.pictures(ctx, cell, nil)
}

// cell is the picture of the cell at the file's size.
func (m *mill) cell(ctx context.Context) (*press.Picture, error) {
	// A locked pattern stays locked at any size and in any colourway.
	if m.state.Locked != nil || m.o.Colorway != "" {
		if err := m.locked(ctx); err != nil {
			return nil, err
		}
		pic, err := press.FromIndex(m.index, m.size.Width, m.size.Height, m.palette)
		if err != nil || m.o.Format == IndexedPNG || m.o.Format == IndexedTIFF {
			return pic, err
		}
		return pic.RGB(), nil
	}
	flat, err := m.state.Flatten(ctx)
	if err != nil {
		return nil, err
	}
	if flat, err = resize(ctx, flat, m.state.Repeat, m.size); err != nil {
		return nil, err
	}
	return press.FromPremultiplied(m.size.Width, m.size.Height, m.o.Depth, rows(flat)), nil
}

// locked fills in the index plane: for every pixel the place of its position.
func (m *mill) locked(ctx context.Context) error {
	if m.index != nil {
		return nil
	}
	if m.state.Locked == nil {
		what := "the format " + string(m.o.Format)
		if m.o.Colorway != "" {
			what = "a colourway"
		}
		return usage("%s needs a locked palette, and the pattern has none; lock it with the operation color.lock", what)
	}
	var err error
	if m.index, err = wholeIndex(ctx, m.state); err != nil {
		return err
	}
	m.index, err = resizeIndex(ctx, m.index, m.state.Size, len(m.state.Positions), m.state.Repeat, m.size)
	return err
}

// meta is what the files say of themselves.
func (m *mill) meta() press.Meta {
	x, y := m.detail.FileDPI()
	meta := press.Meta{DPIX: x, DPIY: y, Title: m.title(), Description: m.detail.Statement()}
	if !m.o.Clean {
		root := m.p.Root()
		meta.Pattern = origin.Parent{Pattern: root.Name, Version: m.p.Document().Current().String(), Document: root.ID}.Text()
	}
	return meta
}

func (m *mill) title() string {
	title := m.p.Root().Name
	if n := m.state.DesignNumber; n != "" {
		title = n + " " + title
	}
	if m.o.Colorway != "" {
		title += ", " + m.o.Colorway
	}
	return title
}

// seam judges the cell of the file and writes the report beside it.
func (m *mill) seam(cell *press.Picture) error {
	if cell.Model == press.CMYK {
		return nil // judged in the colours that it was made of
	}
	judged, err := seam.Measure(cell.RGB().Image(), m.state.Repeat)
	if err != nil {
		return err
	}
	if !judged.Pass {
		m.files.Warnings = append(m.files.Warnings, "the seam is visible: "+judged.String())
	}
	r := struct {
		Repeat    Repeat       `json:"repeat"`
		Cell      seam.Report  `json:"cell"`
		Detail    press.Detail `json:"size"`
		Statement string       `json:"statement"`
	}{Repeat{m.state.Repeat}, judged, m.detail, m.detail.Statement()}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(m.out, filepath.Ext(m.out)) + "-seam.json"
	err = m.set.Add(name, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	m.files.Files = append(m.files.Files, ExportedFile{Path: name, What: "the seam report"})
	return err
}

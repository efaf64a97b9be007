package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/icc"
	"github.com/selvage-studio/selvage/engine/pattern/origin"
	"github.com/selvage-studio/selvage/engine/pattern/press"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	specsheet "github.com/selvage-studio/selvage/engine/pattern/sheet"
	"github.com/selvage-studio/selvage/engine/pattern/swatch"
	"github.com/selvage-studio/selvage/engine/pattern/trace"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/xmp"
)

// Format is a kind of file that a pattern is exported as.
type Format string

// The formats of patterns.
const (
	PNG              Format = "png"
	JPEG             Format = "jpeg"
	TIFF             Format = "tiff"
	PSD              Format = "psd"
	PDF              Format = "pdf"
	IndexedPNG       Format = "indexed-png"
	IndexedTIFF      Format = "indexed-tiff"
	CMYKTIFF         Format = "cmyk-tiff"
	Separations      Format = "separations"
	MultichannelTIFF Format = "multichannel-tiff"
	MultichannelPSD  Format = "multichannel-psd"
	Spec             Format = "spec"
	Swatches         Format = "swatches"
	SVG              Format = "svg"
)

// Formats lists them with the ending that their files have.
func Formats() map[Format][]string {
	return map[Format][]string{
		PNG: {".png"}, JPEG: {".jpg", ".jpeg"}, TIFF: {".tif", ".tiff"}, PSD: {".psd"}, PDF: {".pdf"},
		IndexedPNG: {".png"}, IndexedTIFF: {".tif", ".tiff"}, CMYKTIFF: {".tif", ".tiff"},
		Separations: {".tif", ".tiff"}, MultichannelTIFF: {".tif", ".tiff"}, MultichannelPSD: {".psd"},
		Spec: {".pdf"}, SVG: {".svg"}, Swatches: {".ase", ".aco", ".cxf", ".csv"},
	}
}

// PatternExport says what leaves the program, and how.
type PatternExport struct {
	Format Format // "" is what the ending of the file says
	// DPI is the resolution of the file; 0 is the pattern's own pixels.
	DPI float64
	// Colorway is the name of the colourway; "" is the palette itself.
	Colorway string
	// Layout is nil for the cell with the rectangle that lays straight beside it.
	Layout *press.Layout
	Depth  int // bits, 8 (which 0 stands for) or 16
	// Compression is that of TIFF files.
	Compression press.Compression
	Quality     int // of a JPEG, 0 is 95
	// Tolerance is how far curves of an SVG may pass from the pixels, 0 is 0.5.
	Tolerance float64
	// Trap is laid between every pair of positions, Traps and FallOn between those
	// that they name by name or place.
	Trap   pattern.Length
	Traps  []PairTrap
	FallOn []Pair
	Marks  bool
	// Profile is the ICC profile of CMYK, a file; Intent how colours go there.
	Profile string
	Intent  icc.Intent
	// Paper of a spec sheet, Studio, Collection and Cloth what it says.
	Paper                     specsheet.Paper
	Studio, Collection, Cloth string
	// Clean leaves out by which pattern and version the file was made.
	Clean bool
	// Bare leaves out the birth certificate and what the picture says about itself; Disclose
	// puts prompts and seeds into the certificate, which otherwise has commitments to them.
	Bare, Disclose bool
	// AIGC adds China's implicit label (GB 45438-2025) to a picture that a model took part in.
	AIGC bool
}

// Pair is two positions by their names, or by their numbers from 1.
type Pair struct{ A, B string }

// PairTrap is the trap between two positions.
type PairTrap struct {
	Pair
	Width pattern.Length
}

// ParseFormat finds the format that is named, or that the ending of path says. The
// error is a *UsageError.
func ParseFormat(name, path string) (Format, error) {
	ext := strings.ToLower(filepath.Ext(path))
	all := Formats()
	if name == "" {
		for _, f := range []Format{PNG, JPEG, TIFF, PSD, PDF, SVG, Swatches} {
			if slices.Contains(all[f], ext) {
				return f, nil
			}
		}
		return "", usage("%s: the ending says no format; give --format or end it in .png, .jpg, .tif, .psd, .pdf, .svg, .ase, .aco, .cxf or .csv", path)
	}
	ends, known := all[Format(name)]
	if !known {
		var names []string
		for f := range all {
			names = append(names, string(f))
		}
		slices.Sort(names)
		return "", usage("there is no format %q; use one of %s", name, strings.Join(names, ", "))
	}
	if !slices.Contains(ends, ext) {
		return "", usage("%s: a file of the format %s ends in %s", path, name, strings.Join(ends, " or "))
	}
	return Format(name), nil
}

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

// resize brings a raster to another size over the plane of its repeat.
func resize(ctx context.Context, r *raster.Raster, rep pattern.Repeat, to pattern.Size) (*raster.Raster, error) {
	if r.Width() == to.Width && r.Height() == to.Height {
		return r, nil
	}
	w, h := r.Width(), r.Height()
	out := raster.New(to.Width, to.Height)
	plane := make([]float32, w*h)
	// One component at a time: four of a large cell take a gigabyte.
	for c := range 4 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for y := range h {
			row := r.Row(y)
			for x := range w {
				plane[y*w+x] = 0
				if row != nil {
					plane[y*w+x] = float32(row[4*x+c])
				}
			}
		}
		big, err := pattern.Resample(plane, 1, w, h, rep, to)
		if err != nil {
			return nil, err
		}
		for y := range to.Height {
			row := out.EditPixels(y)
			for x := range to.Width {
				row[4*x+c] = uint16(min(max(big[y*to.Width+x]+0.5, 0), 65535))
			}
		}
	}
	for y := range to.Height {
		row := out.EditPixels(y)
		for k := 0; k < len(row); k += 4 {
			// The kernel overshoots each component for itself.
			row[k], row[k+1], row[k+2] = min(row[k], row[k+3]), min(row[k+1], row[k+3]), min(row[k+2], row[k+3])
		}
	}
	return out, nil
}

// rows are those of a raster, whose empty ones are nil.
func rows(r *raster.Raster) func(y int) []uint16 {
	empty := make([]uint16, 4*r.Width())
	return func(y int) []uint16 {
		if row := r.Row(y); row != nil {
			return row
		}
		return empty
	}
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

// wholeIndex is the position of every pixel of a locked pattern. What shows nothing
// is the ground where that is the cloth.
func wholeIndex(ctx context.Context, s *edit.State) ([]uint8, error) {
	index, err := s.Index(ctx)
	if err != nil {
		return nil, err
	}
	for i, p := range index {
		if p != tone.Clear {
			continue
		}
		if !s.Locked.Cloth {
			return nil, usage("the pixel at %d, %d shows nothing, and the ground is printed; fill it, or lock the palette again", i%s.Size.Width, i/s.Size.Width)
		}
		index[i] = 0
	}
	return index, nil
}

// resizeIndex enlarges or shrinks an index plane: each position is resampled as a
// coverage, and every pixel becomes the one that covers it most. Edges stay clean
// and no other position appears between two.
func resizeIndex(ctx context.Context, index []uint8, from pattern.Size, n int, rep pattern.Repeat, to pattern.Size) ([]uint8, error) {
	if from == to {
		return index, nil
	}
	out := make([]uint8, to.Width*to.Height)
	most := make([]float32, len(out))
	plane := make([]float32, len(index))
	for p := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, v := range index {
			plane[i] = 0
			if int(v) == p {
				plane[i] = 1
			}
		}
		cover, err := pattern.Resample(plane, 1, from.Width, from.Height, rep, to)
		if err != nil {
			return nil, err
		}
		for i, c := range cover {
			if p == 0 || c > most[i] {
				most[i], out[i] = c, uint8(p)
			}
		}
	}
	return out, nil
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

// encode returns what writes a picture in the format.
func (m *mill) encode(ctx context.Context, pic *press.Picture, meta press.Meta, layers []press.Layer) func(io.Writer) error {
	return func(w io.Writer) error {
		switch m.o.Format {
		case PNG, IndexedPNG:
			return press.WritePNG(ctx, w, pic, meta)
		case JPEG:
			return press.WriteJPEG(ctx, w, pic.Opaque().EightBit(), meta, press.JPEG{Quality: m.o.Quality})
		case PDF:
			return press.WritePDF(ctx, w, pic, meta)
		case PSD, MultichannelPSD:
			return press.WritePSD(ctx, w, pic, layers, meta)
		default:
			return press.WriteTIFF(ctx, w, pic, meta, press.TIFF{Compression: m.o.Compression})
		}
	}
}

// pictures writes the cell in the layout that was asked for, the rectangle beside
// it, and the seam report.
func (m *mill) pictures(ctx context.Context, cell *press.Picture, profile []byte) error {
	meta := m.meta()
	meta.Profile = profile
	layouts := press.Layouts(m.state.Repeat)
	if m.o.Layout != nil {
		layouts = []press.Layout{*m.o.Layout}
		if !m.o.Layout.LaysStraight(m.state.Repeat) {
			layouts = append(layouts, press.Layout{Kind: press.Rectangle})
		}
	}
	stem, ext := strings.TrimSuffix(m.out, filepath.Ext(m.out)), filepath.Ext(m.out)
	for i, l := range layouts {
		name := m.out
		if i > 0 {
			name = stem + "-" + l.String() + ext
		}
		laid, err := l.Apply(cell, m.state.Repeat, meta.DPIX, meta.DPIY)
		if err != nil {
			return err
		}
		var layers []press.Layer
		if m.o.Format == PSD && l.Kind == press.Cell {
			if layers, err = m.layers(ctx); err != nil {
				return err
			}
		}
		encode := m.encode(ctx, laid, meta, layers)
		if m.certificate != nil && certifiable(name) {
			plain := encode
			encode = func(w io.Writer) error { return m.certificate.write(ctx, filepath.Dir(name), plain, w) }
		}
		if err := m.set.Add(name, encode); err != nil {
			return err
		}
		what := fmt.Sprintf("%v, %d x %d px", l, laid.Width, laid.Height)
		if l.Kind == press.Cell {
			what += ", " + m.state.Repeat.String()
		}
		m.files.Files = append(m.files.Files, ExportedFile{Path: name, What: what})
	}
	return m.seam(cell)
}

// layers are the pattern's own at the file's size, for a PSD.
func (m *mill) layers(ctx context.Context) ([]press.Layer, error) {
	if m.o.Colorway != "" {
		m.files.Warnings = append(m.files.Warnings, "a colourway is of the whole picture, so its PSD has no layers")
		return nil, nil
	}
	var out []press.Layer
	for _, l := range m.state.Layers {
		r, err := resize(ctx, l.Pixels, m.state.Repeat, m.size)
		if err != nil {
			return nil, err
		}
		out = append(out, press.Layer{
			Name: cmp.Or(l.Name, l.ID), Opacity: uint8((uint32(l.Opacity)*255 + 32767) / 65535), Blend: string(l.Blend), Hidden: l.Hidden,
			Picture: press.FromPremultiplied(m.size.Width, m.size.Height, m.o.Depth, rows(r)),
		})
	}
	return out, nil
}

// spec draws the page that goes with the design.
func (m *mill) spec(ctx context.Context) error {
	cell, err := m.cell(ctx)
	if err != nil {
		return err
	}
	spec := specsheet.Spec{
		Paper: m.o.Paper, Number: m.state.DesignNumber, Name: m.p.Root().Name, Studio: m.o.Studio, Collection: m.o.Collection,
		Colourway: m.o.Colorway, Cloth: m.o.Cloth, Repeat: m.state.Repeat, Detail: m.detail, Cell: cell.Opaque(),
		Way: specsheet.Direction(m.state.Direction), Positions: m.positions(), Notes: m.state.Notes, Traps: m.traps(),
		Hash: m.p.Document().Current().String(), Date: m.p.Root().Changed,
	}
	if lost := spec.Missing(); len(lost) > 0 {
		m.files.Warnings = append(m.files.Warnings, fmt.Sprintf("the sheet's font lacks %q, which show as question marks", string(lost)))
	}
	err = m.set.Add(m.out, func(w io.Writer) error { return specsheet.Write(ctx, w, spec) })
	m.files.Files = append(m.files.Files, ExportedFile{Path: m.out, What: "the spec sheet"})
	return err
}

// vectors traces the locked cell; its paths close across the lattice.
func (m *mill) vectors(ctx context.Context) error {
	if err := m.locked(ctx); err != nil {
		return err
	}
	var positions []trace.Position
	for _, p := range m.positions() {
		positions = append(positions, trace.Position{Name: p.Name, Code: p.Code, Color: p.Chip.Hex()})
	}
	pic := trace.Picture{Width: m.size.Width, Height: m.size.Height, Repeat: m.state.Repeat, Index: m.index}
	var stats trace.Stats
	err := m.set.Add(m.out, func(w io.Writer) (err error) {
		stats, err = trace.SVG(ctx, w, pic, positions, trace.Options{
			Width: m.state.Width, Height: m.state.Height, Tolerance: m.o.Tolerance, Title: m.title(),
		})
		return err
	})
	m.files.Statement = fmt.Sprintf("Repeat %v x %v, %d colours, traced at %v pixels with %d nodes.", m.state.Width, m.state.Height, len(positions), m.size, stats.Nodes)
	m.files.Files = append(m.files.Files, ExportedFile{Path: m.out, What: "the vectors of one cell, " + m.state.Repeat.String()})
	return err
}

// swatches writes the chips of the positions as a colour file.
func (m *mill) swatches() error {
	if len(m.state.Positions) == 0 {
		return usage("the pattern has no palette to write; give it one with the operation palette.set, or lock it")
	}
	var chips []swatch.Chip
	for i, p := range m.positions() {
		c := swatch.Chip{Position: i + 1, Name: cmp.Or(p.Name, p.Chip.Name), Code: p.Code, Lab: p.Lab, Preview: p.Chip}
		if c.Lab != nil {
			c.Illuminant, c.Observer = measured(m.state.Positions[i].Illuminant)
		}
		chips = append(chips, c)
	}
	format := swatch.Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(m.out), ".")))
	data, err := swatch.Write(format, chips, m.p.Root().Changed)
	if err != nil {
		return err
	}
	err = m.set.Add(m.out, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	m.files.Statement = ""
	m.files.Files = append(m.files.Files, ExportedFile{Path: m.out, What: fmt.Sprintf("the chips of %d positions", len(chips))})
	return err
}

// measured reads an illuminant with its observer, such as "D65/10"; what is left
// out is what chip books are measured under.
func measured(text string) (illuminant string, observer int) {
	illuminant, degrees, _ := strings.Cut(text, "/")
	if degrees == "10" {
		return cmp.Or(illuminant, "D50"), 10
	}
	return cmp.Or(illuminant, "D50"), 2
}

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

// Render is the picture of the version that is shown, with the authors of its
// pixels left out: what a preview, a proof or a model reads.
func (p *Pattern) Render(ctx context.Context) (*image.NRGBA64, error) {
	flat, err := p.State().Flatten(ctx)
	if err != nil {
		return nil, err
	}
	return flat.NRGBA64(), nil
}

// ExportOverlay writes a picture of who made each pixel of the version that the
// pattern shows.
func (s *Session) ExportOverlay(ctx context.Context, p *Pattern, path string) error {
	return p.exportView(ctx, path, func(flat *raster.Raster) (image.Image, error) { return edit.Overlay(flat), nil })
}

// ExportValues writes the value check of the version that the pattern shows: the
// picture in greys of the same lightness.
func (s *Session) ExportValues(ctx context.Context, p *Pattern, path string) error {
	return p.exportView(ctx, path, func(flat *raster.Raster) (image.Image, error) { return tone.Values(ctx, flat) })
}

// exportView writes what view makes of the picture, at the pattern's own size.
func (p *Pattern) exportView(ctx context.Context, path string, view func(*raster.Raster) (image.Image, error)) error {
	if err := Writable(path); err != nil {
		return err
	}
	state := p.State()
	flat, err := state.Flatten(ctx)
	if err != nil {
		return err
	}
	img, err := view(flat)
	if err != nil {
		return err
	}
	return file.Write(path, img, file.Meta{DPIX: dpi(state.Size.Width, state.Width), DPIY: dpi(state.Size.Height, state.Height)})
}

// Seam judges the seams of the version that the pattern shows.
func (p *Pattern) Seam(ctx context.Context) (seam.Report, error) {
	img, err := p.Render(ctx)
	if err != nil {
		return seam.Report{}, err
	}
	return seam.Measure(img, p.State().Repeat)
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

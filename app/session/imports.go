package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// Import is a picture that comes into a pattern, with what its bringer states.
type Import struct {
	Path string
	// Origin is whose it is; "" takes what one of the program's own working files
	// says, and import otherwise: a file of which nothing is known.
	Origin edit.Origin
	Author string
	Rights string
	// Candidates is out of how many it was chosen, 0 where nobody chose.
	Candidates int
	// At is where the picture's corner lies on the plane, in pixels of the cell,
	// nil for a picture of the whole cell.
	At *[2]int
	// Above is the layer below it, "" is on top. Name is the layer's.
	Above, Name string
}

// Imported is a file that was read.
type Imported struct {
	Import
	doc      *file.Document
	original []byte
	origin   edit.Origin
	purpose  edit.Purpose
	Notes    []string
}

// mostImport is the largest file that is read.
const mostImport = 2 << 30

// ReadImport reads a picture: PNG, JPEG, TIFF, WebP, PSD or SVG.
func (s *Session) ReadImport(ctx context.Context, i Import, o file.Options) (*Imported, error) {
	st, err := os.Stat(i.Path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > mostImport {
		return nil, usage("%s is no file of a picture, or has more than %d MiB", i.Path, mostImport>>20)
	}
	// One reading, so that what is kept as the original is what was decoded.
	f, err := os.Open(i.Path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, mostImport))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	doc, err := file.OpenBytes(ctx, data, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.Path, err)
	}
	m := &Imported{Import: i, doc: doc, original: data, Notes: doc.Notes, origin: i.Origin, purpose: edit.Import}
	own, err := ownRequest(doc.Request)
	if err != nil {
		m.Notes = append(m.Notes, err.Error())
	}
	switch {
	case own != "" && (i.Origin == "" || i.Origin == own):
		m.origin = own
		m.purpose = map[edit.Origin]edit.Purpose{edit.ByModel: edit.Candidate, edit.ByRule: edit.Drawing}[own]
	case i.Origin == "" && doc.Generation != nil:
		m.origin = edit.ByModel
		m.Notes = append(m.Notes, "the file says that it was generated; it counts as a model's")
	case i.Origin == "":
		m.origin = edit.ByImport
	}
	if i.Candidates > 0 && m.origin == edit.ByModel {
		m.purpose = edit.Candidate
	}
	return m, nil
}

// ownRequest says what made one of our working files: a model, or rules.
func ownRequest(text []byte) (edit.Origin, error) {
	if text == nil {
		return "", nil
	}
	var r struct {
		Rules int `json:"rules"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return "", errors.New("it carries a request that cannot be read, which is left out")
	}
	if r.Rules > 0 {
		return edit.ByRule, nil
	}
	return edit.ByModel, nil
}

// Shape fills in what a new pattern of this picture leaves open: its pixels, and
// the size on cloth if the file knows one.
func (m *Imported) Shape(n *NewPattern) {
	if n.Width == 0 && n.Height == 0 && n.DPI == 0 {
		n.Width, n.Height = m.doc.Width, m.doc.Height
	}
	if n.RepeatWidth == 0 && n.RepeatHeight == 0 && m.doc.DPIX > 0 {
		n.RepeatWidth = pattern.LengthOf(m.doc.Width, m.doc.DPIX)
		n.DPI = 0
	}
	if n.Repeat == (pattern.Repeat{}) {
		n.Repeat = m.repeat()
	}
}

// repeat is the one that a request of ours asks for.
func (m *Imported) repeat() pattern.Repeat {
	if m.doc.Request == nil {
		return pattern.Repeat{}
	}
	if own, err := ownRequest(m.doc.Request); err == nil && own == edit.ByRule {
		var r DrawRequest
		if json.Unmarshal(m.doc.Request, &r) != nil {
			return pattern.Repeat{}
		}
		said, err := r.said()
		if err != nil {
			return pattern.Repeat{}
		}
		return said.Spec.Complete(r.Seed).Repeat
	}
	var r Request
	if json.Unmarshal(m.doc.Request, &r) != nil {
		return pattern.Repeat{}
	}
	return r.Repeat.Repeat
}

// Place puts the picture into the pattern, a layer for each of its layers, and
// returns what had to be done to it.
func (p *Pattern) Place(ctx context.Context, m *Imported) (notes []string, err error) {
	store := p.Store()
	original, err := store.Put(ctx, m.original)
	if err != nil {
		return nil, err
	}
	var declared json.RawMessage
	if m.doc.Generation != nil {
		if declared, err = json.Marshal(m.doc.Generation); err != nil {
			return nil, err
		}
		// The words stand in the original, which can be erased by itself.
		declared = inDocument(declared, nil)
	}
	size := p.State().Size
	fit := m.At == nil
	if whole := (pattern.Size{Width: m.doc.Width, Height: m.doc.Height}); fit && whole != size {
		off := math.Abs(float64(whole.Width)*float64(size.Height)/(float64(whole.Height)*float64(size.Width)) - 1)
		if off > 0.02 {
			return nil, usage("%s has %v pixels, which is another shape than the cell of %v; say with --at X,Y where its corner lies on the plane, or crop it", m.Path, whole, size)
		}
		notes = append(notes, fmt.Sprintf("%v pixels were resampled to the cell of %v", whole, size))
	}
	var ops []edit.Op
	above := m.Above
	for i, l := range m.doc.Layers {
		r, err := m.layer(ctx, l, p.State())
		if err != nil {
			return nil, err
		}
		data, err := edit.EncodePicture(r)
		if err != nil {
			return nil, err
		}
		h, err := store.Put(ctx, data)
		if err != nil {
			return nil, err
		}
		opacity := float64(l.Opacity) / raster.Opaque
		op := &edit.PlacePicture{
			Picture: h, Origin: m.origin, Purpose: m.purpose, Name: cmp.Or(l.Name, m.Name, filepath.Base(m.Path)), Above: above,
			Opacity: &opacity, Blend: raster.Blend(l.Blend), Hidden: l.Hidden, Position: m.At,
			Author: m.Author, Rights: m.Rights, Original: &original, Source: filepath.Base(m.Path),
			Declared: declared, Candidates: m.Candidates,
		}
		if m.purpose == edit.Candidate || m.purpose == edit.Drawing {
			op.Request = inDocument(m.doc.Request, nil)
		}
		if parent := m.doc.Parent; parent != nil {
			if v, err := edit.ParseHash(parent.Version); err == nil {
				op.Parent = &v
				if i == 0 {
					notes = append(notes, "it was exported from "+parent.Pattern+", version "+parent.Version)
				}
			}
		}
		if len(m.doc.Layers) > 1 && above != "" {
			// Each lies on the one before it, which gets its id only when it is there.
			op.ID = fmt.Sprintf("import-%x-%d", original[:6], i)
			above = op.ID
		}
		ops = append(ops, op)
	}
	_, err = p.Do(ctx, ops...)
	var list *edit.ListError
	if errors.As(err, &list) {
		err = list.Err
	}
	return notes, err
}

// layer is one layer of the file as a raster of the cell's size, or of the file's
// where it is laid on the plane.
func (m *Imported) layer(ctx context.Context, l file.Layer, s *edit.State) (*raster.Raster, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	canvas := image.Rect(0, 0, m.doc.Width, m.doc.Height)
	pic := l.Image
	if l.Bounds != canvas {
		pic = image.NewNRGBA64(canvas)
		draw.Draw(pic, l.Bounds.Intersect(canvas), l.Image, l.Image.Bounds().Min.Add(l.Bounds.Intersect(canvas).Min.Sub(l.Bounds.Min)), draw.Src)
	}
	r := raster.FromImage(pic)
	if m.At != nil {
		return r, nil
	}
	return resize(ctx, r, s.Repeat, s.Size)
}

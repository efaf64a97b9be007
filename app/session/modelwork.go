package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// ModelWork is what a model shall do to a pattern.
type ModelWork struct {
	// Request is what it is told. Its size, repeat and pictures are the pattern's.
	Request Request
	// Layer is the layer that is written to; "" makes a new one.
	Layer string
	// Count is out of how many the outcome is chosen, 0 for the only one.
	Count int
}

// Vary makes the pattern anew from what it shows: image to image at the request's
// strength. Its outcome is a layer on top, and inside a selection only that is
// changed.
func (s *Session) Vary(ctx context.Context, p *Pattern, w ModelWork, report func(Progress)) (*Made, error) {
	return s.redo(ctx, p, w, nil, report)
}

// Inpaint paints the selection anew, to fit what lies around it: a blemish, or the
// hole that a motif left behind.
func (s *Session) Inpaint(ctx context.Context, p *Pattern, w ModelWork, report func(Progress)) (*Made, error) {
	sel := p.State().Selection
	if sel == nil {
		return nil, usage("nothing is selected: select the region to paint anew first, with an operation such as select.rectangle")
	}
	if w.Request.Strength == 0 {
		w.Request.Strength = 1
	}
	return s.redo(ctx, p, w, sel, report)
}

// redo has a model work on what the pattern shows and places what comes out.
func (s *Session) redo(ctx context.Context, p *Pattern, w ModelWork, mask *raster.Mask, report func(Progress)) (*Made, error) {
	state, store := p.State(), p.Store()
	r := w.Request
	f, err := s.knownFacts(r)
	if err != nil {
		return nil, err
	}
	base, err := shown(ctx, state, w.Layer)
	if err != nil {
		return nil, err
	}
	var positions []edit.Position
	init := image.Image(base.NRGBA64())
	if f.screens {
		if init, err = screensOf(base, state); err != nil {
			return nil, err
		}
		positions = state.Positions
	}
	if r.Init, err = keepPicture(ctx, store, init); err != nil {
		return nil, err
	}
	r.Mask = nil
	if mask != nil {
		if r.Mask, err = keepPicture(ctx, store, maskPicture(mask)); err != nil {
			return nil, err
		}
	}
	r.Repeat, r.Width, r.Height = Repeat{state.Repeat}, 0, 0
	r.RepeatWidth, r.RepeatHeight, r.DPI = state.Width, 0, dpi(state.Size.Width, state.Width)
	r.Palette = nil
	for _, c := range positions {
		r.Palette = append(r.Palette, c.Chip.Hex())
	}
	rec := s.recorder(p, "vary")
	if mask != nil {
		rec = s.recorder(p, "inpaint")
	}
	made, err := s.generate(ctx, r, report, rec)
	if err != nil {
		return nil, err
	}
	if made, err = chipsByPosition(made, positions); err != nil {
		return nil, err
	}
	out := raster.FromImage(made.Cell)
	if out, err = resize(ctx, out, state.Repeat, state.Size); err != nil {
		return nil, err
	}
	if positions != nil {
		out = nearestChips(out, positions)
	}
	op := &edit.PlacePicture{Origin: edit.ByModel, Purpose: edit.Variation, Layer: w.Layer, Candidates: w.Count}
	if w.Layer == "" {
		op.Name = "Variation"
	}
	if mask != nil {
		op.Purpose = edit.Inpaint
		if w.Layer == "" {
			op.Name = "Painted anew"
		}
		h, err := edit.ParseHash(r.Mask.Path)
		if err != nil {
			return nil, err
		}
		op.Mask = &h
	}
	return made, p.placeMade(ctx, op, out, made.Request, rec)
}

// relock is the operation that keeps a pattern locked to what it is locked to: a
// picture that is placed takes the lock away, since nobody knows its colours.
func relock(s *edit.State) *edit.LockPalette {
	if s.Locked == nil {
		return nil
	}
	op := &edit.LockPalette{Cloth: &s.Locked.Cloth, Specks: new(int)}
	for _, p := range s.Positions {
		spot := edit.Spot{Name: p.Name, Code: p.Code, Color: p.Chip.Hex(), Chip: p.Chip.Name, Illuminant: p.Illuminant}
		if p.Lab != nil {
			lab := [3]float64(*p.Lab)
			spot.Lab = &lab
		}
		op.Positions = append(op.Positions, spot)
	}
	return op
}

// placeMade stores what a model made and does the edit.
func (p *Pattern) placeMade(ctx context.Context, op *edit.PlacePicture, out *raster.Raster, request any, rec *recorder) error {
	data, err := edit.EncodePicture(out)
	if err != nil {
		return err
	}
	if op.Picture, err = p.Store().Put(ctx, data); err != nil {
		return err
	}
	whole, err := json.Marshal(request)
	if err != nil {
		return err
	}
	var asked *blob.Hash
	if rec != nil && rec.request != (blob.Hash{}) {
		asked = &rec.request
	}
	op.Request = inDocument(whole, asked)
	ops := []edit.Op{op}
	if lock := relock(p.State()); lock != nil && op.Purpose != edit.Upscale {
		ops = append(ops, lock)
	}
	_, err = p.Do(ctx, ops...)
	var list *edit.ListError
	if errors.As(err, &list) && list.Number == len(ops) && len(ops) > 1 {
		// What took long stays, unlocked.
		_, err = p.Do(ctx, op)
	}
	return err
}

// shown is what the pattern shows, or what lies up to a layer of it.
func shown(ctx context.Context, s *edit.State, layer string) (*raster.Raster, error) {
	if layer == "" {
		return s.Flatten(ctx)
	}
	if _, err := s.Layer(layer); err != nil {
		return nil, err
	}
	up := *s
	for i, l := range s.Layers {
		if l.ID == layer {
			up.Layers = s.Layers[:i+1]
		}
	}
	return up.Flatten(ctx)
}

// keepPicture stores a picture that a request names: by its hash, so that the
// request can be made again.
func keepPicture(ctx context.Context, store edit.Store, img image.Image) (*File, error) {
	data, err := encodePNG(img)
	if err != nil {
		return nil, err
	}
	h, err := store.Put(ctx, data)
	if err != nil {
		return nil, err
	}
	return &File{Path: h.String(), data: data}, nil
}

// maskPicture is a selection as a picture: white is selected.
func maskPicture(m *raster.Mask) image.Image {
	img := image.NewGray16(image.Rect(0, 0, m.W, m.H))
	for y := range m.H {
		for x, v := range m.Row(y) {
			img.Pix[y*img.Stride+2*x], img.Pix[y*img.Stride+2*x+1] = uint8(v>>8), uint8(v)
		}
	}
	return img
}

// screensOf codes a locked picture as a model of screens draws: every position in
// its corner of the colour cube.
func screensOf(r *raster.Raster, s *edit.State) (image.Image, error) {
	corners := starter.AllCorners().Palette()
	if s.Locked == nil || len(s.Positions) > len(corners) {
		return nil, usage("the model makes screens, so it can only work on a pattern whose palette is locked to %d colours at most; lock it with the operation color.lock, or name another model", len(corners))
	}
	index, err := tone.Index(r, s.Chips())
	if err != nil {
		return nil, err
	}
	img := image.NewNRGBA(image.Rect(0, 0, r.Width(), r.Height()))
	for i, p := range index {
		if p == tone.Clear {
			p = 0
		}
		c := corners[p]
		copy(img.Pix[4*i:], []uint8{c.R, c.G, c.B, 255})
	}
	return img, nil
}

// chipsByPosition inks what came back in the chips of the positions that it is in,
// which may be fewer than went out.
func chipsByPosition(made *Made, positions []edit.Position) (*Made, error) {
	if positions == nil || made.Separation == nil {
		return made, nil
	}
	var palette color.Palette
	for _, name := range made.Positions {
		for place := range starter.Positions {
			if starter.PositionName(place) != name {
				continue
			}
			if place >= len(positions) {
				place = len(positions) - 1 // an outline where the pattern had none
			}
			palette = append(palette, positions[place].Chip)
		}
	}
	return made.Reink(palette)
}

// nearestChips keeps a locked pattern locked: soft edges between two chips become
// the one that they are nearer to.
func nearestChips(r *raster.Raster, positions []edit.Position) *raster.Raster {
	out := raster.New(r.Width(), r.Height())
	for y := range r.Height() {
		src, dst := r.Row(y), out.EditPixels(y)
		for k := 0; k < len(src); k += 4 {
			best, least := 0, math.MaxFloat64
			for i, p := range positions {
				c := p.Chip
				var d float64
				for n, v := range []uint8{c.R, c.G, c.B} {
					e := float64(src[k+n]) - 257*float64(v)
					d += e * e
				}
				if d < least {
					best, least = i, d
				}
			}
			c := positions[best].Chip
			dst[k], dst[k+1], dst[k+2], dst[k+3] = 257*uint16(c.R), 257*uint16(c.G), 257*uint16(c.B), raster.Opaque
		}
	}
	return out
}

// Upscale gives the cell more pixels by a model, over its lattice. The layers
// become one.
func (s *Session) Upscale(ctx context.Context, p *Pattern, model, device string, report func(Progress)) (r UpscaleRequest, err error) {
	if report == nil {
		report = func(Progress) {}
	}
	if model == "" || model == starter.Name {
		return r, usage("name an upscaler with --model, a Real-ESRGAN RRDBNet x2 or x4; a pattern whose palette is locked enlarges without one at its export")
	}
	state := p.State()
	flat, err := state.Flatten(ctx)
	if err != nil {
		return r, err
	}
	report(Progress{Stage: "Loading the model"})
	m, err := s.openModel(model)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	s.mu.Lock()
	q, err := s.queue(ctx, device)
	s.mu.Unlock()
	if err != nil {
		return r, err
	}
	up, err := diffusion.NewUpscaler(m, q)
	if err != nil {
		return r, err
	}
	rec := s.recorder(p, "upscale")
	asked := Request{Model: model, ModelHash: hashOf(m), Device: q.Device().ID, Repeat: Repeat{state.Repeat}, Width: state.Size.Width, Height: state.Size.Height}
	if err := rec.requested(ctx, asked, model, m.Card); err != nil {
		return r, err
	}
	began := time.Now()
	var made *Made
	defer func() { err = errors.Join(err, rec.finished(ctx, made, err)) }()
	planes := pattern.PlanesOf(flat.NRGBA64())
	big, err := up.Upscale(ctx, &planes, state.Repeat, func(done, of int) {
		report(Progress{Stage: "Enlarging", Step: done, Steps: of, Fraction: float64(done) / float64(of)})
	})
	if err != nil {
		return r, err
	}
	r = UpscaleRequest{
		Version: requestVersion, Upscaler: model, ModelHash: hashOf(m), Device: q.Device().ID,
		From: state.Size, To: pattern.Size{Width: big.Width, Height: big.Height}, Repeat: Repeat{state.Repeat},
	}
	made = &Made{Cell: big.NRGBA64(), Took: time.Since(began)}
	op := &edit.PlacePicture{Origin: edit.ByModel, Purpose: edit.Upscale, Name: fmt.Sprintf("Enlarged to %v", r.To)}
	return r, p.placeMade(ctx, op, raster.FromImage(big.NRGBA64()), r, rec)
}

// encodePNG writes a picture as the program's own pictures are written.
func encodePNG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := file.EncodePNG(&b, img, file.Meta{})
	return b.Bytes(), err
}

// recorder records what a model does to the pattern; nil where it was opened for reading.
func (s *Session) recorder(p *Pattern, mode string) *recorder {
	if p.pen == nil {
		return nil
	}
	return &recorder{session: s, pen: p.pen, mode: mode, pattern: p.root.ID}
}

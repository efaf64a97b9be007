package session

import (
	"context"
	"encoding/json"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/press"
)

// detail finds how many of the cell's pixels were made, and not enlarged: the least
// of what was generated, drawn, scanned and resized on the way to the version that
// the pattern shows. What a hand drew on an enlarged cell does not count against it, and
// what a model painted anew within a mask is told apart: repainted is the least share
// of the cell's width that such a picture was made with, 1 where there is none.
func (p *Pattern) detail(ctx context.Context) (d press.Detail, repainted float64, err error) {
	s, doc := p.State(), p.Document()
	d = press.Detail{Generated: s.Size, File: s.Size, Width: s.Width, Height: s.Height}
	line, err := doc.History(doc.Current())
	if err != nil {
		return d, 1, err
	}
	// Shares of a whole cell, so that a crop does not look like a loss of detail.
	share, upscaled := 1.0, 1.0
	repainted = 1
	size := pattern.Size{}
	for _, step := range line {
		op, err := edit.DecodeOp(step.Kind, step.Params)
		if err != nil {
			continue // of a newer program, and not shown
		}
		switch op := op.(type) {
		case *edit.NewPattern:
			size = pattern.Size{Width: op.Width, Height: op.Height}
		case *edit.CropToRepeat:
			size = pattern.Size{Width: op.Width, Height: op.Height}
		case *edit.Resize:
			by := float64(op.Width) / float64(size.Width)
			// Fewer pixels than were made keep all the detail that they can hold.
			share, upscaled, repainted = min(share/by, 1), min(upscaled/by, 1), min(repainted/by, 1)
			size = pattern.Size{Width: op.Width, Height: op.Height}
		case *edit.PlacePicture:
			if op.Position != nil {
				continue
			}
			if op.Purpose == edit.Upscale {
				var r UpscaleRequest
				if json.Unmarshal(op.Request, &r) == nil && r.To.Width > 0 {
					share = min(share*float64(r.From.Width)/float64(r.To.Width), 1)
					size = r.To
				}
				continue
			}
			w := p.madeWidth(ctx, op)
			switch {
			case w == 0:
			case op.Mask != nil:
				repainted = min(repainted, float64(w)/float64(size.Width))
			default:
				share = min(share, float64(w)/float64(size.Width))
				if op.Origin != edit.ByModel {
					upscaled = min(upscaled, float64(w)/float64(size.Width))
				}
			}
		}
	}
	of := func(share float64) pattern.Size {
		return pattern.Size{Width: max(int(float64(s.Size.Width)*share+0.5), 1), Height: max(int(float64(s.Size.Height)*share+0.5), 1)}
	}
	d.Generated = of(share)
	if u := of(upscaled); share < upscaled && u != d.Generated {
		d.Upscaled = u
	}
	return d, repainted, nil
}

// madeWidth is how many pixels across a placed picture was made with: as its
// request says, or as many as the file had that it came in; 0 where neither tells.
func (p *Pattern) madeWidth(ctx context.Context, op *edit.PlacePicture) int {
	var r Request
	if op.Origin == edit.ByModel && json.Unmarshal(op.Request, &r) == nil && r.Width > 0 {
		return r.Width
	}
	if op.Original == nil {
		return 0
	}
	data, err := p.Store().Blob(ctx, *op.Original)
	if err != nil {
		return 0
	}
	info, err := file.DecodeInfo(data)
	if err != nil {
		return 0 // not a plain picture: a PSD or an SVG says nothing of enlargements
	}
	return info.Width
}

// UpscaleRequest is what an upscale was made with.
type UpscaleRequest struct {
	Version   int          `json:"version"`
	Upscaler  string       `json:"upscaler"`
	ModelHash string       `json:"model_sha256,omitempty"`
	Device    string       `json:"device,omitempty"`
	From      pattern.Size `json:"from"`
	To        pattern.Size `json:"to"`
	Repeat    Repeat       `json:"repeat"`
}

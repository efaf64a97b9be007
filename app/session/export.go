package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
)

// ExportOptions say how a repeat is written.
type ExportOptions struct {
	// Depth is bits per channel, 8 (which 0 stands for) or 16.
	Depth int
	// Clean leaves the request out, since whoever has prompt and seed can make
	// the design.
	Clean bool
}

// Exported says what was written.
type Exported struct {
	Files    []ExportedFile `json:"files"`
	Warnings []string       `json:"warnings,omitempty"`
}

// ExportedFile is one written file and what it is for.
type ExportedFile struct {
	Path string `json:"path"`
	What string `json:"what"`
}

// report is the seam report that is written beside a repeat.
type report struct {
	Repeat    Repeat       `json:"repeat"`
	Cell      seam.Report  `json:"cell"`
	Rectangle *seam.Report `json:"rectangle,omitempty"`
	Plan      pattern.Plan `json:"size"`
	Statement string       `json:"statement"`
	Warnings  []string     `json:"warnings,omitempty"`
}

// Writable says early whether path can be exported to: its ending is known and
// its folder is there.
func Writable(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".tif", ".tiff":
	default:
		return usage("%s: the ending is none of .png, .tif, .tiff", path)
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		return usage("%s: there is no folder %s to write into", path, filepath.Dir(path))
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return usage("%s is a folder; name a file in it", path)
	}
	return nil
}

// Export writes the cell to path and beside it the rectangle that lays
// straight, where the layout has one, and the seam report. The files appear
// together, whole, or not at all.
func (s *Session) Export(ctx context.Context, m *Made, path string, o ExportOptions) (out Exported, err error) {
	if err := Writable(path); err != nil {
		return out, err
	}
	var set file.Set
	defer func() {
		if err != nil {
			err = errors.Join(err, set.Discard())
			out = Exported{}
		}
	}()
	request, err := m.requestJSON(o.Clean)
	if err != nil {
		return out, err
	}
	meta := file.Meta{DPIX: m.Plan.DPIX, DPIY: m.Plan.DPIY, Request: request}
	write := func(name, what string, img image.Image) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		encode, err := file.Encode(name, img, meta)
		if err != nil {
			return err
		}
		if err := set.Add(name, encode); err != nil {
			return err
		}
		out.Files = append(out.Files, ExportedFile{Path: name, What: what})
		return nil
	}
	rep := m.Repeat()
	var cell image.Image = m.Cell
	if o.Depth != 16 {
		cell = eightBit(m.Cell)
	}
	if err := write(path, "the cell, "+rep.String(), cell); err != nil {
		return out, err
	}
	stem, ext := strings.TrimSuffix(path, filepath.Ext(path)), filepath.Ext(path)
	r := report{Repeat: m.Request.Repeat, Cell: m.Seam, Plan: m.Plan, Statement: m.Statement(), Warnings: m.Warnings}
	if hasRectangle(rep) {
		rect := pattern.RectangleImage(cell, rep)
		judged, err := seam.Measure(rect, rep.Straight())
		if err != nil {
			return out, err
		}
		r.Rectangle = &judged
		what := fmt.Sprintf("the rectangle that lays straight, %d x %d", rect.Bounds().Dx(), rect.Bounds().Dy())
		if err := write(stem+"-rectangle"+ext, what, rect); err != nil {
			return out, err
		}
		if !judged.Pass {
			out.Warnings = append(out.Warnings, "the seam of the rectangle is visible: "+judged.String())
		}
	}
	if !m.Seam.Pass {
		out.Warnings = append(out.Warnings, "the seam is visible: "+m.Seam.String())
	}
	if o.Clean {
		r.Warnings = nil // they may quote the prompt
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return out, err
	}
	name := stem + "-seam.json"
	err = set.Add(name, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err != nil {
		return out, err
	}
	out.Files = append(out.Files, ExportedFile{Path: name, What: "the seam report"})
	if err := ctx.Err(); err != nil {
		return out, err
	}
	return out, set.Commit()
}

// hasRectangle says whether a layout leaves the program as a rectangle beside
// its bare cell.
func hasRectangle(r pattern.Repeat) bool {
	switch r.Kind {
	case pattern.HalfDrop, pattern.Brick, pattern.Mirror, pattern.Hex:
		return true
	default:
		return false
	}
}

// requestJSON is what a working file carries, nil for a clean one.
func (m *Made) requestJSON(clean bool) ([]byte, error) {
	if clean {
		return nil, nil
	}
	b, err := json.Marshal(m.Request)
	if err != nil {
		return nil, fmt.Errorf("the request cannot be written down: %w", err)
	}
	return b, nil
}

// RequestFrom reads the request out of a working file.
func RequestFrom(path string) (Request, error) {
	var r Request
	text, err := file.ReadRequest(path)
	var none *file.NoRequestError
	if errors.As(err, &none) {
		return r, usage("%v", err)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s carries a request that cannot be read: %w", path, err)
	}
	return r, nil
}

// Seam judges the seams of any picture under a repeat.
func Seam(path string, rep pattern.Repeat) (seam.Report, error) {
	img, _, err := file.Read(path)
	if err != nil {
		return seam.Report{}, err
	}
	return seam.Measure(img, rep)
}

// eightBit rounds a picture to 8 bits a channel.
func eightBit(img *image.NRGBA64) *image.NRGBA {
	out := image.NewNRGBA(img.Bounds())
	for i := range out.Pix {
		v := uint32(img.Pix[2*i])<<8 | uint32(img.Pix[2*i+1])
		out.Pix[i] = uint8((v*255 + 32767) / 65535)
	}
	return out
}

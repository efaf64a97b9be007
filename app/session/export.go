package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
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
// straight, where the layout has one, and the seam report. Each file appears
// whole or not at all; when one fails, those of this call are taken back.
func (s *Session) Export(ctx context.Context, m *Made, path string, o ExportOptions) (out Exported, err error) {
	if err := Writable(path); err != nil {
		return out, err
	}
	undo := file.NewBatch()
	defer func() {
		if err != nil {
			err = errors.Join(err, undo.Revert())
			out = Exported{}
		}
	}()
	request, err := m.requestJSON(o.Clean)
	if err != nil {
		return out, err
	}
	write := func(name, what string, img image.Image, rep string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		meta := file.Metadata{DPIX: m.Plan.DPIX, DPIY: m.Plan.DPIY, Depth: o.Depth, Request: request, Repeat: rep, Software: "Selvage"}
		if err := undo.Write(name, img, meta); err != nil {
			return err
		}
		out.Files = append(out.Files, ExportedFile{Path: name, What: what})
		return nil
	}
	rep := m.Repeat()
	if err := write(path, "the cell, "+rep.String(), m.Cell, rep.String()); err != nil {
		return out, err
	}
	stem, ext := strings.TrimSuffix(path, filepath.Ext(path)), filepath.Ext(path)
	r := report{Repeat: m.Request.Repeat, Cell: m.Seam, Plan: m.Plan, Statement: m.Statement(), Warnings: m.Warnings}
	if hasRectangle(rep) {
		rect := pattern.RectangleImage(m.Cell, rep)
		judged, err := seam.Measure(rect, rep.Straight())
		if err != nil {
			return out, err
		}
		r.Rectangle = &judged
		what := fmt.Sprintf("the rectangle that lays straight, %d x %d", rect.Bounds().Dx(), rect.Bounds().Dy())
		if err := write(stem+"-rectangle"+ext, what, rect, rep.Straight().String()); err != nil {
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
	if err := undo.WriteBytes(name, append(text, '\n')); err != nil {
		return out, err
	}
	out.Files = append(out.Files, ExportedFile{Path: name, What: "the seam report"})
	return out, nil
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
	pic, err := file.Read(path)
	if err != nil {
		return r, err
	}
	if len(pic.Request) == 0 {
		return r, usage("%s carries no request: it was exported clean, or by another program", path)
	}
	if err := json.Unmarshal(pic.Request, &r); err != nil {
		return r, fmt.Errorf("%s carries a request that cannot be read: %w", path, err)
	}
	return r, nil
}

// Seam judges the seams of any picture under a repeat.
func Seam(path string, rep pattern.Repeat) (seam.Report, error) {
	pic, err := file.Read(path)
	if err != nil {
		return seam.Report{}, err
	}
	return seam.Measure(pic.Image, rep)
}

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

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/xmp"
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
	Files []ExportedFile `json:"files"`
	// Statement says how large a pattern's files are and how much detail is there.
	Statement string   `json:"statement,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
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

// sheet is a finished cell with all that an export says about it.
type sheet struct {
	cell      *image.NRGBA64
	repeat    pattern.Repeat
	plan      pattern.Plan
	seam      seam.Report
	request   any // what makes it again
	says      xmp.Fields
	statement string
	warnings  []string
}

// Export writes the cell to path and beside it the rectangle that lays
// straight, where the layout has one, and the seam report. The files appear
// together, whole, or not at all.
func (s *Session) Export(ctx context.Context, m *Made, path string, o ExportOptions) (Exported, error) {
	return sheet{
		cell: m.Cell, repeat: m.Repeat(), plan: m.Plan, seam: m.Seam,
		request: m.Request, statement: m.Statement(), warnings: m.Warnings,
		says: xmp.Fields{Model: true, AISystem: m.Request.Model, AISystemVersion: m.Request.ModelHash, CreatorTool: Software(), DataMining: xmp.NoTraining},
	}.export(ctx, path, o)
}

// ExportIn is Export, recorded in the library that recorded the generation; lib may be nil.
func (s *Session) ExportIn(ctx context.Context, lib *library.Library, m *Made, path string, o ExportOptions) (Exported, error) {
	out, err := s.Export(ctx, m, path, o)
	if err != nil || lib == nil || m.Recorded == nil {
		return out, err
	}
	s.recordExport(ctx, lib, &record.Export{Clean: o.Clean}, &out, m.Recorded.Request.String())
	return out, nil
}

func (s sheet) export(ctx context.Context, path string, o ExportOptions) (out Exported, err error) {
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
	meta := file.Meta{DPIX: s.plan.DPIX, DPIY: s.plan.DPIY}
	if !o.Clean {
		if meta.Request, err = json.Marshal(s.request); err != nil {
			return out, fmt.Errorf("the request cannot be written down: %w", err)
		}
	}
	write := func(name, what string, img image.Image) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		plain, err := file.Encode(name, img, meta)
		if err != nil {
			return err
		}
		// That a model, or rules, made it is marked in every file: the law of many places asks for it.
		encode := func(w io.Writer) error { return mark(filepath.Dir(name), s.says, plain, w) }
		if err := set.Add(name, encode); err != nil {
			return err
		}
		out.Files = append(out.Files, ExportedFile{Path: name, What: what})
		return nil
	}
	var cell image.Image = s.cell
	if o.Depth != 16 {
		cell = eightBit(s.cell)
	}
	if err := write(path, "the cell, "+s.repeat.String(), cell); err != nil {
		return out, err
	}
	stem, ext := strings.TrimSuffix(path, filepath.Ext(path)), filepath.Ext(path)
	r := report{Repeat: Repeat{s.repeat}, Cell: s.seam, Plan: s.plan, Statement: s.statement, Warnings: s.warnings}
	if hasRectangle(s.repeat) {
		rect := pattern.RectangleImage(cell, s.repeat)
		judged, err := seam.Measure(rect, s.repeat.Straight())
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
	if !s.seam.Pass {
		out.Warnings = append(out.Warnings, "the seam is visible: "+s.seam.String())
	}
	if o.Clean {
		r.Warnings = nil // they may quote the prompt
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return out, fmt.Errorf("the seam report cannot be written down: %w", err)
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
	var drawn struct {
		Rules int `json:"rules"`
	}
	if json.Unmarshal(text, &drawn) == nil && drawn.Rules > 0 {
		return r, usage("%s was drawn by rule, not generated; selvage draw --from %s draws it again", path, path)
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

package desktop

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"
	"sync"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
	chips "github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// Studio returns the window's dependencies over a session, which Run closes.
func Studio(s *session.Session) Deps {
	v := &services{session: s}
	return Deps{
		Services: viewmodel.Services{Generator: v, Exporter: v, Catalogue: v, Importer: v, Recorder: v, Historian: v, Example: Example},
		Close:    s.Close,
	}
}

// services put a session behind the interfaces of the viewmodel.
type services struct {
	session *session.Session

	mu  sync.Mutex
	lib *library.Library // once it was needed
}

// library is where the window's work is recorded: the last one used, or a newcomer's first.
// The error says why nothing can be on record now.
func (v *services) library(ctx context.Context) (*library.Library, error) {
	lib, err := v.record()
	if err != nil {
		return nil, err
	}
	return lib, v.session.CanWrite(ctx, lib)
}

// record is the library of the window's work, whether it can be written now or not.
func (v *services) record() (*library.Library, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lib == nil {
		lib, _, err := v.session.MakeLibrary("")
		if err != nil {
			return nil, err
		}
		v.lib = lib
	}
	return v.lib, nil
}

// Accepted implements viewmodel.Recorder.
func (v *services) Accepted(ctx context.Context, r viewmodel.Result, of int) error {
	return v.choose(ctx, r, func(lib *library.Library, m *session.Made) error { return v.session.Accept(ctx, lib, m, of) })
}

// Discarded implements viewmodel.Recorder.
func (v *services) Discarded(ctx context.Context, r viewmodel.Result) error {
	return v.choose(ctx, r, func(lib *library.Library, m *session.Made) error { return v.session.Reject(ctx, lib, m, "") })
}

// choose records a choice between what is on record.
func (v *services) choose(ctx context.Context, r viewmodel.Result, record func(*library.Library, *session.Made) error) error {
	m, ok := r.Origin.(*session.Made)
	if !ok || m.Recorded == nil {
		return nil
	}
	lib, err := v.library(ctx)
	if err != nil {
		return err
	}
	return record(lib, m)
}

// request is r in the session's terms.
func request(r viewmodel.Request) session.Request {
	out := session.Request{
		Prompt: r.Prompt, Negative: r.Negative, Model: r.Model, Sampler: r.Sampler, Device: r.Device,
		Steps: r.Steps, Guidance: r.Guidance, Seed: r.Seed, Repeat: session.Repeat{Repeat: r.Repeat}, DPI: r.Size.DPI,
	}
	if out.Model == "" {
		out.Model = starter.Name
	}
	if r.Size.Physical {
		out.RepeatWidth, out.RepeatHeight = pattern.Length(r.Size.WidthMM), pattern.Length(r.Size.HeightMM)
	} else {
		out.Width, out.Height = r.Size.Width, r.Size.Height
	}
	if r.Init != "" {
		out.Init, out.Strength = &session.File{Path: r.Init}, r.Strength
	}
	for _, c := range r.Palette {
		out.Palette = append(out.Palette, chip(c).Hex())
	}
	return out
}

func chip(c color.NRGBA) chips.Chip { return chips.Chip{R: c.R, G: c.G, B: c.B} }

// Plan implements viewmodel.Generator.
func (v *services) Plan(r viewmodel.Request) viewmodel.Plan {
	p, err := v.session.Plan(request(r))
	var size *pattern.SizeError
	switch {
	case errors.As(err, &size):
		out := viewmodel.Plan{Problem: err.Error()}
		for _, o := range size.Offers {
			s := r.Size
			s.Physical, s.Width, s.Height = false, o.Width, o.Height
			label := fmt.Sprintf("%d × %d", o.Width, o.Height)
			if s.DPI > 0 {
				label += fmt.Sprintf(" · %v", pattern.LengthOf(o.Width, s.DPI))
			}
			out.Offers = append(out.Offers, viewmodel.Offer{Label: label, Size: s, Repeat: r.Repeat})
		}
		return out
	case err != nil:
		return viewmodel.Plan{Problem: err.Error()}
	}
	return viewmodel.Plan{
		Width: p.Picture.Width, Height: p.Picture.Height,
		GeneratedWidth: p.Generated.Width, GeneratedHeight: p.Generated.Height,
		WidthMM: float64(p.Width), HeightMM: float64(p.Height), DPI: p.DPIX,
		Statements: p.Notes, Warnings: p.Warnings,
	}
}

// Generate implements viewmodel.Generator.
func (v *services) Generate(ctx context.Context, r viewmodel.Request, report func(viewmodel.Progress)) (viewmodel.Result, error) {
	lib, unrecorded := v.library(ctx)
	if unrecorded != nil {
		lib = nil // it keeps nobody from working, and is told
	}
	made, err := v.session.GenerateIn(ctx, lib, request(r), func(p session.Progress) { report(progress(p)) })
	if err != nil {
		return viewmodel.Result{}, err
	}
	out := result(r, made)
	if unrecorded != nil {
		out.Alerts = append(out.Alerts, fmt.Sprintf("This is not on record: %v", unrecorded))
	}
	return out, nil
}

func progress(p session.Progress) viewmodel.Progress {
	return viewmodel.Progress{Stage: p.Stage, Step: p.Step, Steps: p.Steps, Fraction: p.Fraction, Preview: p.Preview}
}

// result is what was made for r in the viewmodel's terms.
func result(r viewmodel.Request, m *session.Made) viewmodel.Result {
	r.Model, r.Sampler, r.Steps, r.Guidance = m.Request.Model, m.Request.Sampler, m.Request.Steps, m.Request.Guidance
	out := viewmodel.Result{
		Request: r, Cell: eightBit(m.Cell), Repeat: m.Repeat(),
		WidthMM: float64(m.Plan.Width), HeightMM: float64(m.Plan.Height), DPI: m.Plan.DPIX, EffectiveDPI: m.Plan.EffectiveDPI,
		GeneratedWidth: m.Plan.Generated.Width, GeneratedHeight: m.Plan.Generated.Height,
		Seam:      viewmodel.Seam{Figure: m.Seam.Statistic, Limit: m.Seam.Threshold, OK: m.Seam.Pass, Statement: firstLine(m.Seam.String())},
		Statement: m.Statement(), Warnings: m.Warnings, UnknownWords: m.UnknownWords,
		Origin: m, Held: len(m.Cell.Pix),
	}
	for _, f := range m.Fallbacks {
		out.Alerts = append(out.Alerts, fmt.Sprintf("%s did not start: %v; %s was used instead", f.Device.Name, f.Err, m.Device.Name))
	}
	if m.Separation != nil {
		out.Screens = separation{m}
		for i, c := range m.Palette {
			name := m.Positions[i]
			if c.Name != "" {
				name += ", " + c.Name
			}
			out.Palette = append(out.Palette, viewmodel.Position{Name: name, Chip: color.NRGBA{c.R, c.G, c.B, 0xff}})
		}
	}
	return out
}

// firstLine is a report's summary; the rest is written beside an export.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// separation inks what was made as screens.
type separation struct{ made *session.Made }

// Ink implements viewmodel.Screens.
func (s separation) Ink(ctx context.Context, cs []color.NRGBA) (*image.NRGBA, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, err := s.made.Reink(palette(cs))
	if err != nil {
		return nil, err
	}
	return eightBit(m.Cell), nil
}

func palette(cs []color.NRGBA) chips.Palette {
	p := make(chips.Palette, len(cs))
	for i, c := range cs {
		p[i] = chip(c)
	}
	return p
}

// eightBit rounds a picture to what a screen shows.
func eightBit(m *image.NRGBA64) *image.NRGBA {
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		from := m.Pix[y*m.Stride:][:8*b.Dx()]
		to := out.Pix[y*out.Stride:][:4*b.Dx()]
		for i := range to {
			v := uint32(from[2*i])<<8 | uint32(from[2*i+1])
			to[i] = uint8((v*255 + 32767) / 65535)
		}
	}
	return out
}

// Export implements viewmodel.Exporter. What was recoloured on the screen is
// inked anew at full depth.
func (v *services) Export(ctx context.Context, r viewmodel.Result, path string, o viewmodel.ExportOptions, report func(viewmodel.Progress)) (viewmodel.Exported, error) {
	m, ok := r.Origin.(*session.Made)
	if !ok {
		return viewmodel.Exported{}, errors.New("this pattern was not generated here; generate one and export that")
	}
	if wanted := palette(viewmodel.Palette(r.Palette)); m.Separation != nil && !sameChips(wanted, m.Palette) {
		report(viewmodel.Progress{Stage: "Inking"})
		again, err := m.Reink(wanted)
		if err != nil {
			return viewmodel.Exported{}, err
		}
		m = again
	}
	report(viewmodel.Progress{Stage: "Writing", Fraction: 0.3})
	lib, unrecorded := v.library(ctx)
	if unrecorded != nil {
		lib = nil
	}
	done, err := v.session.ExportIn(ctx, lib, m, path, session.ExportOptions{Depth: o.Depth, Clean: o.Clean})
	if err != nil {
		return viewmodel.Exported{}, err
	}
	var out viewmodel.Exported
	for _, f := range done.Files {
		out.Files = append(out.Files, viewmodel.ExportedFile{Path: f.Path, What: f.What})
	}
	if !m.Seam.Pass {
		out.Warnings = append(out.Warnings, "the seam is visible: "+m.Seam.String())
	}
	return out, nil
}

// sameChips compares colours, whatever they are called.
func sameChips(a, b chips.Palette) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].R != b[i].R || a[i].G != b[i].G || a[i].B != b[i].B {
			return false
		}
	}
	return true
}

// Models implements viewmodel.Catalogue: what can make pictures by itself.
func (v *services) Models(ctx context.Context) ([]viewmodel.Model, error) {
	all, err := v.session.Models(ctx)
	if err != nil {
		return nil, err
	}
	var out []viewmodel.Model
	for _, m := range all {
		if m.Kind != weights.Pipeline {
			continue
		}
		out = append(out, v.model(m))
	}
	return out, nil
}

func (v *services) model(m session.Model) viewmodel.Model {
	out := viewmodel.Model{ID: m.Name, Name: m.Name, Note: m.Note, Samplers: diffusion.SamplerNames(), FromPicture: true}
	d, err := v.session.Defaults(m.Name)
	if err != nil {
		// It is listed all the same, with the reason: a person put it there.
		out.Note = "cannot be used: " + err.Error()
		return out
	}
	out.Steps, out.Guidance = d.Steps, d.Guidance
	if d.Sampler != "" {
		out.Samplers = own(out.Samplers, d.Sampler)
	}
	if d.Screens {
		// What it is shown it takes for screens, and a picture is none.
		out.FromPicture = false
		for i := range starter.Positions {
			out.Positions = append(out.Positions, starter.PositionName(i))
		}
	}
	if m.Name == starter.Name {
		out.Name, out.FirstLook = "Starter", true
	}
	return out
}

// own puts the model's own sampler first.
func own(names []string, first string) []string {
	out := []string{first}
	for _, n := range names {
		if n != first {
			out = append(out, n)
		}
	}
	return out
}

// Devices implements viewmodel.Catalogue.
func (v *services) Devices(context.Context) ([]viewmodel.Device, error) {
	all, err := v.session.Devices()
	if err != nil {
		return nil, err
	}
	var out []viewmodel.Device
	for _, d := range all {
		out = append(out, viewmodel.Device{ID: d.ID, Name: strings.TrimSuffix(d.Provider, "ExecutionProvider") + " · " + d.Name, Memory: d.Memory, Unavailable: d.Unavailable})
	}
	return out, nil
}

// Import implements viewmodel.Importer.
func (v *services) Import(ctx context.Context, path string, report func(viewmodel.Progress)) (viewmodel.Model, error) {
	m, err := v.session.AddModel(ctx, path, session.AddOptions{}, func(p session.Progress) { report(progress(p)) })
	if err != nil {
		return viewmodel.Model{}, err
	}
	return v.model(m), nil
}

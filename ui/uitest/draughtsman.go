// Package uitest stands in for a model in the tests of the window: a
// Draughtsman draws patterns by rule, in as many steps as it is asked for, so
// that the tests need neither weights nor a device, and still judge real
// pictures with real seams.
//
//	d := uitest.New()
//	d.Hold()                       // every step waits for Step
//	st := viewmodel.New(d.Services(), viewmodel.SystemClock())
package uitest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// Draughtsman draws by rule. It implements the services of the viewmodel.
type Draughtsman struct {
	mu      sync.Mutex
	steps   chan struct{}
	failure error
	runs    int
	inked   int
	diary   Diary
}

// New makes a draughtsman that does not wait between steps.
func New() *Draughtsman { return &Draughtsman{} }

// Diary is what is on record of it.
func (d *Draughtsman) Diary() *Diary { return &d.diary }

// Services are what a studio needs, drawn by rule.
func (d *Draughtsman) Services() viewmodel.Services {
	return viewmodel.Services{Generator: d, Exporter: d, Catalogue: d, Recorder: &d.diary, Historian: &d.diary, Example: d.Example}
}

// Hold makes every step of the generations from now on wait for Step.
func (d *Draughtsman) Hold() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = make(chan struct{})
}

// Free ends Hold: steps that wait pass, and later ones do not wait.
func (d *Draughtsman) Free() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.steps != nil {
		close(d.steps)
		d.steps = nil
	}
}

// Step lets one step pass; it waits until one is there to pass.
func (d *Draughtsman) Step() {
	d.mu.Lock()
	c := d.steps
	d.mu.Unlock()
	c <- struct{}{}
}

// Fail makes every generation from now on end in err; nil ends that.
func (d *Draughtsman) Fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = err
}

// Runs counts the generations that began.
func (d *Draughtsman) Runs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.runs
}

func (d *Draughtsman) begin() (steps chan struct{}, failure error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.runs++
	return d.steps, d.failure
}

// stride is the lattice's, as a model would have.
const stride = 32

func demand(r viewmodel.Request) pattern.Demand {
	q := pattern.Demand{Repeat: r.Repeat, Stride: stride, Native: 256, AnyEnlargement: true, DPI: r.Size.DPI}
	if r.Size.Physical {
		q.RepeatWidth, q.RepeatHeight = pattern.Length(r.Size.WidthMM), pattern.Length(r.Size.HeightMM)
	} else {
		q.Width, q.Height = r.Size.Width, r.Size.Height
	}
	return q
}

// Plan implements viewmodel.Generator.
func (d *Draughtsman) Plan(r viewmodel.Request) viewmodel.Plan {
	p, err := demand(r).Plan()
	var wrong *pattern.SizeError
	switch {
	case errors.As(err, &wrong):
		out := viewmodel.Plan{Problem: err.Error()}
		for _, o := range wrong.Offers {
			s := r.Size
			s.Width, s.Height = o.Width, o.Height
			out.Offers = append(out.Offers, viewmodel.Offer{Label: fmt.Sprintf("%d × %d", o.Width, o.Height), Size: s, Repeat: r.Repeat})
		}
		return out
	case err != nil:
		return viewmodel.Plan{Problem: err.Error()}
	}
	return viewmodel.Plan{
		Width: p.Picture.Width, Height: p.Picture.Height, GeneratedWidth: p.Generated.Width, GeneratedHeight: p.Generated.Height,
		WidthMM: float64(p.Width), HeightMM: float64(p.Height), DPI: p.DPIX, Statements: p.Notes, Warnings: p.Warnings,
	}
}

// Models implements viewmodel.Catalogue.
func (d *Draughtsman) Models(context.Context) ([]viewmodel.Model, error) {
	return []viewmodel.Model{{
		ID: "rule", Name: "Drawn by rule", Note: "Draws from the words it knows.", FirstLook: true,
		Steps: 8, Guidance: 4, Samplers: []string{"by rule"}, Positions: positions(4),
	}}, nil
}

// Devices implements viewmodel.Catalogue.
func (d *Draughtsman) Devices(context.Context) ([]viewmodel.Device, error) {
	return []viewmodel.Device{{ID: "cpu", Name: "CPU"}}, nil
}

func positions(n int) []string {
	return []string{"Ground", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh"}[:n]
}

// Generate implements viewmodel.Generator.
func (d *Draughtsman) Generate(ctx context.Context, r viewmodel.Request, report func(viewmodel.Progress)) (viewmodel.Result, error) {
	gate, failure := d.begin()
	report(viewmodel.Progress{Stage: "Loading"})
	p, err := demand(r).Plan()
	if err != nil {
		return viewmodel.Result{}, err
	}
	scene, unknown, err := scene(r)
	if err != nil {
		return viewmodel.Result{}, err
	}
	n := max(r.Steps, 1)
	for i := 1; i <= n; i++ {
		if gate != nil {
			select {
			case <-gate:
			case <-ctx.Done():
			}
		}
		if err := ctx.Err(); err != nil {
			return viewmodel.Result{}, err
		}
		if failure != nil {
			return viewmodel.Result{}, failure
		}
		preview, err := newScreens(scene, p.Generated, r.Palette)
		if err != nil {
			return viewmodel.Result{}, err
		}
		m, err := preview.Ink(ctx, preview.chips)
		if err != nil {
			return viewmodel.Result{}, err
		}
		veil(m, float64(i)/float64(n))
		report(viewmodel.Progress{Stage: "Sampling", Step: i, Steps: n, Fraction: float64(i) / float64(n+1), Preview: m})
	}
	s, err := newScreens(scene, p.Picture, r.Palette)
	if err != nil {
		return viewmodel.Result{}, err
	}
	s.of = d
	cell, err := s.Ink(ctx, s.chips)
	if err != nil {
		return viewmodel.Result{}, err
	}
	rep, err := seam.Measure(cell, r.Repeat)
	if err != nil {
		return viewmodel.Result{}, err
	}
	judgement, _, _ := strings.Cut(rep.String(), "\n")
	res := viewmodel.Result{
		Request: r, Cell: cell, Repeat: r.Repeat, WidthMM: float64(p.Width), HeightMM: float64(p.Height), DPI: p.DPIX,
		GeneratedWidth: p.Generated.Width, GeneratedHeight: p.Generated.Height,
		Seam:      viewmodel.Seam{Figure: rep.Statistic, Limit: rep.Threshold, OK: rep.Pass, Statement: judgement},
		Statement: fmt.Sprintf("Drawn by rule at %v, %.0f DPI.", p.Picture, p.DPIX), Warnings: p.Warnings,
		UnknownWords: unknown, Screens: s,
	}
	for i, name := range positions(len(s.chips)) {
		res.Palette = append(res.Palette, viewmodel.Position{Name: name, Chip: s.chips[i]})
	}
	d.diary.write(r.Prompt, viewmodel.Generations, "Drawn by rule, as it was asked for", r.Prompt, false)
	return res, nil
}

// scene turns words into a drawing: a family that the prompt names, or one
// that its letters choose.
func scene(r viewmodel.Request) (sc *draw.Scene, unknown []string, err error) {
	spec := draw.Spec{Repeat: r.Repeat, Positions: 3}
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.Prompt))
	known := draw.Vocabulary()
	for _, w := range strings.FieldsFunc(strings.ToLower(r.Prompt), func(c rune) bool { return c < 'a' || c > 'z' }) {
		if slices.Contains(draw.Families(), w) {
			spec.Family = w
		}
		if !slices.Contains(known, w) && w != "and" {
			unknown = append(unknown, w)
		}
	}
	spec = spec.Complete(h.Sum64() ^ r.Seed)
	sc, err = spec.Scene()
	return sc, unknown, err
}

// screens are a drawing that can be inked.
type screens struct {
	planes *draw.Screens
	chips  []color.NRGBA
	of     *Draughtsman
}

func newScreens(sc *draw.Scene, size pattern.Size, palette []color.NRGBA) (*screens, error) {
	p, err := sc.Screens(size.Width, size.Height)
	if err != nil {
		return nil, err
	}
	own := []color.NRGBA{
		{0x22, 0x2f, 0x38, 255}, {0xc4, 0x4e, 0x52, 255}, {0xe8, 0xb5, 0x6d, 255}, {0x4f, 0x8a, 0x72, 255},
		{0xef, 0xe6, 0xd2, 255}, {0x7a, 0x3b, 0x69, 255}, {0x3d, 0x6a, 0x8c, 255}, {0x99, 0x99, 0x99, 255},
	}
	chips := own[:len(p.Planes)+1]
	for i := range chips {
		if i < len(palette) {
			chips[i] = palette[i]
		}
	}
	return &screens{planes: p, chips: chips}, nil
}

// Ink implements viewmodel.Screens.
func (s *screens) Ink(ctx context.Context, chips []color.NRGBA) (*image.NRGBA, error) {
	if len(chips) != len(s.planes.Planes)+1 {
		return nil, fmt.Errorf("%d chips for %d positions", len(chips), len(s.planes.Planes)+1)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.of != nil {
		s.of.mu.Lock()
		s.of.inked++
		s.of.mu.Unlock()
	}
	m := image.NewNRGBA(image.Rect(0, 0, s.planes.W, s.planes.H))
	planes := append([][]uint8{s.planes.Ground}, s.planes.Planes...)
	for i := range s.planes.W * s.planes.H {
		var r, g, b uint32
		for k, p := range planes {
			r += uint32(p[i]) * uint32(chips[k].R)
			g += uint32(p[i]) * uint32(chips[k].G)
			b += uint32(p[i]) * uint32(chips[k].B)
		}
		m.Pix[4*i], m.Pix[4*i+1], m.Pix[4*i+2], m.Pix[4*i+3] = uint8(r/255), uint8(g/255), uint8(b/255), 255
	}
	return m, nil
}

// veil fades a preview towards grey, the more the less is done.
func veil(m *image.NRGBA, done float64) {
	for i, v := range m.Pix {
		if i%4 != 3 {
			m.Pix[i] = uint8(done*float64(v) + (1-done)*128)
		}
	}
}

// Example is the picture that the studio opens with.
func (d *Draughtsman) Example(ctx context.Context) (viewmodel.Result, error) {
	quiet := New()
	r, err := quiet.Generate(ctx, viewmodel.Request{
		Prompt: "flowers", Seed: 11, Steps: 1, Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2},
		Size: viewmodel.Size{Width: 256, Height: 256, DPI: 72},
	}, func(viewmodel.Progress) {})
	r.Example = true
	return r, err
}

// Export implements viewmodel.Exporter: the cell, and the rectangle that lays
// straight where it is another.
func (d *Draughtsman) Export(ctx context.Context, r viewmodel.Result, path string, _ viewmodel.ExportOptions, report func(viewmodel.Progress)) (viewmodel.Exported, error) {
	var out viewmodel.Exported
	write := func(path, what string, m image.Image) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		report(viewmodel.Progress{Stage: "Writing " + filepath.Base(path), Fraction: 0.5})
		if err := writePNG(path, m); err != nil {
			return err
		}
		out.Files = append(out.Files, viewmodel.ExportedFile{Path: path, What: what})
		return nil
	}
	if err := write(path, "the cell", r.Cell); err != nil {
		return viewmodel.Exported{}, err
	}
	if w, h := r.Repeat.RectangleSize(r.Cell.Rect.Dx(), r.Cell.Rect.Dy()); w != r.Cell.Rect.Dx() || h != r.Cell.Rect.Dy() {
		beside := strings.TrimSuffix(path, filepath.Ext(path)) + ".rectangle.png"
		if err := write(beside, "lays straight", pattern.RectangleImage(r.Cell, r.Repeat)); err != nil {
			return viewmodel.Exported{}, errors.Join(err, os.Remove(path))
		}
	}
	d.diary.write(r.Request.Prompt, viewmodel.Exports, fmt.Sprintf("%d files were exported", len(out.Files)), "", false)
	return out, nil
}

func writePNG(path string, m image.Image) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := png.Encode(f, m); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

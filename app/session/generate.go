package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/screen"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/engine/prompt"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/gpu"
)

// Progress says how far a use case has come.
type Progress struct {
	// Stage is what is being done, in a person's words: "Loading the model".
	Stage string
	// Step counts from 1 of Steps; both are 0 for a stage that has none.
	Step, Steps int
	// Fraction is the whole call's, 0 to 1.
	Fraction float64
	// Preview is what the cell looks like so far, nil where there is nothing new.
	Preview *image.NRGBA
}

// Made is one generated repeat.
type Made struct {
	// Request is complete: made again on the same device it gives the same
	// bytes.
	Request Request
	Plan    pattern.Plan
	// Cell is the picture of the cell at Plan.Picture.
	Cell *image.NRGBA64
	// Separation is there for models that make screens: it can be inked anew.
	Separation *screen.Separation
	// Palette is the chips of its positions, ground first.
	Palette color.Palette
	// Positions names them: Ground, First and so on.
	Positions []string

	// Choice says which sample it is where a critic chose among several, nil where none did.
	Choice *Choice

	Seam         seam.Report
	Warnings     []string
	UnknownWords []string
	Device       gpu.Device
	// Fallbacks are the devices that were tried before it, with the reasons.
	Fallbacks []gpu.Fallback
	// Asymmetry is how far a mirror's prediction was from symmetry, relative
	// root mean square, before it was made symmetrical.
	Asymmetry     float64
	Took, Compute time.Duration
	// Recorded says where the ledger tells of it, nil where nobody recorded it.
	Recorded *Recorded
}

// Repeat is the layout of the cell.
func (m *Made) Repeat() pattern.Repeat { return m.Request.Repeat.Repeat }

// Generate makes one repeat. It reports before anything slow begins and at
// least once a step, from one goroutine, and stops within a step when ctx is
// done. Errors of the request are a *UsageError or one of engine/pattern's and
// engine/diffusion's own.
func (s *Session) Generate(ctx context.Context, r Request, report func(Progress)) (*Made, error) {
	return s.generate(ctx, r, report, nil)
}

func (s *Session) generate(ctx context.Context, r Request, report func(Progress), rec *recorder) (made *Made, err error) {
	if report == nil {
		report = func(Progress) {}
	}
	began := time.Now()
	for _, text := range []string{r.Prompt, r.Negative} {
		if len(text) > prompt.MaxBytes {
			return nil, usage("%v", &prompt.TooLongError{Bytes: len(text), Limit: prompt.MaxBytes})
		}
	}
	report(Progress{Stage: "Loading the model"})
	o, q, err := s.acquire(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.release(o)
	r, err = s.complete(r, o)
	if err != nil {
		return nil, err
	}
	plan, err := s.demand(r, o.facts).Plan()
	if err != nil {
		return nil, err
	}
	if err := rec.requested(ctx, r, r.Model, o.model.Card); err != nil {
		return nil, err
	}
	defer func() {
		if rerr := rec.finished(ctx, made, err); rerr != nil {
			made, err = nil, errors.Join(err, rerr)
		}
	}()
	group := groupOf(r, o.facts, plan.Generated)
	plan.EffectiveDPI *= float64(group.Times*group.Size.Width) / float64(plan.Generated.Width)
	work, unknown, err := s.work(r, o, group)
	if err != nil {
		return nil, err
	}
	paint, err := painter(r, o.facts.screens, group)
	if err != nil {
		return nil, err
	}
	result, choice, err := o.sample(ctx, r, work, group, func(t tried) { report(fromEngine(t, paint)) })
	if err != nil {
		return nil, err
	}
	made = &Made{
		Request: r, Plan: plan, Device: q.Device(), Fallbacks: q.Fallbacks(), Choice: choice,
		UnknownWords: unknown, Asymmetry: result.Asymmetry, Compute: result.Compute,
	}
	if !o.facts.screens {
		made.UnknownWords = result.UnknownWords
	}
	if r.MadeOn != "" && r.MadeOn != q.Device().ID {
		made.Warnings = append(made.Warnings, fmt.Sprintf("the picture of this request was made on %s and this one on %s, whose rounding differs, so that they are alike and not the same", r.MadeOn, q.Device().ID))
	}
	made.Request.MadeOn = q.Device().ID
	made.Request.Sampler, made.Request.Width, made.Request.Height = result.Sampler, plan.Generated.Width, plan.Generated.Height
	report(Progress{Stage: "Finishing", Fraction: finishing})
	if err := s.finish(ctx, made, group.Fill(result.Picture), o, q, report); err != nil {
		return nil, err
	}
	if made.Seam, err = seam.Measure(made.Cell, made.Repeat()); err != nil {
		return nil, err
	}
	made.warn(q.Fallbacks())
	made.Took = time.Since(began)
	report(Progress{Stage: "Done", Fraction: 1})
	return made, nil
}

// Shares of the whole that have passed when a stage begins.
const (
	sampling  = 0.05
	decoding  = 0.90
	finishing = 0.95
)

func fromEngine(g tried, paint func(*pattern.Planes) *image.NRGBA) Progress {
	p := Progress{Step: g.Step, Steps: g.Steps}
	if g.Preview != nil {
		p.Preview = paint(g.Preview)
	}
	switch g.Stage {
	case diffusion.StageLoad, diffusion.StageEncode:
		p.Stage, p.Fraction = "Reading the prompt", sampling/2
	case diffusion.StageSample:
		p.Stage, p.Fraction = "Sampling", sampling
		if g.Steps > 0 {
			p.Fraction += (decoding - sampling) * float64(g.Step) / float64(g.Steps)
		}
	case diffusion.StageDecode:
		p.Stage, p.Fraction = "Decoding", decoding
	case diffusion.StageJudge:
		p.Stage, p.Fraction = "Looking at it", decoding
	}
	if g.try > 0 {
		p.Stage = fmt.Sprintf("%s, try %d of %d", p.Stage, g.try+1, g.tries)
	}
	// Half of what is left goes to each try, since most come to an end before the last.
	left := math.Pow(0.5, float64(g.try))
	if g.tries > 1 {
		p.Fraction = decoding*(1-left) + left/2*p.Fraction
	}
	return p
}

// warn gathers what a designer has to know before printing.
func (m *Made) warn(fallbacks []gpu.Fallback) {
	for _, f := range fallbacks {
		m.Warnings = append(m.Warnings, fmt.Sprintf("%s did not start: %v; %s was used instead", f.Device.Name, f.Err, m.Device.Name))
	}
	m.Warnings = append(m.Warnings, m.Plan.Notes...)
	m.Warnings = append(m.Warnings, m.Plan.Warnings...)
	for _, w := range m.UnknownWords {
		m.Warnings = append(m.Warnings, fmt.Sprintf("the model does not know the word %q, so it had no effect", w))
	}
	if doubt := m.Choice.doubt(); doubt != "" {
		m.Warnings = append(m.Warnings, doubt)
	}
	if !m.Seam.Pass {
		m.Warnings = append(m.Warnings, "the seam is visible: "+m.Seam.String())
	}
	if m.Request.Repeat.Kind == pattern.Mirror {
		m.Warnings = append(m.Warnings, fmt.Sprintf(
			"a mirror repeat samples four times the cell's area; its prediction was %.1f %% from symmetry before it was made symmetrical", 100*m.Asymmetry))
	}
	if m.Request.Model == starter.Name {
		m.Warnings = append(m.Warnings, contradictions(m.Request)...)
		m.Warnings = append(m.Warnings, starter.Honest)
	}
}

// finish takes what the model made to the size of the plan and gives it its
// colours.
func (s *Session) finish(ctx context.Context, m *Made, pic *pattern.Planes, o *opened, q *gpu.Queue, report func(Progress)) error {
	if o.facts.screens {
		return s.ink(ctx, m, pic)
	}
	if m.Plan.Enlarge > 1 && o.upscaler != nil {
		up, err := diffusion.NewUpscaler(o.upscaler, q)
		if err != nil {
			return err
		}
		pic, err = up.Upscale(ctx, pic, m.Repeat(), func(done, of int) {
			report(Progress{Stage: "Enlarging", Step: done, Steps: of, Fraction: finishing + (1-finishing)*float64(done)/float64(of)})
		})
		if err != nil {
			return err
		}
	}
	cell := *pic
	if want := m.Plan.Picture; pic.Width != want.Width || pic.Height != want.Height {
		var err error
		if cell, err = pic.Resample(m.Repeat(), want); err != nil {
			return err
		}
	}
	m.Cell = cell.NRGBA64()
	return nil
}

// acquire opens the models of a request, or finds them open, and the device.
func (s *Session) acquire(ctx context.Context, r Request) (*opened, *gpu.Queue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(ctx, cmp.Or(r.Device, s.again(r.MadeOn)))
	if err != nil {
		return nil, nil, err
	}
	key := r.openKey(q.Device().ID)
	o, ok := s.open[key]
	if !ok {
		if o, err = s.openModels(ctx, r, q); err != nil {
			return nil, nil, err
		}
		s.open[key] = o
	}
	o.users++
	s.touch(key)
	return o, q, errors.Join(s.evict())
}

func (s *Session) release(o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.users--
}

// mostOpen is how many combinations of models stay open. Mapped weights cost
// next to nothing; merged LoRAs are memory of our own.
const mostOpen = 4

func (s *Session) touch(key string) {
	for i, k := range s.order {
		if k == key {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	s.order = append(s.order, key)
}

// evict closes the models that nobody used for the longest time.
func (s *Session) evict() error {
	var errs []error
	for i := 0; i < len(s.order) && len(s.open) > mostOpen; {
		o := s.open[s.order[i]]
		if o.users > 0 {
			i++
			continue
		}
		errs = append(errs, o.close())
		delete(s.open, s.order[i])
		s.order = append(s.order[:i], s.order[i+1:]...)
	}
	return errors.Join(errs...)
}

// contradictions says what of a request cannot be had of the starter: two things at
// once, more positions than it has, or than the palette has.
func contradictions(r Request) []string {
	_, err := draw.Parse(r.Prompt)
	var conflict *draw.ConflictError
	if errors.As(err, &conflict) {
		return []string{fmt.Sprintf("the prompt asks for %s at once; the model made what it could of it", strings.Join(conflict.Values, " and "))}
	}
	n := asked(r.Prompt)
	switch chips := len(r.Palette); {
	case n > starter.Positions-1:
		return []string{fmt.Sprintf("the prompt asks for %d colours; the model has %d beside the ground", n, starter.Positions-1)}
	case chips > 0 && n > chips-1:
		return []string{fmt.Sprintf("the prompt asks for %d colours and the palette has %d beside the ground, so the smallest fell to what lies around them", n, chips-1)}
	}
	return nil
}

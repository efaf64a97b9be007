package studio

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// samplingPart is how the model is run.
type samplingPart struct {
	screen                        *Screen
	steps, guidance, count        *widget.Slider
	stepsRow, guidanceRow, number labelled
	sampler, device               *widget.Select
	samplerRow, deviceRow         fyne.CanvasObject
	seed                          *widget.Entry
	fixed                         *widget.Check
}

func newSamplingPart(s *Screen) *samplingPart {
	p := &samplingPart{screen: s}
	edit := s.st.Edit
	p.steps = widget.NewSlider(s.desk, 1, 60, 1, "Steps of the sampler: more is slower, and finer up to a point", func(v float64) {
		edit(func(f *viewmodel.Form) { f.Steps = int(v) })
	})
	p.stepsRow = newLabelled("Steps", p.steps)
	p.guidance = widget.NewSlider(s.desk, 1, 15, 0.5, "How strictly the prompt is followed; at 1 a step costs half", func(v float64) {
		edit(func(f *viewmodel.Form) { f.Guidance = v })
	})
	p.guidanceRow = newLabelled("Guidance", p.guidance)
	p.count = widget.NewSlider(s.desk, 1, 8, 1, "How many candidates one Generate makes", func(v float64) {
		edit(func(f *viewmodel.Form) { f.Count = int(v) })
	})
	p.number = newLabelled("Candidates", p.count)
	p.sampler = widget.NewSelect(s.desk, "The sampler", nil, func(i int) {
		if m, ok := s.state.Model(); ok && i >= 0 && i < len(m.Samplers) {
			edit(func(f *viewmodel.Form) { f.Sampler = m.Samplers[i] })
		}
	})
	p.samplerRow = row("Sampler", p.sampler)
	p.device = widget.NewSelect(s.desk, "What the model runs on", nil, func(i int) {
		if d := s.state.Devices; i >= 0 && i < len(d) {
			if d[i].Unavailable != "" {
				s.st.Report(d[i].Name+" cannot be used", errors.New(d[i].Unavailable))
				p.update(s.state)
				return
			}
			edit(func(f *viewmodel.Form) { f.Device = d[i].ID })
		}
	})
	p.deviceRow = row("Device", p.device)
	p.seed = widget.NewFigures(s.desk, "The seed: the same request with the same seed makes the same picture", func(t string) {
		v, err := strconv.ParseUint(strings.TrimSpace(t), 10, 64)
		if err != nil {
			if strings.TrimSpace(t) != "" {
				s.st.Report("The seed was not changed", fmt.Errorf("%q is no whole number from 0 on", t))
			}
			p.seed.Force(strconv.FormatUint(s.st.State().Form.Seed, 10))
			return
		}
		if v != s.st.State().Form.Seed {
			edit(func(f *viewmodel.Form) { f.Seed, f.SeedFixed = v, true })
		}
	})
	p.seed.SetPlaceHolder("random")
	p.fixed = widget.NewCheck(s.desk, "Fixed", "Use this seed again; otherwise each picture has a new one", func(on bool) {
		edit(func(f *viewmodel.Form) { f.SeedFixed = on })
	})
	return p
}

func (p *samplingPart) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		p.stepsRow.object, p.guidanceRow.object, p.number.object, p.samplerRow, p.deviceRow,
		container.NewBorder(nil, nil, nil, p.fixed, row("Seed", p.seed)),
	}
}

func (p *samplingPart) update(st viewmodel.State) {
	f := st.Form
	m, _ := st.Model()
	steps, guidance := f.Steps, f.Guidance
	if steps == 0 {
		steps = m.Steps
	}
	if guidance == 0 {
		guidance = m.Guidance
	}
	p.steps.Display(float64(steps))
	p.stepsRow.show(strconv.Itoa(steps))
	p.guidance.Display(guidance)
	p.guidanceRow.show(fmt.Sprintf("%.1f", guidance))
	p.count.Display(float64(f.Count))
	p.number.show(strconv.Itoa(f.Count))

	visible(p.samplerRow, len(m.Samplers) > 1)
	at := 0
	for i, s := range m.Samplers {
		if s == f.Sampler {
			at = i
		}
	}
	p.sampler.Display(m.Samplers, at)
	visible(p.deviceRow, len(st.Devices) > 0)
	names, at := make([]string, len(st.Devices)), 0
	for i, d := range st.Devices {
		names[i] = d.Name
		if d.Unavailable != "" {
			names[i] += " (unavailable)"
		}
		if d.ID == f.Device {
			at = i
		}
	}
	p.device.Display(names, at)
	if f.SeedFixed {
		p.seed.Display(strconv.FormatUint(f.Seed, 10))
	} else {
		p.seed.Display("")
	}
	p.fixed.Display(f.SeedFixed)
}

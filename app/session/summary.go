package session

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// PatternInfo is all that is known of one version of a pattern, in the shape in
// which `selvage pattern info --json` prints it.
type PatternInfo struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Created      time.Time      `json:"created"`
	Changed      time.Time      `json:"changed"`
	Version      edit.Hash      `json:"version"`
	Branch       string         `json:"branch"`
	Branches     []edit.Branch  `json:"branches"`
	Steps        int            `json:"steps"` // of this version
	All          int            `json:"all_steps"`
	Size         pattern.Size   `json:"size"`
	Width        pattern.Length `json:"width_mm"`
	Height       pattern.Length `json:"height_mm"`
	DPIX         float64        `json:"dpi_x"`
	DPIY         float64        `json:"dpi_y"`
	Repeat       Repeat         `json:"repeat"`
	Direction    edit.Direction `json:"direction"`
	DesignNumber string         `json:"design_number,omitempty"`
	Notes        string         `json:"notes,omitempty"`
	Layers       []LayerInfo    `json:"layers"`
	Selected     bool           `json:"selected"`
	Positions    []PositionInfo `json:"positions,omitempty"`
	Lock         *edit.Lock     `json:"lock,omitempty"`
	Colorways    []ColorwayInfo `json:"colourways,omitempty"`
	Missing      []edit.Missing `json:"missing,omitempty"`
}

// LayerInfo is one layer, listed from the lowest.
type LayerInfo struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Opacity float64 `json:"opacity"`
	Blend   string  `json:"blend"`
	Hidden  bool    `json:"hidden,omitempty"`
}

// PositionInfo is one printing position.
type PositionInfo struct {
	Name string `json:"name"`
	Code string `json:"code,omitempty"`
	Chip string `json:"chip"`
}

// ColorwayInfo is one colourway: a chip for every position.
type ColorwayInfo struct {
	Name  string   `json:"name"`
	Chips []string `json:"chips"`
}

// Info describes the version that the pattern shows.
func (p *Pattern) Info() PatternInfo {
	s, d := p.State(), p.Document()
	info := PatternInfo{
		ID: p.root.ID, Name: p.root.Name, Created: p.root.Created, Changed: p.root.Changed,
		Version: d.Current(), Branch: d.Branch(), Branches: d.Branches(), All: len(d.Steps()),
		Size: s.Size, Width: s.Width, Height: s.Height,
		DPIX: dpi(s.Size.Width, s.Width), DPIY: dpi(s.Size.Height, s.Height),
		Repeat: Repeat{s.Repeat}, Direction: s.Direction, DesignNumber: s.DesignNumber, Notes: s.Notes,
		Layers: []LayerInfo{}, Selected: s.Selection != nil, Lock: s.Locked, Missing: s.Missing,
	}
	if step, found := d.Step(d.Current()); found {
		info.Steps = int(step.Ordinal)
	}
	for _, l := range s.Layers {
		info.Layers = append(info.Layers, LayerInfo{
			ID: l.ID, Name: l.Name, Opacity: float64(l.Opacity) / 65535, Blend: string(l.Blend), Hidden: l.Hidden,
		})
	}
	for _, c := range s.Positions {
		info.Positions = append(info.Positions, PositionInfo{Name: c.Name, Code: c.Code, Chip: c.Chip.Hex()})
	}
	for _, w := range s.Colorways {
		info.Colorways = append(info.Colorways, ColorwayInfo{Name: w.Name, Chips: hexes(w.Chips)})
	}
	return info
}

func dpi(px int, l pattern.Length) float64 {
	if l <= 0 {
		return 0
	}
	return float64(px) / l.In(pattern.Inch)
}

// StepInfo is one operation of a history.
type StepInfo struct {
	Number     uint32          `json:"number"`
	Version    edit.Hash       `json:"version"`
	Parent     edit.Hash       `json:"parent,omitzero"`
	Kind       string          `json:"kind"`
	Params     json.RawMessage `json:"params"`
	Time       time.Time       `json:"time,omitzero"`
	TimeSource string          `json:"time_source,omitempty"`
	Actor      string          `json:"actor,omitempty"`
	Current    bool            `json:"current,omitempty"`
	// Heads are the branches that end here.
	Heads []string `json:"heads,omitempty"`
	// Unknown says that a newer program made it: it is kept, and not shown.
	Unknown bool `json:"unknown,omitempty"`
}

// History lists the operations that make the version that is shown, and those that
// a redo would come to; with all, those of every branch, in the order in which they
// were made.
func (p *Pattern) History(all bool) ([]StepInfo, error) {
	d := p.Document()
	steps := d.Steps()
	if !all {
		head := d.Current()
		for _, b := range d.Branches() {
			if b.Name == d.Branch() {
				head = b.Head
			}
		}
		var err error
		if steps, err = d.History(head); err != nil {
			return nil, err
		}
	}
	heads := map[edit.Hash][]string{}
	for _, b := range d.Branches() {
		heads[b.Head] = append(heads[b.Head], b.Name)
	}
	out := make([]StepInfo, 0, len(steps))
	for _, s := range steps {
		out = append(out, StepInfo{
			Number: s.Ordinal, Version: s.Version, Parent: s.Parent, Kind: s.Kind, Params: s.Params,
			Time: s.Meta.Time, TimeSource: s.Meta.TimeSource, Actor: s.Meta.Actor,
			Current: s.Version == d.Current(), Heads: slices.Clone(heads[s.Version]), Unknown: !s.Known(),
		})
	}
	return out, nil
}

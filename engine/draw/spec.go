package draw

import "github.com/selvage-studio/selvage/engine/pattern"

// Layout is how the motifs of a figure family are arranged. Field families,
// which cover the cell by themselves, have none.
type Layout string

// The layouts.
const (
	Grid     Layout = "grid"
	HalfDrop Layout = "half-drop"
	Brick    Layout = "brick"
	Tossed   Layout = "tossed"
	Stripe   Layout = "stripe"
	Ogee     Layout = "ogee"
	AllOver  Layout = "all-over"
)

// Scale is the size of the motifs in the cell.
type Scale string

// The scales: a motif measures about 1/8, 1/4 or 1/2 of the cell.
const (
	Small  Scale = "small"
	Medium Scale = "medium"
	Large  Scale = "large"
)

// Density is how much of the room the motifs take.
type Density string

// The densities: a motif takes about 1/2, 3/4 or all of the way to the next.
const (
	Sparse  Density = "sparse"
	Regular Density = "regular"
	Dense   Density = "dense"
)

// Direction is how motifs are turned. Motifs that look alike from every side
// have none.
type Direction string

// The directions.
const (
	OneWay Direction = "one-way"
	TwoWay Direction = "two-way"
	Multi  Direction = "multi-directional"
)

// Outline is the line work.
type Outline string

// The kinds of line work.
const (
	Flat     Outline = "flat"     // none
	Outlined Outline = "outlined" // surfaces with outlines and inner lines in a position of their own
	Line     Outline = "line"     // lines only
)

// Style is how edges are made.
type Style string

// The styles.
const (
	Clean Style = "clean"
	Block Style = "block-print" // rough edges and small voids, as from a carved block
	Ikat  Style = "ikat"        // edges feathered along the warp
)

// NoSecondary says that there are no secondary motifs; an empty Secondary
// leaves it open.
const NoSecondary = "none"

// MaxPositions is the most positions that a drawing has beside its ground.
const MaxPositions = 7

// Spec says what to draw. Empty fields are open; Complete fills them in.
// A Spec together with Version decides every byte of the drawing.
type Spec struct {
	Family    string    `json:"family"`
	Layout    Layout    `json:"layout,omitempty"`
	Scale     Scale     `json:"scale"`
	Density   Density   `json:"density"`
	Direction Direction `json:"direction,omitempty"`
	Secondary string    `json:"secondary"`
	Outline   Outline   `json:"outline"`
	Style     Style     `json:"style"`
	// Positions counts the chips beside the ground, line work included: 1 to 7.
	Positions int            `json:"positions"`
	Repeat    pattern.Repeat `json:"-"`
	// AspectW : AspectH is the shape of the cell; 0 : 0 is a square, and hex
	// is always √3 : 2.
	AspectW int    `json:"-"`
	AspectH int    `json:"-"`
	Seed    uint64 `json:"seed"`
	// Figure is the seed of the motifs' own form, so that one motif can be had
	// in many arrangements; 0 takes it from Seed, with everything else. Varieties
	// of a motif in one drawing are Figure, Figure+1, ... Families that cover the
	// cell by themselves have no form apart from their arrangement.
	Figure uint64 `json:"figure,omitempty"`
	// Part makes of the drawing a group, of which Part x Part fill a usual cell: its
	// sides are so many times smaller, and motifs keep their size. Groups are for
	// pictures of half the usual samples: their line work is as wide as those need,
	// they turn by quarters, and tossed motifs lie on sixteenths of the cell. 0 is a
	// usual cell.
	Part int `json:"part,omitempty"`
}

// Random is the drawing of a seed, in a block repeat.
func Random(seed uint64) Spec { return Spec{}.Complete(seed) }

// Complete fills the open fields from the seed and takes out what does not
// apply to the family. Fields that are set stay, so Complete of its own
// result changes nothing.
func (s Spec) Complete(seed uint64) Spec {
	s, _ = s.complete(seed)
	return s
}

func (s Spec) complete(seed uint64) (Spec, []string) {
	var notes []string
	r := newRNG(seed, "spec")
	s.Seed = seed
	if s.Family == "" {
		all := families()
		weights := make([]int, len(all))
		for i := range all {
			weights[i] = all[i].weight
		}
		s.Family = all[r.pick(weights...)].name
	}
	f := familyByName(s.Family)
	if f == nil {
		f = &families()[0]
		s.Family = f.name
	}
	// Every choice is drawn whether it is needed or not, so that setting one
	// field does not change the others.
	layout := []Layout{Grid, HalfDrop, Brick, Tossed, Stripe, Ogee, AllOver}[r.pick(18, 20, 12, 24, 9, 8, 9)]
	scale := []Scale{Small, Medium, Large}[r.pick(30, 40, 30)]
	density := []Density{Sparse, Regular, Dense}[r.pick(25, 45, 30)]
	direction := []Direction{OneWay, TwoWay, Multi}[r.pick(50, 20, 30)]
	secondaries := Secondaries()
	secondary := secondaries[r.n(len(secondaries))]
	hasSecondary := r.chance(0.3)
	outline := []Outline{Flat, Outlined, Line}[r.pick(60, 30, 10)]
	style := []Style{Clean, Block, Ikat}[r.pick(80, 13, 7)]
	positions := 1 + r.pick(12, 26, 28, 16, 9, 6, 3)

	if f.field {
		s.Layout, s.Direction = "", ""
		if !f.outlines {
			if s.Outline != "" && s.Outline != Flat {
				notes = append(notes, f.name+" have no line work")
			}
			s.Outline = Flat
		}
		if !f.windows {
			if s.Secondary != "" && s.Secondary != NoSecondary {
				notes = append(notes, f.name+" leave no room for secondary motifs")
			}
			s.Secondary = NoSecondary
		}
	}
	if s.Layout == "" && !f.field {
		s.Layout = layout
	}
	if s.Scale == "" {
		s.Scale = scale
	}
	if s.Density == "" {
		s.Density = density
	}
	if s.Style == "" {
		s.Style = style
		if f.noStyle {
			s.Style = Clean
		}
	}
	if f.round || f.field {
		s.Direction = ""
	} else if s.Direction == "" {
		s.Direction = direction
		if (s.Layout == Tossed || s.Layout == AllOver) && direction == TwoWay {
			s.Direction = Multi
		}
		if s.Style == Ikat || f.upright && direction == Multi && s.Layout != Tossed {
			s.Direction = OneWay
		}
	}
	if s.Secondary == "" {
		s.Secondary = NoSecondary
		if hasSecondary || s.Layout == AllOver {
			s.Secondary = secondary
			if secondary == s.Family {
				s.Secondary = secondaries[0]
			}
			if s.Secondary == s.Family {
				s.Secondary = secondaries[1]
			}
		}
	}
	if s.Outline == "" {
		s.Outline = outline
		if s.Style == Ikat {
			s.Outline = Flat
		}
	}
	if s.Positions == 0 {
		s.Positions = positions
		most := f.most
		if most == 0 {
			most = MaxPositions
		}
		if s.Scale == Large && s.Density != Dense {
			most = min(most, 5)
		}
		s.Positions = min(s.Positions, most)
		if s.Outline == Outlined {
			s.Positions = max(s.Positions, 2)
		}
		if f.least > 0 {
			s.Positions = max(s.Positions, f.least)
		}
	}
	if s.Outline == Outlined && s.Positions == 1 {
		s.Outline = Line
	}
	return s, notes
}

// side is the root of the cell's area in scene units.
func (s *Spec) side() float64 { return cellUnits / float64(max(s.Part, 1)) }

// ink is the position of the line work, or -1.
func (s *Spec) ink() int {
	if s.Outline == Outlined || s.Outline == Line && s.Positions == 1 {
		return s.Positions - 1
	}
	return -1
}

// fills is the number of positions that are no line work.
func (s *Spec) fills() int {
	if s.Outline == Outlined {
		return s.Positions - 1
	}
	return s.Positions
}

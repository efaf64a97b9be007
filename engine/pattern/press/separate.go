package press

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/psd"
)

// Position is one colour of a locked palette as a mill knows it.
type Position struct {
	Name string // "madder"
	Code string // of a colour book or of the mill, "18-1550 TCX"
	Chip color.Chip
	Lab  *color.Lab // measured or from a book; nil if it is only known as sRGB

	// Cloth marks the position that is not printed: unprinted cloth shows.
	Cloth bool
}

// label names the position in files: its name, or the chip's value.
func (p Position) label() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Chip.Name != "":
		return p.Chip.Name
	default:
		return p.Chip.Hex()
	}
}

// lightness is CIE L*.
func (p Position) lightness() float64 {
	if p.Lab != nil {
		return p.Lab[0]
	}
	return p.Chip.RGB().Linear().CIELAB()[0]
}

// Spots returns the positions as spot channels of a PSD.
func Spots(positions []Position) []psd.Spot {
	out := make([]psd.Spot, len(positions))
	for i, p := range positions {
		out[i] = psd.Spot{Name: p.label(), R: p.Chip.R, G: p.Chip.G, B: p.Chip.B}
		if p.Lab != nil {
			out[i].Lab = (*[3]float64)(p.Lab)
		}
	}
	return out
}

// Separation is a pattern taken apart into screens. At every pixel one
// position prints and no other (butt joints), but for what Trap and FallOn lay
// under it.
type Separation struct {
	size      pattern.Size
	repeat    pattern.Repeat
	positions []Position
	index     []uint8
	under     []uint32 // bit p: position p prints here as well; nil if none does
}

// Bare is the value of an index plane where no position is: the layers leave it
// transparent, and nothing prints.
const Bare = 255

// NewSeparation takes an index plane of a cell apart: every value is a place in
// positions, which are at most color.MaxPositions, or Bare. Positions of the same
// name are told apart by a number. The plane is kept and not copied. Errors are
// *PictureError.
func NewSeparation(index []uint8, cell pattern.Size, r pattern.Repeat, positions []Position) (*Separation, error) {
	if cell.Width <= 0 || cell.Height <= 0 || len(index) != cell.Width*cell.Height {
		return nil, &PictureError{fmt.Sprintf("an index plane of %d values is no cell of %v pixels", len(index), cell)}
	}
	if len(positions) == 0 || len(positions) > color.MaxPositions {
		return nil, &PictureError{fmt.Sprintf("%d positions cannot be separated; lock the pattern to 1 to %d colours", len(positions), color.MaxPositions)}
	}
	if err := within(index, cell.Width, len(positions), true); err != nil {
		return nil, err
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	s := &Separation{size: cell, repeat: r, index: index}
	seen := map[string]bool{}
	for _, p := range positions {
		name := p.label()
		p.Name = name
		for k := 2; seen[p.Name]; k++ {
			p.Name = fmt.Sprintf("%s %d", name, k)
		}
		seen[p.Name] = true
		s.positions = append(s.positions, p)
	}
	if len(s.Printed()) == 0 {
		return nil, &PictureError{"every position is unprinted cloth; nothing is left to print"}
	}
	return s, nil
}

// Printed returns the places of the positions that have a screen.
func (s *Separation) Printed() []int {
	var out []int
	for i, p := range s.positions {
		if !p.Cloth {
			out = append(out, i)
		}
	}
	return out
}

// Positions returns the positions, with the names that the files give them.
func (s *Separation) Positions() []Position { return append([]Position(nil), s.positions...) }

// Cell returns the size of the cell in pixels.
func (s *Separation) Cell() pattern.Size { return s.size }

// Repeat returns the repeat that carries the cell.
func (s *Separation) Repeat() pattern.Repeat { return s.repeat }

// Screens is how many screens a separation takes, and of what.
type Screens struct {
	Count   int      `json:"count"`
	Colours int      `json:"colours"` // with unprinted cloth
	Names   []string `json:"names"`   // of the screens, in order
	Cloth   string   `json:"cloth,omitempty"`
}

// Screens counts them.
func (s *Separation) Screens() Screens { return CountScreens(s.positions) }

// CountScreens counts the screens that positions take.
func CountScreens(positions []Position) Screens {
	out := Screens{Colours: len(positions), Names: []string{}}
	var cloth []string
	for _, p := range positions {
		if p.Cloth {
			cloth = append(cloth, p.label())
			continue
		}
		out.Count++
		out.Names = append(out.Names, p.label())
	}
	out.Cloth = strings.Join(cloth, ", ")
	return out
}

// Statement says it in a sentence.
func (c Screens) Statement() string {
	screens := fmt.Sprintf("%d screens", c.Count)
	if c.Count == 1 {
		screens = "1 screen"
	}
	if c.Cloth == "" {
		return fmt.Sprintf("%s, ground printed: %s.", screens, strings.Join(c.Names, ", "))
	}
	return fmt.Sprintf("%s: %s; unprinted cloth (%s) is the colour that takes none.", screens, strings.Join(c.Names, ", "), c.Cloth)
}

// prints reports whether position p prints at pixel i.
func (s *Separation) prints(p, i int) bool {
	return int(s.index[i]) == p || s.under != nil && s.under[i]>>p&1 != 0
}

// Screen returns the screen of a position as grey of 8 bits: 0 prints and 255
// does not, as film has it, one pixel either or the other.
func (s *Separation) Screen(position int) *Picture {
	p := &Picture{Width: s.size.Width, Height: s.size.Height, Model: Gray, Bits: 8}
	p.Row = func(dst []byte, y int) { s.plane(dst, position, y, 0) }
	return p
}

// plane fills dst with row y of a position: ink where it prints, and 255 less
// ink where it does not.
func (s *Separation) plane(dst []byte, position, y int, ink byte) {
	at := y * s.size.Width
	for x := range s.size.Width {
		dst[x] = 255 - ink
		if s.prints(position, at+x) {
			dst[x] = ink
		}
	}
}

// Inks returns all screens in one picture, a sample for each printed position,
// 255 where it prints.
func (s *Separation) Inks() *Picture {
	printed := s.Printed()
	n := len(printed)
	p := &Picture{Width: s.size.Width, Height: s.size.Height, Model: Inks, Bits: 8}
	var place [256]int // of a position among the inks, -1 for cloth and for Bare
	for i := range place {
		place[i] = -1
	}
	for k, i := range printed {
		place[i] = k
		p.Positions = append(p.Positions, s.positions[i])
	}
	p.Row = func(dst []byte, y int) {
		clear(dst[:n*s.size.Width])
		at := y * s.size.Width
		for x := range s.size.Width {
			px := dst[n*x : n*x+n]
			if k := place[s.index[at+x]]; k >= 0 {
				px[k] = 255
			}
			if s.under != nil && s.under[at+x] != 0 {
				for k, i := range printed {
					if s.under[at+x]>>i&1 != 0 {
						px[k] = 255
					}
				}
			}
		}
	}
	return p
}

// Trap lets the lighter of two positions print on under the darker one, for
// Width from their joint, so that no cloth shows where screens do not register.
type Trap struct {
	A, B  int
	Width pattern.Length
}

// TrapError reports a trap or fall-on that cannot be laid.
type TrapError struct{ Reason string }

func (e *TrapError) Error() string { return "trap: " + e.Reason }

// AllTraps returns the same trap for every pair of printed positions.
func AllTraps(positions []Position, width pattern.Length) []Trap {
	var out []Trap
	for a := range positions {
		for b := a + 1; b < len(positions); b++ {
			if !positions[a].Cloth && !positions[b].Cloth {
				out = append(out, Trap{a, b, width})
			}
		}
	}
	return out
}

// widestTrap, in millimetres and in pixels, is beyond what any print needs.
const (
	widestTrap       = 10 * pattern.Millimetre
	widestTrapPixels = 1 << 12
)

// order returns the lighter position first; of two equals, the earlier.
func (s *Separation) order(a, b int) (light, dark int) {
	la, lb := s.positions[a].lightness(), s.positions[b].lightness()
	if lb > la || lb == la && b < a {
		return b, a
	}
	return a, b
}

func (s *Separation) pair(a, b int) error {
	for _, p := range []int{a, b} {
		if p < 0 || p >= len(s.positions) {
			return &TrapError{fmt.Sprintf("there is no position %d; there are %d", p+1, len(s.positions))}
		}
		if s.positions[p].Cloth {
			return &TrapError{fmt.Sprintf("%s is unprinted cloth and has no screen to overlap", s.positions[p].label())}
		}
	}
	if a == b {
		return &TrapError{fmt.Sprintf("%s cannot overlap itself", s.positions[a].label())}
	}
	return nil
}

// Trap lays the traps; dpiX and dpiY are the cell's. A pixel of the darker
// position gets the lighter one too when the centre of a pixel of that lies
// within Width of its own, measured over the lattice: a trap goes round the
// edges of the cell at the shift of the repeat, and is never wider than asked
// for. Errors are *TrapError, and that of ctx.
func (s *Separation) Trap(ctx context.Context, dpiX, dpiY float64, traps []Trap) error {
	if len(traps) == 0 {
		return nil
	}
	if !(dpiX > 0) || !(dpiY > 0) || math.IsInf(dpiX+dpiY, 0) {
		return &TrapError{"a trap is in mm, and the pattern has no physical size"}
	}
	reach := map[[2]int]*ellipse{} // by lighter and darker
	for _, t := range traps {
		if err := s.pair(t.A, t.B); err != nil {
			return err
		}
		light, dark := s.order(t.A, t.B)
		names := fmt.Sprintf("%s under %s", s.positions[light].label(), s.positions[dark].label())
		rx, ry := t.Width.Pixels(dpiX), t.Width.Pixels(dpiY)
		switch {
		case !(t.Width > 0) || t.Width > widestTrap || max(rx, ry) > widestTrapPixels:
			return &TrapError{fmt.Sprintf("%v of %s is not from a pixel to %v", t.Width, names, widestTrap)}
		case max(rx, ry) < 1:
			return &TrapError{fmt.Sprintf("%s mm of %s are less than a pixel, which is %s mm at %s DPI; widen the trap or export at more DPI",
				Millimetres(t.Width), names, Millimetres(pattern.LengthOf(1, max(dpiX, dpiY))), dots(dpiX, dpiY))}
		}
		reach[[2]int{light, dark}] = newEllipse(rx, ry)
	}
	if s.under == nil {
		s.under = make([]uint32, len(s.index))
	}
	for light := range s.positions {
		var under [256]*ellipse
		most := 0
		for dark := range s.positions {
			if e := reach[[2]int{light, dark}]; e != nil {
				under[dark], most = e, max(most, e.half[0])
			}
		}
		if most == 0 && under == [256]*ellipse{} {
			continue
		}
		if err := s.spread(ctx, light, most, &under); err != nil {
			return err
		}
	}
	return nil
}

// ellipse has half, the half width in whole pixels of its rows 0, 1, 2 ... away
// from its middle.
type ellipse struct{ half []int }

func newEllipse(rx, ry float64) *ellipse {
	e := &ellipse{}
	for dy := 0; float64(dy) <= ry; dy++ {
		t := float64(dy) / ry
		e.half = append(e.half, int(rx*math.Sqrt(1-t*t)+1e-9))
	}
	return e
}

// spread lets position light print on under the positions that have an ellipse.
func (s *Separation) spread(ctx context.Context, light, most int, under *[256]*ellipse) error {
	near, err := s.near(ctx, light, most)
	if err != nil {
		return err
	}
	w, h := s.size.Width, s.size.Height
	at := func(x, y int) int {
		if y < 0 || y >= h {
			var ok bool
			if x, y, ok = s.repeat.Source(x, y, w, h); !ok {
				return most + 1
			}
		}
		return int(near[y*w+x])
	}
	for y := range h {
		if err := ctx.Err(); err != nil {
			return err
		}
		for x := range w {
			i := y*w + x
			e := under[s.index[i]]
			if e == nil {
				continue
			}
			for dy, half := range e.half {
				if at(x, y+dy) <= half || at(x, y-dy) <= half {
					s.under[i] |= 1 << light
					break
				}
			}
		}
	}
	return nil
}

// near returns for every pixel how far the nearest pixel of a position lies in
// its row of the plane, most+1 where it is farther than most.
func (s *Separation) near(ctx context.Context, position, most int) ([]uint16, error) {
	w, h := s.size.Width, s.size.Height
	out := make([]uint16, w*h)
	there := make([]bool, w+2*most)
	for y := range h {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for k := range there {
			x, cy, ok := k-most, y, true
			if x < 0 || x >= w {
				x, cy, ok = s.repeat.Source(x, y, w, h)
			}
			there[k] = ok && int(s.index[cy*w+x]) == position
		}
		row := out[y*w : (y+1)*w]
		d := most + 1
		for k := range w + most { // from the left
			if d = min(d+1, most+1); there[k] {
				d = 0
			}
			if k >= most {
				row[k-most] = uint16(d)
			}
		}
		d = most + 1
		for k := w + 2*most - 1; k >= most; k-- { // from the right
			if d = min(d+1, most+1); there[k] {
				d = 0
			}
			if k < w+most {
				row[k-most] = min(row[k-most], uint16(d))
			}
		}
	}
	return out, nil
}

// FallOn lets one position print on another: Under prints on below all of Over,
// as an outline falls on its ground. Where both are, they make a third colour,
// which only a strike-off shows.
type FallOn struct{ Over, Under int }

// FallOn lays them. Errors are *TrapError.
func (s *Separation) FallOn(pairs []FallOn) error {
	if len(pairs) == 0 {
		return nil
	}
	var under [256]uint32
	for _, p := range pairs {
		if err := s.pair(p.Over, p.Under); err != nil {
			return err
		}
		under[p.Over] |= 1 << p.Under
	}
	if s.under == nil {
		s.under = make([]uint32, len(s.index))
	}
	for i, v := range s.index {
		s.under[i] |= under[v]
	}
	return nil
}

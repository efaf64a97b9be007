package pattern

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the layout of a repeat. The zero value is a plain block repeat.
type Kind uint8

// The layouts that the studio knows. See Repeat for their geometry.
const (
	Block Kind = iota
	HalfDrop
	Brick
	Mirror
	Hex
	AlongX
	AlongY
	None
)

// names is in the order of the constants.
func (Kind) names() [8]string {
	return [...]string{"block", "half-drop", "brick", "mirror", "hex", "x", "y", "none"}
}

// String returns the name that the command line and files use, such as "half-drop".
func (k Kind) String() string {
	if names := k.names(); int(k) < len(names) {
		return names[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// KindNames lists every layout by name, in the order of the constants.
func KindNames() []string {
	names := Kind(0).names()
	return names[:]
}

// Repeat says how copies of a cell of W x H pixels fill the plane; x runs to
// the right, y downwards.
//
//   - Block: vectors (W, 0), (0, H).
//   - HalfDrop n/m: (W, n/m·H), (0, H): each column to the right falls by n/m
//     of the height, cumulatively. 1/2 is the trade's half-drop.
//   - Brick n/m: (W, 0), (n/m·W, H).
//   - Mirror: reflected across both edges; period 2W x 2H.
//   - Hex: a half-drop 1/2 whose cell has W : H = √3 : 2.
//   - AlongX, AlongY: a border, repeating along one axis.
//   - None: a placed print.
//
// N and D are the drop n/m of HalfDrop and Brick and are ignored elsewhere;
// 0/0 stands for 1/2.
type Repeat struct {
	Kind Kind
	N, D int
}

// Drop returns the drop in lowest terms: 1/2 for Hex and where none is set,
// 0/1 for layouts that have none.
func (r Repeat) Drop() (n, d int) {
	switch r.Kind {
	case Hex:
		return 1, 2
	case HalfDrop, Brick:
		if r.D == 0 {
			return 1, 2
		}
		g := gcd(r.N, r.D)
		return r.N / g, r.D / g
	default:
		return 0, 1
	}
}

// Validate reports a drop that is no fraction between 0 and 1.
func (r Repeat) Validate() error {
	if r.Kind > None {
		return fmt.Errorf("repeat: unknown layout %d; use one of %s", r.Kind, strings.Join(KindNames(), ", "))
	}
	if (r.Kind == HalfDrop || r.Kind == Brick) && (r.N != 0 || r.D != 0) {
		if r.N <= 0 || r.D <= 1 || r.N >= r.D || r.D > 64 {
			return fmt.Errorf("repeat: drop %d/%d of a %s is not a fraction between 0 and 1 with a denominator of at most 64; write it as 1/2 or 1/3", r.N, r.D, r.Kind)
		}
	}
	return nil
}

// String returns the layout with its drop, such as "half-drop 1/3".
func (r Repeat) String() string {
	if r.Kind == HalfDrop || r.Kind == Brick {
		n, d := r.Drop()
		return fmt.Sprintf("%s %d/%d", r.Kind, n, d)
	}
	return r.Kind.String()
}

// ParseRepeat reads a layout name and a drop such as "1/3"; an empty drop
// means 1/2 where the layout has one.
func ParseRepeat(kind, drop string) (Repeat, error) {
	var r Repeat
	found := false
	for i, n := range KindNames() {
		if n == kind {
			r.Kind, found = Kind(i), true
		}
	}
	if !found {
		return Repeat{}, fmt.Errorf("repeat: unknown layout %q; use one of %s", kind, strings.Join(KindNames(), ", "))
	}
	if drop != "" {
		if r.Kind != HalfDrop && r.Kind != Brick {
			return Repeat{}, fmt.Errorf("repeat: a %s repeat has no drop, but %q was given; leave it out or use half-drop or brick", kind, drop)
		}
		n, d, ok := strings.Cut(drop, "/")
		var err1, err2 error
		r.N, err1 = strconv.Atoi(n)
		r.D, err2 = strconv.Atoi(d)
		if !ok || err1 != nil || err2 != nil || r.D == 0 {
			return Repeat{}, fmt.Errorf("repeat: drop %q is not a fraction; write it as 1/2 or 1/3", drop)
		}
	}
	return r, r.Validate()
}

// Shift returns by how much the neighbour across the twisted axis is moved on
// a grid of w x h samples: dy for the cell to the right, dx for the cell
// below. exact is false when the shift is no whole number of samples.
func (r Repeat) Shift(w, h int) (dx, dy int, exact bool) {
	n, d := r.Drop()
	switch r.Kind {
	case HalfDrop, Hex:
		return 0, n * h / d, n*h%d == 0
	case Brick:
		return n * w / d, 0, n*w%d == 0
	default:
		return 0, 0, true
	}
}

// WrapsX and WrapsY say along which axes a sampler joins the edges of the
// cell. Mirror wraps neither: it is symmetrised instead.
func (r Repeat) WrapsX() bool { return r.Kind != None && r.Kind != AlongY && r.Kind != Mirror }

// WrapsY is WrapsX for the vertical axis.
func (r Repeat) WrapsY() bool { return r.Kind != None && r.Kind != AlongX && r.Kind != Mirror }

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	if a < 0 {
		return -a
	}
	return a
}

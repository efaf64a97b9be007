package golden

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// DepartureError says where a result leaves what was expected.
type DepartureError struct {
	Case   string
	Tensor string // the first one that departs, in the order of computation
	Others []string
	// Reason is set where no values could be compared: a missing tensor, another
	// shape.
	Reason string
	Index  []int // of the worst value
	Got    float64
	Want   float64
	Tol    float64 // allowed distance at that index
	Count  int     // values out of tolerance
	Of     int
}

// Error names the case, the tensor and the worst value.
func (d *DepartureError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s departs first at %s: ", d.Case, d.Tensor)
	if d.Reason != "" {
		b.WriteString(d.Reason)
	} else {
		fmt.Fprintf(&b, "%d of %d values out of tolerance, worst at %v: got %.8g, want %.8g, distance %.3g, allowed %.3g",
			d.Count, d.Of, d.Index, d.Got, d.Want, math.Abs(d.Got-d.Want), d.Tol)
	}
	if len(d.Others) > 0 {
		fmt.Fprintf(&b, "; then %s", strings.Join(d.Others, ", "))
	}
	return b.String()
}

// Scaled returns the case with its tolerances multiplied, for precisions that
// state their own.
func (c Case) Scaled(factor float64) Case {
	c.tolFactor = factor
	return c
}

// Compare judges got by the case's tolerance: |got-want| <= atol*u + rtol*|want|,
// u = 1 or, with atol_unit tensor_max, max(max|want| of the tensor, 0.01 of the
// largest |want| of the case's gradients). Integer tensors are exact, save
// those whose name begins with image_u8, where one step apart is right.
// The error is a *DepartureError that names the first departing tensor in order;
// names that order lacks come after it, taps before results.
func (c Case) Compare(want, got Tensors, order []string) error {
	rank := make(map[string]int, len(order))
	for i, n := range order {
		if _, ok := rank[n]; !ok {
			rank[n] = i
		}
	}
	names := make([]string, 0, len(want))
	for n := range want {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := names[i], names[j]
		ra, oka := rank[a]
		rb, okb := rank[b]
		if oka != okb {
			return oka
		}
		if oka && ra != rb {
			return ra < rb
		}
		ta, tb := strings.HasPrefix(a, "tap/"), strings.HasPrefix(b, "tap/")
		if ta != tb {
			return ta
		}
		return a < b
	})
	largest := 0.0
	for n, w := range want {
		if strings.HasPrefix(n, "grad/") {
			largest = max(largest, maxAbs(w))
		}
	}
	var first *DepartureError
	for _, n := range names {
		d := c.compareOne(n, want[n], got, largest)
		switch {
		case d == nil:
		case first == nil:
			first = d
		default:
			first.Others = append(first.Others, n)
		}
	}
	if first == nil {
		return nil
	}
	return first
}

func (c Case) compareOne(name string, w Tensor, got Tensors, largest float64) *DepartureError {
	d := &DepartureError{Case: c.Name, Tensor: name}
	g, ok := got[name]
	if !ok {
		d.Reason = "it was not computed"
		return d
	}
	if !slices.Equal(g.Shape, w.Shape) {
		d.Reason = fmt.Sprintf("its shape is %v, want %v", g.Shape, w.Shape)
		return d
	}
	if g.have() != w.have() || (g.F32 == nil) != (w.F32 == nil) || (g.I64 == nil) != (w.I64 == nil) {
		d.Reason = "its values are of another type or number than expected"
		return d
	}
	factor := c.tolFactor
	if factor == 0 {
		factor = 1
	}
	u := 1.0
	if c.ATolUnit == "tensor_max" {
		u = max(maxAbs(w), 0.01*largest)
	}
	worst := math.Inf(-1)
	d.Of = w.Len()
	for i := range d.Of {
		var gv, wv, tol float64
		switch {
		case w.F32 != nil:
			gv, wv = float64(g.F32[i]), float64(w.F32[i])
			tol = factor * (c.ATol*u + c.RTol*math.Abs(wv))
		case w.I64 != nil:
			gv, wv = float64(g.I64[i]), float64(w.I64[i])
		default:
			gv, wv = float64(g.U8[i]), float64(w.U8[i])
			if strings.HasPrefix(name, "image_u8") {
				tol = 1
			}
		}
		if math.Abs(gv-wv) <= tol {
			continue
		}
		d.Count++
		excess := math.Abs(gv-wv) - tol
		if math.IsNaN(excess) {
			excess = math.Inf(1)
		}
		if excess > worst {
			worst = excess
			d.Got, d.Want, d.Tol, d.Index = gv, wv, tol, unravel(i, w.Shape)
		}
	}
	if d.Count == 0 {
		return nil
	}
	return d
}

func maxAbs(x Tensor) float64 {
	m := 0.0
	for _, v := range x.F32 {
		m = max(m, math.Abs(float64(v)))
	}
	return m
}

func unravel(i int, shape []int) []int {
	at := make([]int, len(shape))
	for k := len(shape) - 1; k >= 0; k-- {
		at[k] = i % shape[k]
		i /= shape[k]
	}
	return at
}

package draw

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// check holds what is true of every drawing's screens: at each sample the
// positions and the ground sum to 255, and each position covers some samples.
func check(t interface{ Fatalf(string, ...any) }, sc *Scene, s *Screens, least int) {
	if len(s.Planes) != sc.Spec.Positions {
		t.Fatalf("%+v: %d planes for %d positions", sc.Spec, len(s.Planes), sc.Spec.Positions)
	}
	for i := range s.Ground {
		sum := int(s.Ground[i])
		for _, p := range s.Planes {
			sum += int(p[i])
		}
		if sum != 255 {
			t.Fatalf("%+v: sample %d sums to %d", sc.Spec, i, sum)
		}
	}
	for k, p := range s.Planes {
		n := 0
		for _, v := range p {
			if v > 100 {
				n++
			}
		}
		if n < least {
			t.Fatalf("%+v: position %d has only %d samples", sc.Spec, k, n)
		}
	}
}

// TestAFigureIsOneFormInAnyArrangement: drawings of other seeds have the form of
// their figure, and the second variety of one is the first of the next.
func TestAFigureIsOneFormInAnyArrangement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		family := rapid.SampledFrom([]string{"flowers", "daisies", "tulips", "birds", "cherries", "stars"}).Draw(t, "family")
		figure := rapid.Uint64Range(1, 1<<40).Draw(t, "figure")
		forms := func(figure uint64) [][]mark {
			// Line work has a width of its own in each drawing.
			s := Spec{Family: family, Layout: Tossed, Scale: Medium, Outline: Flat, Style: Clean, Secondary: NoSecondary, Positions: 3, Figure: figure}
			sc, err := s.Complete(rapid.Uint64().Draw(t, "seed")).Scene()
			if err != nil {
				t.Fatal(err)
			}
			return sc.shapes
		}
		paths := func(marks []mark) (all []point) {
			for _, m := range marks {
				all = append(all, m.p.pts...)
			}
			return all
		}
		one, other, next := forms(figure), forms(figure), forms(figure+1)
		if !slices.Equal(paths(one[0]), paths(other[0])) {
			t.Fatal("one figure has two forms")
		}
		if slices.Equal(paths(one[0]), paths(next[0])) {
			t.Fatal("two figures have one form")
		}
		if len(one) > 1 && !slices.Equal(paths(one[1]), paths(next[0])) {
			t.Fatal("the second variety is not the next figure")
		}
	})
}

func TestRandomDrawings(t *testing.T) {
	var r Renderer
	var s Screens
	for seed := range uint64(400) {
		sc, err := Random(seed).Scene()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Draw(sc, 256, 256, &s); err != nil {
			t.Fatal(err)
		}
		check(t, sc, &s, 6)
		empty := 0
		for _, g := range s.Ground {
			if g == 255 {
				empty++
			}
		}
		if empty > len(s.Ground)*99/100 {
			t.Errorf("%+v: the cloth is all but empty", sc.Spec)
		}
	}
}

func TestAnySpecDraws(t *testing.T) {
	pick := func(t *rapid.T, name string, of ...string) string {
		return rapid.SampledFrom(append([]string{""}, of...)).Draw(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		rep := rapid.SampledFrom(repeats).Draw(t, "repeat")
		spec := Spec{
			Family:    pick(t, "family", Families()...),
			Layout:    Layout(pick(t, "layout", "grid", "half-drop", "brick", "tossed", "stripe", "ogee", "all-over")),
			Scale:     Scale(pick(t, "scale", "small", "medium", "large")),
			Density:   Density(pick(t, "density", "sparse", "regular", "dense")),
			Direction: Direction(pick(t, "direction", "one-way", "two-way", "multi-directional")),
			Secondary: pick(t, "secondary", append(Secondaries(), NoSecondary)...),
			Outline:   Outline(pick(t, "outline", "flat", "outlined", "line")),
			Style:     Style(pick(t, "style", "clean", "block-print", "ikat")),
			Positions: rapid.IntRange(0, MaxPositions).Draw(t, "positions"),
			Repeat:    rep.r,
			AspectW:   rapid.IntRange(0, 3).Draw(t, "aspect w"),
			AspectH:   rapid.IntRange(0, 3).Draw(t, "aspect h"),
			Seed:      rapid.Uint64().Draw(t, "seed"),
		}
		sc, err := spec.Scene()
		if err != nil {
			t.Fatalf("%+v: %v", spec, err)
		}
		if spec.Positions > 0 && sc.Spec.Positions > spec.Positions {
			t.Fatalf("%+v: drew %d positions", spec, sc.Spec.Positions)
		}
		s, err := sc.Screens(rep.w, rep.h)
		if err != nil {
			t.Fatalf("%+v: %v", spec, err)
		}
		check(t, sc, s, 0)
		if again := sc.Spec.Complete(sc.Spec.Seed); again != sc.Spec {
			t.Fatalf("completing %+v again gives %+v", sc.Spec, again)
		}
	})
}

func TestBadSpecs(t *testing.T) {
	for _, s := range []Spec{
		{Family: "zebras"}, {Layout: "spiral"}, {Scale: "vast"}, {Density: "thick"}, {Direction: "west"},
		{Secondary: "zebras"}, {Outline: "glow"}, {Style: "oil"}, {Positions: 8}, {Positions: -1},
		{Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 3, D: 2}},
	} {
		if sc, err := s.Scene(); err == nil {
			t.Errorf("%+v drew %+v", s, sc.Spec)
		}
	}
	sc, err := Spec{Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}}.Scene()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{128, 128}, {0, 12}, {12, -3}, {70000, 12}} {
		if _, err := sc.Screens(size[0], size[1]); err == nil {
			t.Errorf("%d x %d pixels were drawn", size[0], size[1])
		}
	}
}

// TestBands wants the same bytes however few rows are held at once.
func TestBands(t *testing.T) {
	for seed := range uint64(24) {
		sc, err := Random(seed).Scene()
		if err != nil {
			t.Fatal(err)
		}
		want, err := sc.Screens(120, 120)
		if err != nil {
			t.Fatal(err)
		}
		r := Renderer{rows: 11, ras: rasteriser{limit: 300}}
		var got Screens
		if err := r.Draw(sc, 120, 120, &got); err != nil {
			t.Fatal(err)
		}
		for k := range want.Planes {
			if !bytes.Equal(got.Planes[k], want.Planes[k]) {
				t.Fatalf("%+v: position %d differs when drawn in bands", sc.Spec, k)
			}
		}
	}
}

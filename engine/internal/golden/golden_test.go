package golden

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// TestGolden holds the one rule that no other package can: every kind of the
// manifest is known, and runs somewhere. Kinds for a trainer are listed.
func TestGolden(t *testing.T) {
	s := Find(t)
	count := map[Owner]int{}
	var notRun []string
	for _, c := range s.Cases {
		o, ok := OwnerOf(c.Kind)
		if !ok {
			t.Errorf("case %s is of the kind %q, which nothing runs", c.Name, c.Kind)
			continue
		}
		count[o]++
		if o == NotRun {
			notRun = append(notRun, c.Name)
		}
	}
	for _, o := range []Owner{Graph, Prompt, Diffusion} {
		t.Logf("%d cases run in %s", count[o], o)
	}
	t.Logf("%d cases not run, they are for a trainer: %s", count[NotRun], strings.Join(notRun, ", "))
	if len(s.Cases) == 0 {
		t.Error("the manifest has no cases")
	}
}

func TestCompareNamesTheFirstDepartingTap(t *testing.T) {
	c := Case{Name: "c", RTol: 1e-4, ATol: 1e-5, ATolUnit: "absolute"}
	want := Tensors{
		"tap/a":  Floats([]float32{1, 2}, 2),
		"tap/b":  Floats([]float32{1, 2}, 2),
		"sample": Floats([]float32{3, 4}, 1, 2),
	}
	if err := c.Compare(want, want, nil); err != nil {
		t.Fatal(err)
	}
	got := Tensors{
		"tap/a":  Floats([]float32{1, 2.1}, 2),
		"tap/b":  Floats([]float32{1, 2.5}, 2),
		"sample": Floats([]float32{3, 9}, 1, 2),
	}
	for _, try := range []struct {
		order []string
		first string
	}{
		{nil, "tap/a"},
		{[]string{"tap/b", "tap/a", "sample"}, "tap/b"},
		{[]string{"sample"}, "sample"},
	} {
		var d *DepartureError
		if err := c.Compare(want, got, try.order); !errors.As(err, &d) || d.Tensor != try.first || len(d.Others) != 2 {
			t.Errorf("order %v: got %v, want a departure at %s and two others", try.order, err, try.first)
		}
	}
	var d *DepartureError
	if err := c.Compare(want, got, []string{"sample"}); !errors.As(err, &d) || d.Count != 1 || d.Index[1] != 1 || d.Got != 9 {
		t.Errorf("got %+v", d)
	}
}

func TestCompareRefuses(t *testing.T) {
	c := Case{Name: "c", RTol: 1e-4, ATol: 1e-5, ATolUnit: "absolute"}
	nan := float32(math.NaN())
	for _, try := range []struct {
		name      string
		want, got Tensors
		ok        bool
	}{
		{"missing", Tensors{"x": Floats([]float32{1}, 1)}, Tensors{}, false},
		{"NaN", Tensors{"x": Floats([]float32{1}, 1)}, Tensors{"x": Floats([]float32{nan}, 1)}, false},
		{"shape", Tensors{"x": Floats([]float32{1, 2}, 2)}, Tensors{"x": Floats([]float32{1, 2}, 1, 2)}, false},
		{"type", Tensors{"x": Floats([]float32{1}, 1)}, Tensors{"x": Ints([]int64{1}, 1)}, false},
		{"too few values", Tensors{"x": Floats([]float32{1, 2}, 2)}, Tensors{"x": Floats([]float32{1}, 2)}, false},
		{"integers one apart", Tensors{"x": Ints([]int64{1}, 1)}, Tensors{"x": Ints([]int64{2}, 1)}, false},
		{"bytes one apart", Tensors{"x": Bytes([]uint8{1}, 1)}, Tensors{"x": Bytes([]uint8{2}, 1)}, false},
		{"picture one apart", Tensors{"image_u8": Bytes([]uint8{1}, 1)}, Tensors{"image_u8": Bytes([]uint8{2}, 1)}, true},
		{"picture two apart", Tensors{"image_u8": Bytes([]uint8{1}, 1)}, Tensors{"image_u8": Bytes([]uint8{3}, 1)}, false},
		{"within", Tensors{"x": Floats([]float32{1}, 1)}, Tensors{"x": Floats([]float32{1.0001}, 1)}, true},
		{"without", Tensors{"x": Floats([]float32{1}, 1)}, Tensors{"x": Floats([]float32{1.0002}, 1)}, false},
	} {
		if err := c.Compare(try.want, try.got, nil); (err == nil) != try.ok {
			t.Errorf("%s: %v", try.name, err)
		}
	}
	if err := c.Scaled(3).Compare(Tensors{"x": Floats([]float32{1}, 1)}, Tensors{"x": Floats([]float32{1.0002}, 1)}, nil); err != nil {
		t.Errorf("three times the tolerance: %v", err)
	}
	c.ATolUnit = "tensor_max"
	want := Tensors{"grad/a": Floats([]float32{1000}, 1), "grad/b": Floats([]float32{0}, 1)}
	got := Tensors{"grad/a": Floats([]float32{1000}, 1), "grad/b": Floats([]float32{9e-5}, 1)}
	if err := c.Compare(want, got, nil); err != nil {
		t.Errorf("a hundredth of the largest gradient is the least unit: %v", err)
	}
	got["grad/b"] = Floats([]float32{2e-4}, 1)
	if err := c.Compare(want, got, nil); err == nil {
		t.Error("twice the tolerance passes")
	}
}

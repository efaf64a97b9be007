package viewmodel_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

func TestLengthsGoThroughAField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inches := rapid.Bool().Draw(t, "inches")
		mm := rapid.Float64Range(1, 5000).Draw(t, "mm")
		back, err := viewmodel.ParseLength(viewmodel.LengthFigure(mm, inches), inches)
		if err != nil || math.Abs(back-mm) > 0.0005*25.4 {
			t.Fatalf("%g mm comes back as %g, %v", mm, back, err)
		}
	})
	for text, want := range map[string]float64{"24": 240, "24 cm": 240, "10in": 254, " 640mm ": 640} {
		if got, err := viewmodel.ParseLength(text, false); err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%q is %g mm, %v; want %g", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-3", "wide", "0", "1,5", "1e9"} {
		if got, err := viewmodel.ParseLength(text, false); err == nil {
			t.Errorf("%q is taken for %g mm", text, got)
		}
	}
}

func TestTimeLeftIsNoFinerThanItIsGood(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", -time.Second: "", 300 * time.Millisecond: "1 s left", 41 * time.Second: "41 s left",
		100 * time.Second: "2 min left", 2 * time.Hour: "2.0 h left",
	} {
		if got := viewmodel.TimeLeft(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestTitlesAndFileNames(t *testing.T) {
	half := pattern.Repeat{Kind: pattern.HalfDrop}
	long := "an endless meadow of very small white daisies between tall blades of grass"
	for prompt, want := range map[string][2]string{
		"Tossed  leaves,\ndense": {"Tossed leaves, dense · half-drop 1/2", "tossed-leaves-dense-half-drop"},
		"":                       {"No prompt · half-drop 1/2", "pattern-half-drop"},
		"../../etc/passwd":       {"../../etc/passwd · half-drop 1/2", "etc-passwd-half-drop"},
		long:                     {"an endless meadow of very small white daisies… · half-drop 1/2", "an-endless-meadow-of-very-small-white-daisies-half-drop"},
	} {
		r := viewmodel.Request{Prompt: prompt, Repeat: half}
		if got := viewmodel.Title(r); got != want[0] {
			t.Errorf("title %q, want %q", got, want[0])
		}
		if got := viewmodel.FileName(viewmodel.Result{Request: r, Repeat: half}); got != want[1] {
			t.Errorf("file name %q, want %q", got, want[1])
		}
	}
}

func TestAFormIsKept(t *testing.T) {
	f := viewmodel.DefaultForm()
	f.Prompt, f.Seed, f.SeedFixed, f.Count = "stars", 1<<60, true, 4
	f.Repeat = pattern.Repeat{Kind: pattern.Brick, N: 1, D: 3}
	text, err := f.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back viewmodel.Form
	if err := back.UnmarshalText(text); err != nil || !reflect.DeepEqual(f, back) {
		t.Errorf("%+v comes back as %+v, %v", f, back, err)
	}
	for _, bad := range []string{"", "{", `{"Repeat":{"Kind":200}}`, `{"Repeat":{"Kind":1,"N":9,"D":2}}`} {
		if err := back.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a form", bad)
		}
	}
	if err := back.UnmarshalText([]byte(`{"Count":900,"Steps":-4,"Export":{"Depth":7}}`)); err != nil || back.Count != 8 || back.Steps != 0 || back.Export.Depth != 8 {
		t.Errorf("figures outside what is allowed come back as %+v, %v", back, err)
	}
}

func FuzzForm(f *testing.F) {
	text, err := viewmodel.DefaultForm().MarshalText()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var form viewmodel.Form
		if form.UnmarshalText(text) == nil {
			if err := form.Repeat.Validate(); err != nil {
				t.Errorf("a form was taken whose repeat is wrong: %v", err)
			}
		}
	})
}

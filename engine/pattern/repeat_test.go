package pattern

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRepeatTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRepeat(t)
		kind, drop, _ := strings.Cut(r.String(), " ")
		back, err := ParseRepeat(kind, drop)
		if err != nil {
			t.Fatal(err)
		}
		n, d := r.Drop()
		if bn, bd := back.Drop(); back.Kind != r.Kind || bn != n || bd != d {
			t.Fatalf("%v became %v", r, back)
		}
	})
}

func TestBadRepeats(t *testing.T) {
	for _, c := range [][2]string{
		{"blok", ""}, {"", ""}, {"block", "1/2"}, {"half-drop", "2/1"}, {"half-drop", "0/3"}, {"half-drop", "1/0"}, {"half-drop", "-1/2"},
		{"brick", "half"}, {"brick", "1/65"}, {"brick", "1"}, {"hex", "1/2"},
	} {
		if r, err := ParseRepeat(c[0], c[1]); err == nil {
			t.Errorf("%q %q is %v", c[0], c[1], r)
		}
	}
	if len(KindNames()) != int(None)+1 {
		t.Errorf("%v", KindNames())
	}
	if err := (Repeat{Kind: None + 1}).Validate(); err == nil {
		t.Error("a layout that is none passed")
	}
}

func FuzzParseRepeat(f *testing.F) {
	f.Add("half-drop", "1/3")
	f.Add("brick", "9999999999999999999/2")
	f.Fuzz(func(t *testing.T, kind, drop string) {
		r, err := ParseRepeat(kind, drop)
		if err != nil {
			return
		}
		if n, d := r.Drop(); n < 0 || d < 1 || n >= d && d > 1 {
			t.Fatalf("%q %q has a drop of %d/%d", kind, drop, n, d)
		}
		if w, h := r.RectangleSize(10, 10); w < 10 || h < 10 {
			t.Fatalf("%v: rectangle %d x %d", r, w, h)
		}
	})
}

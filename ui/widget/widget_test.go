package widget

import (
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	base "fyne.io/fyne/v2/theme"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ui/theme"
)

func dark(t *testing.T) fyne.App {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(theme.Dark))
	return app
}

func TestHSLComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := color.NRGBA{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b"), 255}
		h, s, l := HSL(c)
		if h < 0 || h >= 360 || s < 0 || s > 1 || l < 0 || l > 1 {
			t.Fatalf("%v is %g°, %g, %g", c, h, s, l)
		}
		if got := FromHSL(h, s, l); got != c {
			t.Fatalf("%v comes back as %v", c, got)
		}
		if got, err := ParseHex(Hex(c)); err != nil || got != c {
			t.Fatalf("%s comes back as %v, %v", Hex(c), got, err)
		}
	})
	for text, want := range map[string]color.NRGBA{"#fff": {255, 255, 255, 255}, "C94F4B": {0xc9, 0x4f, 0x4b, 255}} {
		if got, err := ParseHex(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

func FuzzParseHex(f *testing.F) {
	f.Add("#c94f4b")
	f.Add("ééé")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseHex(text); err == nil && !strings.Contains(strings.ToLower(text), strings.ToLower(Hex(c)[1:])) && len(strings.TrimPrefix(strings.TrimSpace(text), "#")) != 3 {
			t.Errorf("%q is %v", text, c)
		}
	})
}

// letters is as wide as it has letters.
func letters(s string) float32 { return float32(len([]rune(s))) }

func TestWrappingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zé]{0,12}( [a-zé]{1,30}|\n[a-z]{1,5}){0,8}`).Draw(t, "text")
		width := float32(rapid.IntRange(1, 40).Draw(t, "width"))
		lines := wrapped(text, width, letters)
		strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := strip(strings.Join(lines, "")); got != strip(text) {
			t.Fatalf("%q becomes %q", text, lines)
		}
		for _, l := range lines {
			if letters(l) > width && letters(l) > 1 {
				t.Fatalf("%q is wider than %g", l, width)
			}
		}
	})
}

func TestANoteTakesTheHeightThatItsTextNeeds(t *testing.T) {
	dark(t)
	n := NewNote(theme.Quiet, 120)
	if n.Visible() {
		t.Error("a note without text is shown")
	}
	n.Set("one")
	one := n.MinSize()
	n.Set("one two three four five six seven eight nine ten eleven twelve")
	many := n.MinSize()
	if one.Width != 120 || many.Width != 120 || many.Height < 2*one.Height {
		t.Errorf("%v with one word, %v with twelve", one, many)
	}
	free := NewNote(theme.Quiet, 0)
	free.Set(n.Text())
	wide := test.NewTempWindow(t, free)
	wide.Resize(fyne.NewSize(900, 100))
	broad := free.MinSize().Height
	wide.Resize(fyne.NewSize(90, 100))
	if free.MinSize().Height <= broad {
		t.Errorf("a note of %v is as high as a broad one", free.Size())
	}
	n.Set("")
	if n.Visible() {
		t.Error("a note whose text went is still shown")
	}
}

func TestALineIsCutWhereItDoesNotFit(t *testing.T) {
	dark(t)
	l := NewLine("a long line that will not fit", base.ColorNameForeground)
	l.Elide = true
	w := test.NewTempWindow(t, container.NewWithoutLayout(l))
	shown := func() string { return test.TempWidgetRenderer(t, l).Objects()[0].(*canvas.Text).Text }
	w.Resize(fyne.NewSize(400, 50))
	l.Resize(fyne.NewSize(60, 20))
	if got := shown(); !strings.HasSuffix(got, "…") || len([]rune(got)) > 12 {
		t.Errorf("cut to %q", got)
	}
	l.Resize(fyne.NewSize(l.Natural()+1, 20))
	if got := shown(); got != l.Text() {
		t.Errorf("with room enough it shows %q", got)
	}
	l.Resize(fyne.NewSize(1, 20))
	if got := shown(); got != "…" {
		t.Errorf("without any room it shows %q", got)
	}
}

func TestASectionFoldsAway(t *testing.T) {
	dark(t)
	inner := NewLine("inside", theme.Quiet)
	s := NewSection(nil, "Sampling", inner)
	w := test.NewTempWindow(t, container.NewVBox(s))
	w.Resize(fyne.NewSize(200, 200))
	open := s.MinSize().Height
	var told []bool
	s.Toggled = func(open bool) { told = append(told, open) }
	head := test.TempWidgetRenderer(t, s).Objects()[0].(fyne.Tappable)
	head.Tapped(nil)
	if s.Open() || s.MinSize().Height >= open {
		t.Errorf("folded away it is %g high, open %g", s.MinSize().Height, open)
	}
	head.Tapped(nil)
	if !s.Open() || s.MinSize().Height != open || len(told) != 2 || told[0] || !told[1] {
		t.Errorf("opened again it is %g high; told %v", s.MinSize().Height, told)
	}
}

func TestFrameLeavesNoGapAndNoRoomForWhatIsHidden(t *testing.T) {
	dark(t)
	box := func(w, h float32) *canvas.Rectangle {
		r := canvas.NewRectangle(color.Black)
		r.SetMinSize(fyne.NewSize(w, h))
		return r
	}
	top, left, middle := box(10, 20), box(30, 10), box(50, 40)
	f := Frame(top, nil, left, nil, middle)
	if got := f.MinSize(); got != fyne.NewSize(80, 60) {
		t.Errorf("the least size is %v", got)
	}
	f.Resize(fyne.NewSize(200, 100))
	if middle.Position() != fyne.NewPos(30, 20) || middle.Size() != fyne.NewSize(170, 80) {
		t.Errorf("the middle lies at %v, %v", middle.Position(), middle.Size())
	}
	top.Hide()
	f.Refresh()
	if middle.Position() != fyne.NewPos(30, 0) || middle.Size().Height != 100 {
		t.Errorf("under a hidden top it lies at %v, %v", middle.Position(), middle.Size())
	}
}

func TestTipsWaitAndGoWithThePointer(t *testing.T) {
	dark(t)
	type call struct {
		after time.Duration
		run   func()
	}
	var calls []call
	tips := NewTips(func(d time.Duration, f func()) func() {
		calls = append(calls, call{d, f})
		i := len(calls) - 1
		return func() { calls[i].run = func() {} }
	})
	desk := &Desk{Tips: tips}
	a := NewButton(desk, "A", nil, "does A", func() {})
	b := NewButton(desk, "B", nil, "does B", func() {})
	w := test.NewTempWindow(t, container.NewStack(container.NewVBox(a, b), tips.Layer()))
	w.Resize(fyne.NewSize(300, 200))
	a.MouseIn(&desktop.MouseEvent{})
	b.MouseIn(&desktop.MouseEvent{})
	calls[0].run()
	if tips.Shown() != "" {
		t.Error("a tip of what the pointer has left")
	}
	if calls[1].after != TipDelay {
		t.Errorf("a tip comes after %v", calls[1].after)
	}
	calls[1].run()
	if tips.Shown() != "does B" {
		t.Errorf("the tip is %q", tips.Shown())
	}
	b.Tapped(&fyne.PointEvent{})
	if tips.Shown() != "" {
		t.Error("the tip stays when the button is pressed")
	}
	a.MouseOut()
}

func TestAFieldThatIsEditedIsLeftAlone(t *testing.T) {
	dark(t)
	var left, changed []string
	e := NewFigures(nil, "", func(s string) { left = append(left, s) })
	e.OnChanged = func(s string) { changed = append(changed, s) }
	w := test.NewTempWindow(t, e)
	e.Display("24")
	w.Canvas().Focus(e)
	e.Display("30")
	if e.Text != "24" {
		t.Errorf("what is typed into became %q", e.Text)
	}
	e.Force("31")
	if e.Text != "31" || len(changed) != 0 {
		t.Errorf("%q; told of %q", e.Text, changed)
	}
	w.Canvas().Unfocus()
	if len(left) != 1 || left[0] != "31" {
		t.Errorf("left with %q", left)
	}
	e.Display("30")
	if e.Text != "30" || len(changed) != 0 {
		t.Errorf("%q; told of %q", e.Text, changed)
	}
}

func TestShowingAChoiceTellsNobody(t *testing.T) {
	dark(t)
	var chosen []int
	s := NewSelect(nil, "", []string{"a", "b"}, func(i int) { chosen = append(chosen, i) })
	s.Display([]string{"a", "b", "c"}, 2)
	if s.Selected != "c" || len(chosen) != 0 {
		t.Errorf("%q is chosen; told of %v", s.Selected, chosen)
	}
	s.SetSelectedIndex(1)
	if len(chosen) != 1 || chosen[0] != 1 {
		t.Errorf("told of %v", chosen)
	}
	s.Display([]string{"x"}, -1)
	if s.Selected != "" || len(chosen) != 1 {
		t.Errorf("%q is chosen; told of %v", s.Selected, chosen)
	}
}

func TestACardIsTapped(t *testing.T) {
	dark(t)
	n := 0
	c := NewCard(nil, "look", func() { n++ })
	test.NewTempWindow(t, c)
	c.Set(image.NewNRGBA(image.Rect(0, 0, 8, 8)), "A", "42", true)
	test.Tap(c)
	if n != 1 || c.Title() != "A" {
		t.Errorf("tapped %d times, titled %q", n, c.Title())
	}
}

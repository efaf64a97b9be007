package shell

import (
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ui/uitest"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// instant is a clock on which no time passes, and for which nobody waits.
type instant struct{}

func (instant) Now() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func (instant) After(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

// bench is the whole window on the software painter. What is posted to the
// drawing thread runs in the test's own goroutine, while it waits.
type bench struct {
	t      *testing.T
	app    fyne.App
	d      *uitest.Draughtsman
	st     *viewmodel.Studio
	sh     *Shell
	posted chan func()
	rest   []func() // calls that wait for time to pass
}

func open(t *testing.T) *bench {
	t.Helper()
	return openIn(t, test.NewTempApp(t))
}

func openIn(t *testing.T, app fyne.App) *bench {
	t.Helper()
	b := &bench{t: t, app: app, d: uitest.New(), posted: make(chan func(), 64)}
	f := SavedForm(app.Preferences())
	if app.Preferences().String(prefForm) == "" {
		f.Size = viewmodel.Size{Width: 64, Height: 64, DPI: 72}
		f.Steps = 2
	}
	seed := uint64(0)
	b.st = viewmodel.New(b.d.Services(), instant{}, viewmodel.WithForm(f), viewmodel.WithSeeds(func() uint64 { seed++; return seed }))
	var err error
	b.sh, err = New(app, b.st, Options{
		Clock: instant{},
		Post:  func(f func()) { b.posted <- f },
		After: func(_ time.Duration, f func()) func() {
			i := len(b.rest)
			b.rest = append(b.rest, f)
			return func() { b.rest[i] = func() {} }
		},
		Pitch: func(fyne.Window) float64 { return 0.25 },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.sh.win.Resize(fyne.NewSize(1200, 900))
	b.sh.win.Show()
	closed := false
	t.Cleanup(func() {
		if !closed {
			b.sh.stop()
			b.sh.dispatcher.Close()
		}
		b.st.Close()
	})
	b.until("the example is on the screen", func() bool { return b.sh.state.Ground != nil && len(b.sh.state.Models) > 0 })
	return b
}

// until draws what comes until something holds.
func (b *bench) until(what string, holds func() bool) {
	b.t.Helper()
	give := time.After(30 * time.Second)
	for !holds() {
		select {
		case f := <-b.posted:
			f()
		case <-give:
			b.t.Fatalf("never: %s; the state is %+v", what, b.st.State())
		}
	}
}

// settle draws until the screen shows the newest state and nothing runs.
func (b *bench) settle() {
	b.t.Helper()
	b.until("the screen is up to date", func() bool {
		st := b.st.State()
		return b.sh.state.Version == st.Version && len(st.Tasks) == 0
	})
}

// all walks what is in the window.
func (b *bench) all(visit func(fyne.CanvasObject)) { walk(b.sh.win.Content(), visit) }

func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	visit(o)
	switch c := o.(type) {
	case *fyne.Container:
		for _, k := range c.Objects {
			walk(k, visit)
		}
	case *container.Scroll:
		walk(c.Content, visit)
	case fyne.Widget:
		for _, k := range test.WidgetRenderer(c).Objects() {
			walk(k, visit)
		}
	}
}

// button finds a visible button by its text.
func (b *bench) button(text string) *widget.Button {
	b.t.Helper()
	var found *widget.Button
	b.all(func(o fyne.CanvasObject) {
		if k, ok := o.(*widget.Button); ok && k.Text == text && k.Visible() {
			found = k
		}
	})
	if found == nil {
		b.t.Fatalf("there is no button %q", text)
	}
	return found
}

// entry finds a field by its placeholder.
func (b *bench) entry(placeholder string) *widget.Entry {
	b.t.Helper()
	var found *widget.Entry
	b.all(func(o fyne.CanvasObject) {
		if k, ok := o.(*widget.Entry); ok && k.PlaceHolder == placeholder {
			found = k
		}
	})
	if found == nil {
		b.t.Fatalf("there is no field %q", placeholder)
	}
	return found
}

// says tells whether the window shows a text.
func (b *bench) says(text string) bool {
	found := false
	b.all(func(o fyne.CanvasObject) {
		if k, ok := o.(interface{ Text() string }); ok && o.Visible() && strings.Contains(k.Text(), text) {
			found = true
		}
	})
	return found
}

func (b *bench) generate() {
	b.t.Helper()
	n := len(b.st.State().Candidates)
	test.Tap(b.button("Generate"))
	b.until("a candidate is on the strip", func() bool { return len(b.sh.state.Candidates) == n+1 })
	b.settle()
}

func TestTheStudioOpens(t *testing.T) {
	b := open(t)
	for _, text := range []string{"Selvage", "Studio", "flowers · half-drop 1/2", "Prompt", "Drawn by rule", "first look", "256 × 256", "72 DPI", "seam proved"} {
		if !b.says(text) && !b.shows(text) {
			t.Errorf("the window does not say %q", text)
		}
	}
	if got := b.sh.win.Title(); got != "flowers · half-drop 1/2 - Selvage" {
		t.Errorf("the window is called %q", got)
	}
	m := b.sh.win.Canvas().Capture()
	counts := map[color.Color]int{}
	for y := 0; y < m.Bounds().Dy(); y += 3 {
		for x := 0; x < m.Bounds().Dx(); x += 3 {
			counts[m.At(x, y)]++
		}
	}
	if len(counts) < 50 {
		t.Errorf("the window has %d colours: nothing is painted", len(counts))
	}
}

// shows looks for a text in what has no Text method: choices and titles.
func (b *bench) shows(text string) bool {
	found := false
	b.all(func(o fyne.CanvasObject) {
		switch k := o.(type) {
		case *widget.Select:
			found = found || k.Selected == text
		case *widget.Section:
			found = found || k.Title() == text
		}
	})
	return found
}

// Whoever rests the pointer on something learns what it does, and its key.
func TestEverythingHasATip(t *testing.T) {
	b := open(t)
	tips := map[string]bool{}
	n := 0
	b.all(func(o fyne.CanvasObject) {
		var tip, kind string
		switch k := o.(type) {
		case *widget.Button:
			tip, kind = k.Tip, "button "+k.Text
		case *widget.Entry:
			tip, kind = k.Tip, "field "+k.PlaceHolder+k.Text
		case *widget.Select:
			tip, kind = k.Tip, "choice "+k.Selected
		case *widget.Check:
			tip, kind = k.Tip, "box "+k.Text
		case *widget.Slider:
			tip, kind = k.Tip, "slider"
		default:
			return
		}
		n++
		tips[tip] = true
		if tip == "" {
			t.Errorf("%s has no tip", kind)
		}
	})
	if n < 25 {
		t.Errorf("only %d controls were found", n)
	}
	for _, want := range []string{"Generate   Ctrl+Enter", "Export   Ctrl+E", "Find a command   Ctrl+K", "Cancel what runs   Esc", "Undo   Ctrl+Z", "Fit the repeat   0"} {
		if !tips[want] {
			t.Errorf("no control has the tip %q", want)
		}
	}
	g := b.button("Generate")
	g.MouseIn(&desktop.MouseEvent{})
	if b.sh.desk.Tips.Shown() != "" {
		t.Error("a tip appears at once")
	}
	b.rest[len(b.rest)-1]()
	if got := b.sh.desk.Tips.Shown(); got != "Generate   Ctrl+Enter" {
		t.Errorf("the tip says %q", got)
	}
	g.MouseOut()
	if b.sh.desk.Tips.Shown() != "" {
		t.Error("the tip stays after the pointer has left")
	}
}

func TestGenerateAndCancelFromInsideThePrompt(t *testing.T) {
	b := open(t)
	b.d.Hold()
	p := b.entry("What shall the pattern show?")
	c := b.sh.win.Canvas()
	c.Focus(p)
	p.TypedShortcut(&fyne.ShortcutSelectAll{})
	test.Type(p, "stars ⭐ 100 kB")
	if got := b.st.State().Form.Prompt; got != "stars ⭐ 100 kB" {
		t.Fatalf("the prompt is %q", got)
	}
	p.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault})
	b.d.Step()
	b.until("one step is shown", func() bool { return b.says("1 of 2") && b.says("Sampling") })
	if !strings.HasPrefix(b.sh.win.Title(), "33 % stars") {
		t.Errorf("the window is called %q", b.sh.win.Title())
	}
	if b.button("Cancel").Disabled() || b.button("Queue").Disabled() {
		t.Error("what runs cannot be cancelled, or nothing queued behind it")
	}
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	b.settle()
	if c.Focused() != fyne.Focusable(p) {
		t.Error("cancelling took the cursor out of the prompt")
	}
	if len(b.st.State().Candidates) != 0 || !b.button("Cancel").Disabled() {
		t.Error("a cancelled task left something behind")
	}
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if c.Focused() != nil {
		t.Error("Escape does not leave the prompt when nothing runs")
	}
}

func TestACandidateIsLookedAtComparedAndAccepted(t *testing.T) {
	b := open(t)
	b.generate()
	example := b.sh.state.Canvas.ID
	press := func(k fyne.KeyName) { b.sh.key(k) }
	press(fyne.KeyRight)
	b.until("it is laid out", func() bool { return b.sh.state.Viewing != 0 && b.sh.state.Over != nil })
	if !b.says("candidate A") {
		t.Error("the line at the bottom does not say that it is a candidate")
	}
	b.sh.rune('c')
	b.until("both are compared", func() bool { return b.sh.state.Comparing })
	press(fyne.KeyEscape)
	b.until("the canvas is back", func() bool { return b.sh.state.Viewing == 0 })
	if b.sh.state.Canvas.ID != example {
		t.Fatal("looking changed the canvas")
	}
	press(fyne.KeyRight)
	b.settle()
	test.Tap(b.button("Accept"))
	b.settle()
	if b.sh.state.Canvas.ID == example || len(b.sh.state.Candidates) != 0 {
		t.Fatal("the candidate is not on the canvas")
	}
	b.sh.commands.Run("undo")
	b.settle()
	if b.sh.state.Canvas.ID != example || len(b.sh.state.Candidates) != 1 {
		t.Fatal("Ctrl+Z did not take it back")
	}
}

func TestFailuresAreToldInABarAndNothingIsBlocked(t *testing.T) {
	b := open(t)
	b.d.Fail(errors.New("weights: unet.safetensors is cut off at byte 4096; fetch it again"))
	test.Tap(b.button("Generate"))
	b.until("the bar says it", func() bool {
		return b.says("The pattern was not generated: weights: unet.safetensors is cut off at byte 4096; fetch it again.")
	})
	if b.sh.win.Canvas().Overlays().Top() != nil {
		t.Error("a dialog is open")
	}
	b.d.Fail(nil)
	b.generate()
	var cross *widget.Button
	b.all(func(o fyne.CanvasObject) {
		if k, ok := o.(*widget.Button); ok && k.Tip == "Dismiss" {
			cross = k
		}
	})
	test.Tap(cross)
	b.settle()
	if b.says("not generated") {
		t.Error("a dismissed notice stays")
	}
}

func TestTheCommandPalette(t *testing.T) {
	b := open(t)
	b.sh.commands.Run("palette")
	if !b.sh.palette.shown() || len(b.sh.palette.found) < 8 {
		t.Fatalf("the palette offers %d commands", len(b.sh.palette.found))
	}
	test.Type(b.sh.palette.query, "edge")
	if got := b.sh.palette.found; len(got) == 0 || got[0].ID != "edge" {
		t.Fatalf("it finds %+v", got)
	}
	b.sh.palette.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if b.sh.palette.shown() || b.sh.screen.View().Edge() {
		t.Error("Enter did not run the command, or left the palette open")
	}
	b.sh.commands.Run("palette")
	b.sh.palette.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if b.sh.palette.at != 1 {
		t.Error("Down does not choose the next")
	}
	b.sh.palette.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	b.sh.palette.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if b.sh.palette.at != len(b.sh.palette.found)-1 {
		t.Error("Up from the first does not come to the last")
	}
	test.Type(b.sh.palette.query, "zzzz")
	b.sh.palette.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.sh.palette.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.sh.palette.shown() {
		t.Error("Escape does not close it")
	}
}

func TestAChipChangesThePictureAtOnce(t *testing.T) {
	b := open(t)
	b.generate()
	b.sh.key(fyne.KeyRight)
	b.settle()
	var swatches []*widget.Swatch
	b.all(func(o fyne.CanvasObject) {
		if k, ok := o.(*widget.Swatch); ok {
			swatches = append(swatches, k)
		}
	})
	if want := len(b.sh.state.Candidates[0].Result.Palette); len(swatches) != want {
		t.Fatalf("%d chips for %d positions", len(swatches), want)
	}
	test.Tap(swatches[0])
	var hex *widget.Entry
	b.all(func(o fyne.CanvasObject) {
		if k, ok := o.(*widget.Entry); ok && k.Text == widget.Hex(swatches[0].Chip()) {
			hex = k
		}
	})
	if hex == nil {
		t.Fatal("no field holds the chip")
	}
	hex.SetText("#3355cc")
	hex.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	want := color.NRGBA{0x33, 0x55, 0xcc, 255}
	b.until("the picture has it", func() bool { return b.sh.state.Candidates[0].Result.Palette[0].Chip == want })
	b.settle()
	if swatches[0].Chip() != want || b.d.Runs() != 1 {
		t.Error("the chip does not show it, or the model ran")
	}
	hex.SetText("sea green")
	hex.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.settle()
	if !b.says("is not of the form #rrggbb") || hex.Text != "#3355cc" {
		t.Errorf("a wrong chip is not refused: the field has %q", hex.Text)
	}
}

func TestSizesThatTheLatticeForbidsAreOffered(t *testing.T) {
	b := open(t)
	b.st.Edit(func(f *viewmodel.Form) { f.Size.Width = 100 })
	b.settle()
	var offer *widget.Button
	b.all(func(o fyne.CanvasObject) {
		if k, ok := o.(*widget.Button); ok && k.Tip == "Use this size and repeat" && offer == nil {
			offer = k
		}
	})
	if offer == nil {
		t.Fatal("nothing is offered")
	}
	test.Tap(offer)
	b.settle()
	if st := b.st.State(); st.Plan.Problem != "" || st.Form.Size.Width%32 != 0 {
		t.Errorf("after taking the offer the plan is %+v", st.Plan)
	}
}

func TestTheFieldsOfTheRepeat(t *testing.T) {
	b := open(t)
	b.st.Edit(func(f *viewmodel.Form) { f.Size.Physical, f.Size.WidthMM = true, 240 })
	b.settle()
	field := func(tip string) (found *widget.Entry) {
		b.all(func(o fyne.CanvasObject) {
			if k, ok := o.(*widget.Entry); ok && strings.HasPrefix(k.Tip, tip) {
				found = k
			}
		})
		return found
	}
	write := func(e *widget.Entry, text string) {
		b.sh.win.Canvas().Focus(e)
		e.SetText(text)
		b.sh.win.Canvas().Unfocus()
		b.settle()
	}
	write(field("The width of the repeat"), "64cm")
	write(field("By which part"), "1/3")
	write(field("Pixels per inch"), "100")
	f := b.st.State().Form
	if f.Size.WidthMM != 640 || f.Repeat != (pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}) || f.Size.DPI != 100 {
		t.Fatalf("the form is %+v", f)
	}
	for tip, text := range map[string]string{"The width of the repeat": "wide", "By which part": "5/3", "Pixels per inch": "0", "The seed": "-1"} {
		e := field(tip)
		before := e.Text
		write(e, text)
		if e.Text != before {
			t.Errorf("%q stays in the field of %q", text, tip)
		}
	}
	if len(b.st.State().Notices) == 0 {
		t.Error("nobody is told why")
	}
	if got := b.st.State().Form; got.Size != f.Size || got.Repeat != f.Repeat || got.Seed != f.Seed {
		t.Errorf("a wrong entry changed the form to %+v", got)
	}
}

func TestExport(t *testing.T) {
	b := open(t)
	dir := t.TempDir()
	b.app.Preferences().SetString(prefFolder, dir)
	b.sh.commands.Run("export")
	b.settle()
	if b.sh.sheet.shown() || !b.says("This is an example to look at") {
		t.Fatal("the example can be exported")
	}
	b.generate()
	b.sh.key(fyne.KeyRight)
	b.settle()
	b.sh.commands.Run("export")
	b.settle()
	test.Tap(b.button("Accept and export"))
	b.settle()
	if !b.sh.sheet.shown() {
		t.Fatal("the sheet is not open")
	}
	e := b.sh.sheet
	if want := filepath.Join(dir, "tossed-flowers-and-leaves-dense-half-drop.png"); e.path() != want {
		t.Errorf("it would go to %s, want %s", e.path(), want)
	}
	for text, want := range map[string]string{
		"a": "a.png", "b.TIF": "b.TIF", "c.v2": "c.v2.png", "": "",
	} {
		e.name.SetText(text)
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got := e.path(); got != want {
			t.Errorf("%q goes to %q, want %q", text, got, want)
		}
	}
	e.name.SetText(" ")
	if !e.write.Disabled() {
		t.Error("a file without a name can be exported")
	}
	e.name.SetText("out")
	if e.write.Disabled() || e.note.Text() != "" {
		t.Errorf("the note is %q", e.note.Text())
	}
	e.name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.until("the bar says where it is", func() bool { return b.says("Exported out.png") })
	b.settle()
	if _, err := os.Stat(filepath.Join(dir, "out.png")); err != nil {
		t.Error(err)
	}
	b.sh.commands.Run("export")
	e.name.SetText("out")
	if !strings.Contains(e.note.Text(), "will be replaced") {
		t.Errorf("nothing is said of the old file: %q", e.note.Text())
	}
	e.name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if e.shown() {
		t.Error("Escape does not close the sheet")
	}
}

func TestTheWindowRemembers(t *testing.T) {
	app := test.NewTempApp(t)
	b := openIn(t, app)
	b.st.Edit(func(f *viewmodel.Form) { f.Prompt, f.Count = "scallops", 3 })
	b.sh.screen.SetPanels([]string{"Sampling", "On view"})
	b.sh.commands.Run("dim")
	b.sh.commands.Run("theme-light")
	b.settle()
	b.sh.remember()
	again := openIn(t, app)
	if got := again.sh.screen.Panels(); !slices.Equal(got, []string{"Sampling", "On view"}) {
		t.Errorf("folded away are %q", got)
	}
	if f := again.st.State().Form; f.Prompt != "scallops" || f.Count != 3 {
		t.Errorf("the form is %+v", f)
	}
	if again.sh.screen.View().Dim() {
		t.Error("copies are dimmed again")
	}
	if app.Preferences().String(prefTheme) != "light" {
		t.Error("the look is forgotten")
	}
}

func TestClosingAsksForWhatWouldBeLost(t *testing.T) {
	b := open(t)
	b.generate()
	b.sh.askToClose()
	if b.sh.win.Canvas().Overlays().Top() == nil {
		t.Fatal("a candidate is thrown away without a question")
	}
}

func TestTrueScale(t *testing.T) {
	b := open(t)
	b.sh.Started()
	if !b.sh.commands.Run("true-scale") {
		t.Fatal("true scale is not to be had")
	}
	r := b.sh.state.Canvas.Result
	if got, want := b.sh.screen.View().Zoom(), r.WidthMM/float64(r.Cell.Rect.Dx())/0.25; got < want*0.999999 || got > want*1.000001 {
		t.Errorf("the zoom is %g, want %g", got, want)
	}
	if !b.says("true scale") {
		t.Error("the line at the bottom does not say so")
	}
	b.sh.rune('1')
	if b.sh.screen.View().Zoom() != 1 || b.says("true scale") {
		t.Error("1 does not show one pixel for each")
	}
}

func TestEveryShortcutIsBound(t *testing.T) {
	b := open(t)
	for _, c := range b.sh.commands.All() {
		if c.Key.Name == "" {
			continue
		}
		if c.Key.Ctrl || c.Key.Alt {
			if shortcutOf(c.Key) == nil {
				t.Errorf("%s has no shortcut of the toolkit", c.Key)
			}
			continue
		}
		if _, named := keyNames()[c.Key.Name]; !named && len([]rune(c.Key.Name)) != 1 {
			t.Errorf("nobody can press %q", c.Key.Name)
		}
	}
}

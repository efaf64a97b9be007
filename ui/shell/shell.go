// Package shell is the window around the rooms: the bar at the top, the bar of
// notices under it, tooltips, shortcuts, the command palette, and what the
// window remembers. For now there is one room, the studio.
//
//	sh, err := shell.New(app, st, shell.Options{})
//	if err != nil { ... }
//	sh.Window().ShowAndRun()
//	sh.Close()
package shell

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/command"
	"github.com/selvage-studio/selvage/ui/screens/studio"
	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// Frame is the least time between two updates of the window.
const Frame = time.Second / 60

// Options are what the shell needs from the machine; all may be left out.
type Options struct {
	// Pitch returns the millimetres of one device pixel of the monitor that
	// the window is on, 0 when it is not known. It is called on the drawing
	// thread.
	Pitch func(fyne.Window) float64
	// Clock is the system's by default.
	Clock viewmodel.Clock
	// Post runs a function on the drawing thread; fyne.Do by default.
	Post func(func())
	// After calls a function on the drawing thread after a time; by default by
	// a timer.
	After func(time.Duration, func()) (stop func())
}

// Shell is the window. Its methods belong to the drawing thread.
type Shell struct {
	app      fyne.App
	win      fyne.Window
	st       *viewmodel.Studio
	commands *command.Registry
	desk     *widget.Desk
	screen   *studio.Screen
	options  Options

	title    *widget.Line
	titleBox *fyne.Container
	seam     *widget.Badge
	undo     *widget.Button
	export   *widget.Button
	notices  *notices
	palette  *palette
	sheet    *exportSheet

	dispatcher *viewmodel.Dispatcher
	stop       func()
	state      viewmodel.State
	closing    bool
}

// New makes the window; it is not shown yet.
func New(app fyne.App, st *viewmodel.Studio, o Options) (*Shell, error) {
	if o.Clock == nil {
		o.Clock = viewmodel.SystemClock()
	}
	if o.Post == nil {
		o.Post = fyne.Do
	}
	if o.After == nil {
		o.After = func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, func() { fyne.Do(f) })
			return func() { t.Stop() }
		}
	}
	s := &Shell{app: app, st: st, commands: command.New(), options: o}
	app.Settings().SetTheme(theme.New(theme.Mode(app.Preferences().StringWithFallback(prefTheme, string(theme.System)))))
	s.win = app.NewWindow(name)
	s.win.SetPadded(false)
	s.desk = &widget.Desk{Tips: widget.NewTips(o.After), Shortcut: s.shortcut, Key: s.key, Rune: s.rune}
	var err error
	if s.screen, err = studio.New(st, s.desk, s.commands); err != nil {
		return nil, err
	}
	if err := s.addCommands(); err != nil {
		return nil, err
	}
	s.notices = newNotices(s)
	s.palette = newPalette(s)
	s.sheet = newExportSheet(s)
	s.win.SetContent(container.NewStack(
		widget.Frame(widget.Stacked(s.topBar(), s.notices.object), nil, nil, nil, s.screen.Object()),
		s.desk.Tips.Layer(),
	))
	s.screen.Measure = s.measure
	s.listen()
	s.recall()
	s.dispatcher = viewmodel.NewDispatcher(o.Post, func() { s.update(st.State()) }, Frame, o.Clock)
	s.stop = st.Subscribe(s.dispatcher.Changed)
	s.update(st.State())
	return s, nil
}

// name is the program's, in title bars.
const name = "Selvage"

// Window is the window.
func (s *Shell) Window() fyne.Window { return s.win }

// Screen is the studio's screen.
func (s *Shell) Screen() *studio.Screen { return s.screen }

// Commands are all that can be done.
func (s *Shell) Commands() *command.Registry { return s.commands }

// Close remembers what the window looked like and ends its goroutines. The
// studio is not the shell's, and goes on.
func (s *Shell) Close() {
	s.remember()
	s.stop()
	s.dispatcher.Close()
}

// topBar names the program and the piece on view, and holds what concerns the
// whole window.
func (s *Shell) topBar() fyne.CanvasObject {
	s.title = widget.NewLine("", theme.Quiet)
	s.title.Elide = true
	s.seam = widget.NewBadge("", theme.Green, theme.GreenGround)
	s.seam.Hide()
	button := func(id, text string, icon fyne.Resource) *widget.Button {
		c, _ := s.commands.Find(id)
		return widget.NewButton(s.desk, text, icon, c.Tip(), func() { s.commands.Run(id) })
	}
	s.undo = button("undo", "", base.ContentUndoIcon())
	s.undo.Importance = fynewidget.LowImportance
	find := button("palette", "", base.SearchIcon())
	find.Importance = fynewidget.LowImportance
	look := button("theme", "", base.ColorPaletteIcon())
	look.Importance = fynewidget.LowImportance
	s.export = button("export", "Export", base.UploadIcon())
	s.export.Importance = fynewidget.HighImportance
	s.titleBox = container.New(&middle{}, s.title)
	left := container.NewHBox(widget.NewLine(name, base.ColorNameForeground).Bold(), widget.NewLine("Studio", theme.Quiet))
	right := container.NewHBox(s.undo, find, look, s.seam, s.export)
	bar := container.New(layout.NewCustomPaddedLayout(5, 5, 12, 10), container.NewBorder(nil, nil, left, right, s.titleBox))
	return widget.Stacked(studio.Panel(bar), fynewidget.NewSeparator())
}

// middle centres one object in the room that is left, as wide as it wants to
// be.
type middle struct{}

// Layout implements fyne.Layout.
func (m *middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		l, ok := o.(*widget.Line)
		if !ok {
			continue
		}
		w := min(l.Natural(), max(0, size.Width-24))
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos((size.Width-w)/2, (size.Height-h)/2))
	}
}

// MinSize implements fyne.Layout.
func (m *middle) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40, objects[0].MinSize().Height)
}

// update draws a snapshot.
func (s *Shell) update(st viewmodel.State) {
	s.state = st
	s.screen.Update(st)
	s.notices.update(st)
	title := "Nothing on the canvas yet"
	p := st.Shown()
	if p != nil {
		title = viewmodel.Title(p.Result.Request)
	}
	if s.title.Text() != title {
		s.title.Set(title, theme.Quiet)
		s.titleBox.Refresh()
	}
	visible := p != nil && !p.Result.Seam.OK
	if visible {
		s.seam.Set("seam shows", theme.Amber, theme.AmberGround)
		s.seam.Show()
	} else {
		s.seam.Hide()
	}
	s.undo.Set("", fynewidget.LowImportance, st.Undoable != "")
	s.undo.Tip = "Undo   Ctrl+Z"
	if st.Undoable != "" {
		s.undo.Tip = "Undo: " + st.Undoable + "   Ctrl+Z"
	}
	s.export.Set("Export", fynewidget.HighImportance, p != nil)
	window := name
	if p != nil {
		window = title + " - " + name
	}
	if t, ok := st.Running(); ok {
		window = fmt.Sprintf("%.0f %% %s - %s", 100*t.Fraction, t.Title, name)
	}
	if s.win.Title() != window {
		s.win.SetTitle(window)
	}
	s.sheet.update(st)
}

func (s *Shell) addCommands() error {
	var errs []error
	for _, c := range []command.Command{
		{ID: "export", Title: "Export", Key: command.Ctrl("E"), Run: s.openExport, Enabled: func() bool { return s.state.Shown() != nil }},
		{ID: "palette", Title: "Find a command", Key: command.Ctrl("K"), Run: func() { s.palette.toggle() }},
		{ID: "theme", Title: "Change between the dark and the light look", Key: command.Key{Name: "L", Ctrl: true, Shift: true}, Run: s.swapTheme},
		{ID: "theme-dark", Title: "Look: dark", Run: func() { s.setTheme(theme.Dark) }},
		{ID: "theme-light", Title: "Look: light", Run: func() { s.setTheme(theme.Light) }},
		{ID: "theme-system", Title: "Look: as the system's", Run: func() { s.setTheme(theme.System) }},
		{ID: "full-screen", Title: "Full screen", Key: command.Plain("F11"), Run: func() { s.win.SetFullScreen(!s.win.FullScreen()) }},
		{ID: "quit", Title: "Quit", Key: command.Ctrl("Q"), Run: s.askToClose},
	} {
		errs = append(errs, s.commands.Add(c))
	}
	return errors.Join(errs...)
}

// swapTheme shows the other look, whatever the system says.
func (s *Shell) swapTheme() {
	mode := theme.System
	if t, ok := s.app.Settings().Theme().(*theme.Theme); ok {
		mode = t.Mode()
	}
	dark := mode == theme.Dark || mode == theme.System && s.app.Settings().ThemeVariant() == base.VariantDark
	if dark {
		s.setTheme(theme.Light)
	} else {
		s.setTheme(theme.Dark)
	}
}

func (s *Shell) setTheme(m theme.Mode) {
	s.app.Preferences().SetString(prefTheme, string(m))
	s.app.Settings().SetTheme(theme.New(m))
}

// openExport shows the export sheet when there is something to export.
func (s *Shell) openExport() {
	if s.st.MayExport() {
		s.sheet.open(s.st.State())
	}
}

// act does what a notice offers.
func (s *Shell) act(n viewmodel.Notice) {
	s.st.Act(n)
	switch n.Do.Kind {
	case viewmodel.AcceptAndExport:
		s.openExport()
	case viewmodel.ShowFolder:
		abs, err := filepath.Abs(n.Do.Path)
		if err == nil {
			err = s.app.OpenURL(&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)})
		}
		if err != nil {
			s.st.Report("The folder could not be shown", err)
		}
	default:
	}
}

// askToClose closes the window; what would be lost with it is asked about
// first.
func (s *Shell) askToClose() {
	n := s.st.State().Unsaved()
	if n == 0 {
		s.win.Close()
		return
	}
	if s.closing {
		return
	}
	s.closing = true
	what := "1 pattern is not exported and would be lost."
	if n > 1 {
		what = fmt.Sprintf("%d patterns are not exported and would be lost.", n)
	}
	d := dialog.NewConfirm("Close Selvage?", what, func(yes bool) {
		s.closing = false
		if yes {
			s.win.Close()
		}
	}, s.win)
	d.SetConfirmText("Close")
	d.SetDismissText("Go on working")
	d.Show()
}

// Preferences that the window keeps.
const (
	prefTheme  = "theme"
	prefWidth  = "window.width"
	prefHeight = "window.height"
	prefFolded = "inspector.folded"
	prefEdge   = "canvas.edge"
	prefDim    = "canvas.dim"
	prefForm   = "studio.form"
	prefFolder = "export.folder"
)

func (s *Shell) recall() {
	p := s.app.Preferences()
	w, h := p.FloatWithFallback(prefWidth, 1280), p.FloatWithFallback(prefHeight, 800)
	s.win.Resize(fyne.NewSize(float32(max(w, 640)), float32(max(h, 480))))
	s.screen.SetPanels(p.StringList(prefFolded))
	s.screen.View().SetEdge(p.BoolWithFallback(prefEdge, true))
	s.screen.View().SetDim(p.BoolWithFallback(prefDim, true))
}

func (s *Shell) remember() {
	p := s.app.Preferences()
	size := s.win.Canvas().Size()
	if size.Width > 0 && size.Height > 0 && !s.win.FullScreen() {
		p.SetFloat(prefWidth, float64(size.Width))
		p.SetFloat(prefHeight, float64(size.Height))
	}
	p.SetStringList(prefFolded, s.screen.Panels())
	p.SetBool(prefEdge, s.screen.View().Edge())
	p.SetBool(prefDim, s.screen.View().Dim())
	if b, err := s.st.State().Form.MarshalText(); err == nil {
		p.SetString(prefForm, string(b))
	}
}

// SavedForm returns what the inspector showed when the window was closed last,
// or what a first start shows.
func SavedForm(p fyne.Preferences) viewmodel.Form {
	f := viewmodel.DefaultForm()
	if text := p.String(prefForm); text != "" {
		var saved viewmodel.Form
		// A form of another version is not worth an error: one starts afresh.
		if saved.UnmarshalText([]byte(text)) == nil {
			return saved
		}
	}
	return f
}

// exportFolder is where the last export went, or the home folder.
func (s *Shell) exportFolder() string {
	dir := s.app.Preferences().String(prefFolder)
	if st, err := os.Stat(dir); dir != "" && err == nil && st.IsDir() {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "."
	}
	for _, d := range []string{filepath.Join(home, "Pictures"), home} {
		if st, err := os.Stat(d); err == nil && st.IsDir() {
			return d
		}
	}
	return home
}

// Started is to be called once the window is on the screen.
func (s *Shell) Started() {
	s.screen.FocusPrompt()
	s.measure()
}

// measure asks for the monitor's pitch, which true scale needs.
func (s *Shell) measure() {
	if s.options.Pitch != nil {
		s.screen.SetPitch(s.options.Pitch(s.win))
	}
}

package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Button is Fyne's with a tip.
type Button struct {
	widget.Button
	Tip  string
	desk *Desk
}

// NewButton makes a button of a text, an icon or both.
func NewButton(d *Desk, text string, icon fyne.Resource, tip string, tapped func()) *Button {
	b := &Button{Tip: tip, desk: d}
	b.Text, b.Icon, b.OnTapped = text, icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

// MouseIn implements desktop.Hoverable.
func (b *Button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.desk.enter(b, b.Tip, e)
}

// MouseOut implements desktop.Hoverable.
func (b *Button) MouseOut() {
	b.Button.MouseOut()
	b.desk.leave(b)
}

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(e *fyne.PointEvent) {
	b.desk.leave(b)
	b.Button.Tapped(e)
}

// TypedKey implements fyne.Focusable.
func (b *Button) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeySpace || !b.desk.key(k) {
		b.Button.TypedKey(k)
	}
}

// TypedRune implements fyne.Focusable.
func (b *Button) TypedRune(r rune) { b.desk.rune(r) }

// Set changes what the button shows and whether it can be pressed, and draws
// it anew only when something is different.
func (b *Button) Set(text string, i widget.Importance, enabled bool) {
	if b.Text != text || b.Importance != i {
		b.Text, b.Importance = text, i
		b.Refresh()
	}
	if enabled == b.Disabled() {
		if enabled {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

// Entry is Fyne's with a tip; shortcuts that are the studio's pass through.
type Entry struct {
	widget.Entry
	Tip string
	// Left is called when the field loses the focus, and when Enter ends a
	// field of one line.
	Left func(text string)
	// Typed, when there is one, is asked before the field takes a key, and
	// says whether it was its own.
	Typed func(fyne.KeyName) bool
	desk  *Desk
}

// NewEntry makes a field of one line, or of rows lines when rows is above 1.
func NewEntry(d *Desk, rows int, placeholder, tip string) *Entry {
	e := &Entry{Tip: tip, desk: d}
	e.PlaceHolder = placeholder
	if rows > 1 {
		e.MultiLine = true
		e.Wrapping = fyne.TextWrapWord
	}
	e.ExtendBaseWidget(e)
	if rows > 1 {
		e.SetMinRowsVisible(rows)
	}
	e.OnSubmitted = func(text string) {
		if e.Left != nil {
			e.Left(text)
		}
	}
	return e
}

// NewFigures makes a field of one line for a number.
func NewFigures(d *Desk, tip string, left func(text string)) *Entry {
	e := NewEntry(d, 1, "", tip)
	e.TextStyle = fyne.TextStyle{Monospace: true}
	e.Left = left
	return e
}

// Display sets the text unless a person is editing it.
func (e *Entry) Display(text string) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(e); c != nil && c.Focused() == fyne.Focusable(e) {
		return
	}
	e.Force(text)
}

// Force sets the text, without telling OnChanged.
func (e *Entry) Force(text string) {
	if e.Text == text {
		return
	}
	changed := e.OnChanged
	e.OnChanged = nil
	e.SetText(text)
	e.OnChanged = changed
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.Entry.FocusLost()
	if e.Left != nil {
		e.Left(e.Text)
	}
}

// MouseIn implements desktop.Hoverable.
func (e *Entry) MouseIn(m *desktop.MouseEvent) { e.desk.enter(e, e.Tip, m) }

// MouseMoved implements desktop.Hoverable.
func (e *Entry) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (e *Entry) MouseOut() { e.desk.leave(e) }

// TypedShortcut implements fyne.Shortcutable.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if _, custom := s.(*desktop.CustomShortcut); custom && e.desk.shortcut(s) {
		return
	}
	e.Entry.TypedShortcut(s)
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if e.Typed != nil && e.Typed(k.Name) {
		return
	}
	if k.Name == fyne.KeyEscape && e.desk.key(k) {
		return
	}
	e.Entry.TypedKey(k)
}

// Select is Fyne's with a tip.
type Select struct {
	widget.Select
	Tip  string
	desk *Desk
}

// NewSelect makes a choice; chosen is called with its index.
func NewSelect(d *Desk, tip string, options []string, chosen func(i int)) *Select {
	s := &Select{Tip: tip, desk: d}
	s.Options = options
	s.ExtendBaseWidget(s)
	s.OnChanged = func(string) { chosen(s.SelectedIndex()) }
	return s
}

// Display sets the options and the chosen one, without telling anybody.
func (s *Select) Display(options []string, i int) {
	same := len(options) == len(s.Options)
	for k := 0; same && k < len(options); k++ {
		same = options[k] == s.Options[k]
	}
	if same && i == s.SelectedIndex() {
		return
	}
	changed := s.OnChanged
	s.OnChanged = nil
	s.Options = options
	if i >= 0 && i < len(options) {
		s.SetSelectedIndex(i)
	} else {
		s.ClearSelected()
	}
	s.Refresh()
	s.OnChanged = changed
}

// MouseIn implements desktop.Hoverable.
func (s *Select) MouseIn(e *desktop.MouseEvent) {
	s.Select.MouseIn(e)
	s.desk.enter(s, s.Tip, e)
}

// MouseOut implements desktop.Hoverable.
func (s *Select) MouseOut() {
	s.Select.MouseOut()
	s.desk.leave(s)
}

// TypedKey implements fyne.Focusable.
func (s *Select) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown:
		s.Select.TypedKey(k)
	default:
		s.desk.key(k)
	}
}

// TypedRune implements fyne.Focusable.
func (s *Select) TypedRune(r rune) { s.desk.rune(r) }

// Tapped implements fyne.Tappable.
func (s *Select) Tapped(e *fyne.PointEvent) {
	s.desk.leave(s)
	s.Select.Tapped(e)
}

// Check is Fyne's with a tip.
type Check struct {
	widget.Check
	Tip  string
	desk *Desk
}

// NewCheck makes a box to tick.
func NewCheck(d *Desk, text, tip string, changed func(bool)) *Check {
	c := &Check{Tip: tip, desk: d}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// Display ticks the box or not, without telling anybody.
func (c *Check) Display(on bool) {
	if c.Checked != on {
		c.Checked = on
		c.Refresh()
	}
}

// MouseIn implements desktop.Hoverable.
func (c *Check) MouseIn(e *desktop.MouseEvent) {
	c.Check.MouseIn(e)
	c.desk.enter(c, c.Tip, e)
}

// MouseOut implements desktop.Hoverable.
func (c *Check) MouseOut() {
	c.Check.MouseOut()
	c.desk.leave(c)
}

// TypedKey implements fyne.Focusable.
func (c *Check) TypedKey(k *fyne.KeyEvent) {
	if !c.desk.key(k) {
		c.Check.TypedKey(k)
	}
}

// TypedRune implements fyne.Focusable.
func (c *Check) TypedRune(r rune) {
	if r == ' ' {
		c.Check.TypedRune(r)
		return
	}
	c.desk.rune(r)
}

// Slider is Fyne's with a tip.
type Slider struct {
	widget.Slider
	Tip  string
	desk *Desk
}

// NewSlider makes a slider; changed is called while it moves.
func NewSlider(d *Desk, low, high, step float64, tip string, changed func(float64)) *Slider {
	s := &Slider{Tip: tip, desk: d}
	s.Min, s.Max, s.Step, s.Value = low, high, step, low
	s.ExtendBaseWidget(s)
	s.OnChanged = changed
	return s
}

// Display moves the slider, without telling anybody.
func (s *Slider) Display(v float64) {
	v = min(max(v, s.Min), s.Max)
	if s.Value == v {
		return
	}
	s.Value = v
	s.Refresh()
}

// MouseIn implements desktop.Hoverable.
func (s *Slider) MouseIn(e *desktop.MouseEvent) {
	s.Slider.MouseIn(e)
	s.desk.enter(s, s.Tip, e)
}

// MouseOut implements desktop.Hoverable.
func (s *Slider) MouseOut() {
	s.Slider.MouseOut()
	s.desk.leave(s)
}

// TypedKey implements fyne.Focusable.
func (s *Slider) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		s.Slider.TypedKey(k)
	default:
		s.desk.key(k)
	}
}

// TypedRune implements fyne.Focusable.
func (s *Slider) TypedRune(r rune) { s.desk.rune(r) }

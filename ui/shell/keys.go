package shell

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/selvage-studio/selvage/ui/command"
)

// listen binds the window's keys, drops and close button.
func (s *Shell) listen() {
	c := s.win.Canvas()
	for _, cmd := range s.commands.All() {
		if sc := shortcutOf(cmd.Key); sc != nil {
			c.AddShortcut(sc, func(fyne.Shortcut) { s.commands.Press(cmd.Key) })
		}
	}
	// The keypad's Enter is another key to the toolkit, and the same to people.
	pad := &desktop.CustomShortcut{KeyName: fyne.KeyEnter, Modifier: fyne.KeyModifierShortcutDefault}
	c.AddShortcut(pad, func(fyne.Shortcut) { s.commands.Press(command.Ctrl("Enter")) })
	c.SetOnTypedKey(func(k *fyne.KeyEvent) { s.key(k.Name) })
	c.SetOnTypedRune(s.rune)
	s.win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) {
		for _, u := range uris {
			if u.Scheme() == "file" {
				s.st.Drop(u.Path())
			}
		}
	})
	s.win.SetCloseIntercept(s.askToClose)
}

// keyNames are the toolkit's names of keys that people name otherwise.
func keyNames() map[string]fyne.KeyName {
	return map[string]fyne.KeyName{
		"Enter": fyne.KeyReturn, "Esc": fyne.KeyEscape, "Delete": fyne.KeyDelete,
		"Left": fyne.KeyLeft, "Right": fyne.KeyRight, "F11": fyne.KeyF11,
	}
}

// shortcutOf is a key with modifiers as the toolkit has it, nil for one
// without.
func shortcutOf(k command.Key) fyne.Shortcut {
	if !k.Ctrl && !k.Alt {
		return nil
	}
	if k == command.Ctrl("Z") {
		return &fyne.ShortcutUndo{}
	}
	var m fyne.KeyModifier
	if k.Ctrl {
		m |= fyne.KeyModifierShortcutDefault
	}
	if k.Alt {
		m |= fyne.KeyModifierAlt
	}
	if k.Shift {
		m |= fyne.KeyModifierShift
	}
	name, ok := keyNames()[k.Name]
	if !ok {
		name = fyne.KeyName(k.Name)
	}
	return &desktop.CustomShortcut{KeyName: name, Modifier: m}
}

// shortcut is asked by a field that got a shortcut while it has the focus.
func (s *Shell) shortcut(sc fyne.Shortcut) bool {
	for _, cmd := range s.commands.All() {
		if own := shortcutOf(cmd.Key); own != nil && own.ShortcutName() == sc.ShortcutName() {
			return s.commands.Press(cmd.Key)
		}
	}
	if c, ok := sc.(*desktop.CustomShortcut); ok && c.KeyName == fyne.KeyEnter && c.Modifier == fyne.KeyModifierShortcutDefault {
		return s.commands.Press(command.Ctrl("Enter"))
	}
	return false
}

// key is a key without modifiers that no field had a use for.
func (s *Shell) key(k fyne.KeyName) bool {
	if k == fyne.KeyEscape {
		s.escape()
		return true
	}
	if k == fyne.KeyEnter {
		k = fyne.KeyReturn
	}
	for people, name := range keyNames() {
		if name == k {
			return s.commands.Press(command.Plain(people))
		}
	}
	return false
}

// escape leaves what one is in, from the innermost outwards: a field, what is
// looked at, the running task.
func (s *Shell) escape() {
	if s.commands.Run("cancel") {
		return
	}
	if c := s.win.Canvas(); c.Focused() != nil {
		c.Unfocus()
		return
	}
	s.commands.Run("back")
}

// rune is a letter that no field had a use for.
func (s *Shell) rune(r rune) {
	if r == '=' {
		r = '+' // the same key without Shift
	}
	s.commands.Press(command.Plain(strings.ToUpper(string(r))))
}

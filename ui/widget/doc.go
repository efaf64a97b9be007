// Package widget holds the parts that the studio's screens are put together
// from, where Fyne's own are too loud or lack a tooltip.
//
// Every control of this package shows a tip when the pointer rests on it, and
// hands keys and shortcuts that it does not use itself to the Desk, so that
// Ctrl+Enter generates from inside the prompt field as well.
package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Desk is what controls need from the window that they stand in.
type Desk struct {
	Tips *Tips
	// Shortcut and Key are asked first when a focused control gets a shortcut
	// or key; they say whether it was theirs.
	Shortcut func(fyne.Shortcut) bool
	Key      func(fyne.KeyName) bool
	// Rune is told of letters that a focused control has no use for.
	Rune func(rune)
}

func (d *Desk) shortcut(s fyne.Shortcut) bool { return d != nil && d.Shortcut != nil && d.Shortcut(s) }

func (d *Desk) key(k *fyne.KeyEvent) bool { return d != nil && d.Key != nil && d.Key(k.Name) }

func (d *Desk) rune(r rune) {
	if d != nil && d.Rune != nil {
		d.Rune(r)
	}
}

// enter and leave show and hide a tip.
func (d *Desk) enter(o fyne.CanvasObject, tip string, _ *desktop.MouseEvent) {
	if d != nil && d.Tips != nil && tip != "" {
		d.Tips.Rest(o, tip)
	}
}

func (d *Desk) leave(o fyne.CanvasObject) {
	if d != nil && d.Tips != nil {
		d.Tips.Leave(o)
	}
}

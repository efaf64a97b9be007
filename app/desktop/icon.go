package desktop

import (
	_ "embed" // the icon is part of the program

	"fyne.io/fyne/v2"
)

//go:embed icon.png
var iconPNG []byte

// icon is the program's: a half-drop of leaves beside a selvage. The test
// draws it anew and compares.
func icon() fyne.Resource { return fyne.NewStaticResource("selvage.png", iconPNG) }

// Package theme is the look of the studio: neutral greys, so that the only
// strong colours on the screen are the pattern's own, one accent, and figures
// in a monospaced face. It has a dark and a light variant and follows the
// system unless a person chose one.
//
//	app.Settings().SetTheme(theme.New(theme.System))
//	theme.Color(theme.Panel)
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
)

// Mode says which variant is shown.
type Mode string

// The modes, as they are kept in the preferences.
const (
	System Mode = "system"
	Dark   Mode = "dark"
	Light  Mode = "light"
)

// Colors of the studio beside those that Fyne names.
const (
	// Panel is behind the inspector, the strip and the bars.
	Panel fyne.ThemeColorName = "selvage.panel"
	// Cloth is behind the repeat.
	Cloth fyne.ThemeColorName = "selvage.cloth"
	// Quiet is text that only explains.
	Quiet fyne.ThemeColorName = "selvage.quiet"
	// Pill and PillText are of the line that floats over the repeat.
	Pill     fyne.ThemeColorName = "selvage.pill"
	PillText fyne.ThemeColorName = "selvage.pill.text"
	// Amber and Green are text of what is open and what is done; the grounds
	// lie behind them.
	Amber       fyne.ThemeColorName = "selvage.amber"
	AmberGround fyne.ThemeColorName = "selvage.amber.ground"
	Green       fyne.ThemeColorName = "selvage.green"
	GreenGround fyne.ThemeColorName = "selvage.green.ground"
	// Red is text of what failed.
	Red       fyne.ThemeColorName = "selvage.red"
	RedGround fyne.ThemeColorName = "selvage.red.ground"
	// Badge and BadgeGround are of a chip that only names something.
	BadgeGround fyne.ThemeColorName = "selvage.badge.ground"
)

// SizeFigures is the text size of monospaced figures and of small print.
const SizeFigures fyne.ThemeSizeName = "selvage.figures"

// Theme is the studio's theme. It is not changed after New.
type Theme struct {
	mode Mode
	base fyne.Theme
}

// New makes the theme for a mode; an unknown one follows the system.
func New(m Mode) *Theme { return &Theme{mode: m, base: base.DefaultTheme()} }

// Mode returns what the theme was made for.
func (t *Theme) Mode() Mode { return t.mode }

// Color returns a color of the current application's theme.
func Color(name fyne.ThemeColorName) color.Color { return base.Color(name) }

// Color implements fyne.Theme.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch t.mode {
	case Dark:
		v = base.VariantDark
	case Light:
		v = base.VariantLight
	default:
	}
	c := dark(name)
	if v == base.VariantLight {
		c = light(name)
	}
	if c == (color.NRGBA{}) {
		return t.base.Color(name, v)
	}
	return c
}

// Font implements fyne.Theme.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource { return t.base.Font(s) }

// Icon implements fyne.Theme.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.base.Icon(n) }

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case base.SizeNameText:
		return 13
	case SizeFigures, base.SizeNameCaptionText:
		return 11.5
	case base.SizeNameSubHeadingText:
		return 14
	case base.SizeNamePadding:
		return 4
	case base.SizeNameInnerPadding:
		return 6
	case base.SizeNameInlineIcon:
		return 17
	case base.SizeNameScrollBar:
		return 8
	case base.SizeNameScrollBarSmall:
		return 3
	case base.SizeNameInputRadius, base.SizeNameSelectionRadius:
		return 4
	case base.SizeNameSeparatorThickness, base.SizeNameInputBorder:
		return 1
	default:
		return t.base.Size(name)
	}
}

func gray(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 0xff} }

func shade(v, a uint8) color.NRGBA { return color.NRGBA{v, v, v, a} }

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff}
}

// dark returns the dark variant's colours; the zero value leaves a name to
// Fyne's own theme.
func dark(name fyne.ThemeColorName) color.NRGBA {
	switch name {
	case base.ColorNameBackground:
		return gray(0x1c)
	case Panel:
		return gray(0x22)
	case Cloth:
		return gray(0x17)
	case base.ColorNameForeground:
		return gray(0xdc)
	case Quiet, base.ColorNamePlaceHolder:
		return gray(0x90)
	case base.ColorNameDisabled:
		return gray(0x66)
	case base.ColorNameInputBackground:
		return gray(0x18)
	case base.ColorNameInputBorder:
		return gray(0x33)
	case base.ColorNameButton:
		return gray(0x31)
	case base.ColorNameDisabledButton:
		return gray(0x2a)
	case base.ColorNameSeparator:
		return gray(0x30)
	case base.ColorNameShadow:
		return shade(0, 0x5a)
	case base.ColorNameHover:
		return shade(0xff, 0x14)
	case base.ColorNamePressed:
		return shade(0xff, 0x24)
	case base.ColorNameScrollBar:
		return shade(0xff, 0x40)
	case base.ColorNameScrollBarBackground:
		return shade(0, 1)
	case base.ColorNameOverlayBackground, base.ColorNameMenuBackground:
		return gray(0x2a)
	case base.ColorNameHeaderBackground:
		return gray(0x1f)
	case base.ColorNamePrimary:
		return rgb(0x4c9aff)
	case base.ColorNameForegroundOnPrimary:
		return gray(0xff)
	case base.ColorNameFocus:
		return color.NRGBA{0x4c, 0x9a, 0xff, 0x60}
	case base.ColorNameSelection:
		return color.NRGBA{0x4c, 0x9a, 0xff, 0x50}
	case Pill:
		return shade(0x10, 0xd8)
	case PillText:
		return gray(0xd0)
	case Amber, base.ColorNameWarning:
		return rgb(0xe2ac4c)
	case AmberGround:
		return rgb(0x3a2c12)
	case Green, base.ColorNameSuccess:
		return rgb(0x5fc083)
	case GreenGround:
		return rgb(0x15321f)
	case Red, base.ColorNameError:
		return rgb(0xf08a80)
	case RedGround:
		return rgb(0x3f1c1a)
	case BadgeGround:
		return gray(0x2e)
	default:
		return color.NRGBA{}
	}
}

// light is dark for the light variant.
func light(name fyne.ThemeColorName) color.NRGBA {
	switch name {
	case base.ColorNameBackground:
		return gray(0xe4)
	case Panel:
		return gray(0xee)
	case Cloth:
		return gray(0xd2)
	case base.ColorNameForeground:
		return gray(0x22)
	case Quiet, base.ColorNamePlaceHolder:
		return gray(0x66)
	case base.ColorNameDisabled:
		return gray(0x9c)
	case base.ColorNameInputBackground:
		return gray(0xfa)
	case base.ColorNameInputBorder:
		return gray(0xc8)
	case base.ColorNameButton:
		return gray(0xdc)
	case base.ColorNameDisabledButton:
		return gray(0xe4)
	case base.ColorNameSeparator:
		return gray(0xcc)
	case base.ColorNameShadow:
		return shade(0, 0x30)
	case base.ColorNameHover:
		return shade(0, 0x12)
	case base.ColorNamePressed:
		return shade(0, 0x20)
	case base.ColorNameScrollBar:
		return shade(0, 0x50)
	case base.ColorNameScrollBarBackground:
		return shade(0xff, 1)
	case base.ColorNameOverlayBackground, base.ColorNameMenuBackground:
		return gray(0xf6)
	case base.ColorNameHeaderBackground:
		return gray(0xe8)
	case base.ColorNamePrimary:
		return rgb(0x2368c4)
	case base.ColorNameForegroundOnPrimary:
		return gray(0xff)
	case base.ColorNameFocus:
		return color.NRGBA{0x23, 0x68, 0xc4, 0x50}
	case base.ColorNameSelection:
		return color.NRGBA{0x23, 0x68, 0xc4, 0x40}
	case Pill:
		return shade(0xf8, 0xe8)
	case PillText:
		return gray(0x2c)
	case Amber, base.ColorNameWarning:
		return rgb(0x855600)
	case AmberGround:
		return rgb(0xf6e3bd)
	case Green, base.ColorNameSuccess:
		return rgb(0x1d6b3c)
	case GreenGround:
		return rgb(0xcdebd8)
	case Red, base.ColorNameError:
		return rgb(0xa52a22)
	case RedGround:
		return rgb(0xf7d9d6)
	case BadgeGround:
		return gray(0xd8)
	default:
		return color.NRGBA{}
	}
}

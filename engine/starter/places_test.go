package starter_test

import (
	"image"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/starter"
)

func TestPlacesOfALayout(t *testing.T) {
	group := starter.Group{Size: pattern.Size{Width: 128, Height: 192}, Times: 2}
	for prompt, want := range map[string][]image.Point{
		"small tulips, half-drop, two colours": {{X: 64, Y: 48}, {X: 0, Y: 96}, {X: 64, Y: 144}},
		"hearts in an ogee net, one-way":       {{X: 64, Y: 48}, {X: 0, Y: 96}, {X: 64, Y: 144}},
		"birds, brick":                         {{X: 32, Y: 96}, {X: 64, Y: 0}, {X: 96, Y: 96}},
		"stars in a grid":                      {{X: 0, Y: 96}, {X: 64, Y: 0}, {X: 64, Y: 96}},
		"small waves, three colours":           {{X: 64, Y: 0}},
		"vertical stripes":                     {{X: 0, Y: 96}},
		"scallops":                             {{X: 64, Y: 96}},
		"tossed birds":                         nil,
		"birds, half-drop, two-way":            nil,
		"gingham":                              nil,
		"something nice":                       nil,
	} {
		if got := group.Places(prompt, 16); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", prompt, got, want)
		}
	}
	// Every shift, done twice, is one of them or none: what is averaged over them has them all.
	for _, kind := range []pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick} {
		group.Repeat.Kind = kind
		if len(group.Places("birds, half-drop", 16)) == 0 {
			t.Errorf("none on %v", kind)
		}
	}
	for _, repeat := range []pattern.Repeat{{Kind: pattern.Mirror}, {Kind: pattern.None}, {Kind: pattern.AlongX}} {
		if got := (starter.Group{Size: group.Size, Repeat: repeat}).Places("birds, half-drop", 16); got != nil {
			t.Errorf("%v on %v, where nothing goes on", got, repeat)
		}
	}
	group.Size.Width = 144
	if got := group.Places("birds, half-drop", 16); got != nil {
		t.Errorf("%v of a group of nine latents", got)
	}
}

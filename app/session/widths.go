package session

import (
	"strconv"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Width is a repeat's width that the trade has a name for.
type Width struct {
	Name   string         `json:"name"`
	Length pattern.Length `json:"mm"`
	For    string         `json:"for"`
}

// Widths lists the widths with names. The rotary screens' circumferences are what
// most cloth is printed from; rolls of wallpaper are as wide as they are sold.
func Widths() []Width {
	return []Width{
		{"rotary", 64 * pattern.Centimetre, "cloth from 64 cm rotary screens; halves and thirds fit as well"},
		{"rotary-half", 32 * pattern.Centimetre, "two repeats round a 64 cm screen"},
		{"rotary-us", 25.25 * pattern.Inch, "cloth from 25.25 in rotary screens"},
		{"rotary-us-half", 25.25 / 2 * pattern.Inch, "two repeats round a 25.25 in screen"},
		{"wallpaper", 53 * pattern.Centimetre, "European rolls"},
		{"wallpaper-uk", 52 * pattern.Centimetre, "British rolls"},
		{"wallpaper-wide", 70 * pattern.Centimetre, "wide European rolls"},
		{"wallpaper-us", 20.5 * pattern.Inch, "American rolls"},
		{"wallpaper-us-wide", 27 * pattern.Inch, "wide American rolls"},
	}
}

// mostDivisor is the smallest part of a width that anybody prints.
const mostDivisor = 64

// ParseWidth reads a width: a length with its unit, a name of Widths, and either
// of them divided, as in 64cm/3. Errors are a *UsageError or a
// *pattern.LengthError.
func ParseWidth(text string) (pattern.Length, error) {
	whole, part, divided := strings.Cut(text, "/")
	by := 1
	if divided {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > mostDivisor {
			return 0, usage("the width %q: after the slash comes a whole number from 1 to %d", text, mostDivisor)
		}
		by = n
	}
	whole = strings.TrimSpace(whole)
	for _, w := range Widths() {
		if strings.EqualFold(whole, w.Name) {
			return w.Length / pattern.Length(by), nil
		}
	}
	if whole != "" && strings.Trim(whole, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == "" {
		var names []string
		for _, w := range Widths() {
			names = append(names, w.Name)
		}
		return 0, usage("there is no width called %q; write a length such as 64cm or 25.25in, or one of %s", whole, strings.Join(names, ", "))
	}
	l, err := pattern.ParseLength(whole)
	return l / pattern.Length(by), err
}

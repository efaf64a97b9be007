package pattern

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Length is a length on cloth or paper, in millimetres.
type Length float64

// Units of length.
const (
	Millimetre Length = 1
	Centimetre Length = 10
	Metre      Length = 1000
	Inch       Length = 25.4
	Foot       Length = 304.8
	Yard       Length = 914.4
)

// longest is more than any roll of cloth; beyond it a length is a typing error.
const longest = 1000 * Metre

// LengthError reports a text that is no length.
type LengthError struct {
	Text   string
	Reason string
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("length %q %s; write a number and a unit, such as 64cm, 640mm, 25.25in or 0.7yd", e.Text, e.Reason)
}

type unit struct {
	name string
	size Length
}

// units lists the endings in the order in which they are tried: longer first.
func units() []unit {
	return []unit{
		{"mm", Millimetre}, {"cm", Centimetre}, {"inches", Inch}, {"inch", Inch}, {"in", Inch}, {"″", Inch}, {`"`, Inch},
		{"yards", Yard}, {"yard", Yard}, {"yd", Yard}, {"ft", Foot}, {"m", Metre},
	}
}

// ParseLength reads a length with its unit: mm, cm, m, in, ft or yd. A number
// without a unit is refused, since half of the trade would mean inches. The
// error is a *LengthError.
func ParseLength(s string) (Length, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	for _, u := range units() {
		num, ok := strings.CutSuffix(t, u.name)
		if !ok {
			continue
		}
		num = strings.TrimSpace(num)
		if strings.Contains(num, ",") {
			return 0, &LengthError{s, "has a comma; the decimal sign is a point"}
		}
		v, err := strconv.ParseFloat(num, 64)
		if err != nil || strings.ContainsAny(num, "_xX") {
			return 0, &LengthError{s, "does not begin with a number"}
		}
		l := Length(v) * u.size
		switch {
		case math.IsNaN(v) || l <= 0:
			return 0, &LengthError{s, "is not above zero"}
		case l > longest:
			return 0, &LengthError{s, fmt.Sprintf("is longer than %v", longest)}
		}
		return l, nil
	}
	return 0, &LengthError{s, "has no unit"}
}

// In returns the length counted in unit.
func (l Length) In(unit Length) float64 { return float64(l / unit) }

// Pixels returns how many pixels the length takes at dpi, not rounded.
func (l Length) Pixels(dpi float64) float64 { return float64(l/Inch) * dpi }

// LengthOf returns the length of px pixels at dpi.
func LengthOf(px int, dpi float64) Length { return Length(float64(px)/dpi) * Inch }

// String returns the length in the unit that reads best, to a tenth of a
// millimetre: "64 cm", "3.25 mm", "15 m".
func (l Length) String() string {
	switch a := math.Abs(float64(l)); {
	case a >= 10000:
		return trim(float64(l)/1000, 3) + " m"
	case a >= 10:
		return trim(float64(l)/10, 2) + " cm"
	default:
		return trim(float64(l), 2) + " mm"
	}
}

// trim writes v with at most places decimals and no zeros at the end.
func trim(v float64, places int) string {
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

package drawing

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
)

// matrix maps (x, y) to (a·x + c·y + e, b·x + d·y + f).
type matrix [6]float64

func unit() matrix { return matrix{1, 0, 0, 1, 0, 0} }

// mul applies n first, then m.
func (m matrix) mul(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[2]*n[1], m[1]*n[0] + m[3]*n[1],
		m[0]*n[2] + m[2]*n[3], m[1]*n[2] + m[3]*n[3],
		m[0]*n[4] + m[2]*n[5] + m[4], m[1]*n[4] + m[3]*n[5] + m[5],
	}
}

func (m matrix) at(p point) point {
	return point{m[0]*p.x + m[2]*p.y + m[4], m[1]*p.x + m[3]*p.y + m[5]}
}

func (m matrix) det() float64 { return m[0]*m[3] - m[1]*m[2] }

func (m matrix) inverse() (matrix, bool) {
	d := m.det()
	if !(math.Abs(d) > 1e-30) || math.IsInf(d, 0) {
		return m, false
	}
	return matrix{m[3] / d, -m[1] / d, -m[2] / d, m[0] / d, (m[2]*m[5] - m[3]*m[4]) / d, (m[1]*m[4] - m[0]*m[5]) / d}, true
}

type point struct{ x, y float64 }

// scanner reads numbers out of attributes.
type scanner struct {
	s  string
	at int
}

func (s *scanner) skip() {
	for s.at < len(s.s) && strings.IndexByte(" \t\r\n,", s.s[s.at]) >= 0 {
		s.at++
	}
}

// number reads one, and false where there is none.
func (s *scanner) number() (float64, bool) {
	s.skip()
	from, digits := s.at, false
	if s.at < len(s.s) && (s.s[s.at] == '+' || s.s[s.at] == '-') {
		s.at++
	}
	dot := false
	for ; s.at < len(s.s); s.at++ {
		c := s.s[s.at]
		if c == '.' && !dot {
			dot = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits = true
	}
	if digits && s.at < len(s.s) && (s.s[s.at] == 'e' || s.s[s.at] == 'E') {
		k := s.at + 1
		if k < len(s.s) && (s.s[k] == '+' || s.s[k] == '-') {
			k++
		}
		if k < len(s.s) && s.s[k] >= '0' && s.s[k] <= '9' {
			for k < len(s.s) && s.s[k] >= '0' && s.s[k] <= '9' {
				k++
			}
			s.at = k
		}
	}
	v, err := strconv.ParseFloat(s.s[from:s.at], 64)
	if !digits || err != nil || math.Abs(v) > 1e12 {
		s.at = from
		return 0, false
	}
	return v, true
}

func numbers(text string) []float64 {
	var all []float64
	s := scanner{s: text}
	for {
		v, ok := s.number()
		if !ok {
			return all
		}
		all = append(all, v)
	}
}

// length reads a length in CSS pixels; of is what a percentage is of.
func length(text string, of, fallback float64) float64 {
	s := scanner{s: text}
	v, ok := s.number()
	if !ok {
		return fallback
	}
	switch strings.TrimSpace(s.s[s.at:]) {
	case "", "px":
		return v
	case "mm":
		return v * 96 / 25.4
	case "cm":
		return v * 96 / 2.54
	case "in":
		return v * 96
	case "pt":
		return v * 96 / 72
	case "pc":
		return v * 16
	case "%":
		return v * of / 100
	case "em", "rem":
		return v * 16
	}
	return fallback
}

// ratio reads 0..1, or a percentage.
func ratio(text string, fallback float64) float64 {
	v := length(text, 1, fallback)
	if math.IsNaN(v) {
		return fallback
	}
	return min(max(v, 0), 1)
}

// transform reads a list of transformations (SVG 1.1, 7.6).
func transform(text string) matrix {
	m := unit()
	for range 1000 {
		name, rest, ok := strings.Cut(text, "(")
		if !ok {
			break
		}
		args, after, _ := strings.Cut(rest, ")")
		text = after
		v := numbers(args)
		arg := func(i int, fallback float64) float64 {
			if i < len(v) {
				return v[i]
			}
			return fallback
		}
		t := unit()
		switch strings.Trim(name, " \t\r\n,") {
		case "matrix":
			if len(v) == 6 {
				t = matrix(v)
			}
		case "translate":
			t[4], t[5] = arg(0, 0), arg(1, 0)
		case "scale":
			t[0] = arg(0, 1)
			t[3] = arg(1, t[0])
		case "rotate":
			sin, cos := math.Sincos(arg(0, 0) * math.Pi / 180)
			x, y := arg(1, 0), arg(2, 0)
			t = matrix{1, 0, 0, 1, x, y}.mul(matrix{cos, sin, -sin, cos, 0, 0}).mul(matrix{1, 0, 0, 1, -x, -y})
		case "skewX":
			t[2] = math.Tan(arg(0, 0) * math.Pi / 180)
		case "skewY":
			t[1] = math.Tan(arg(0, 0) * math.Pi / 180)
		}
		m = m.mul(t)
	}
	return m
}

// parseColor reads a CSS colour; false for what is none.
func parseColor(s string) (color.NRGBA64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if hex, ok := strings.CutPrefix(s, "#"); ok {
		v, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return color.NRGBA64{}, false
		}
		four := func(shift int) uint16 { return uint16(v>>shift&15) * 0x1111 }
		eight := func(shift int) uint16 { return uint16(v>>shift&255) * 257 }
		switch len(hex) {
		case 3:
			return color.NRGBA64{four(8), four(4), four(0), 65535}, true
		case 4:
			return color.NRGBA64{four(12), four(8), four(4), four(0)}, true
		case 6:
			return color.NRGBA64{eight(16), eight(8), eight(0), 65535}, true
		case 8:
			return color.NRGBA64{eight(24), eight(16), eight(8), eight(0)}, true
		}
		return color.NRGBA64{}, false
	}
	if name, args, ok := strings.Cut(s, "("); ok && (name == "rgb" || name == "rgba") {
		parts := strings.FieldsFunc(strings.TrimSuffix(args, ")"), func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
		if len(parts) < 3 {
			return color.NRGBA64{}, false
		}
		c := [4]uint16{3: 65535}
		for i := range 3 {
			v := length(parts[i], 255, 0) / 255
			c[i] = uint16(min(max(v, 0), 1)*65535 + 0.5)
		}
		if len(parts) > 3 {
			c[3] = uint16(ratio(parts[3], 1)*65535 + 0.5)
		}
		return color.NRGBA64{c[0], c[1], c[2], c[3]}, true
	}
	if s == "transparent" {
		return color.NRGBA64{}, true
	}
	if c, ok := colornames.Map[s]; ok {
		return color.NRGBA64{uint16(c.R) * 257, uint16(c.G) * 257, uint16(c.B) * 257, 65535}, true
	}
	return color.NRGBA64{}, false
}

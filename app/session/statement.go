package session

import (
	"fmt"
	"math"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Statement says in a sentence or two what was generated, what was enlarged,
// how large the repeat is and what DPI that makes.
func (m *Made) Statement() string {
	var b strings.Builder
	p := m.Plan
	fmt.Fprintf(&b, "%v, %v px", m.Repeat(), p.Picture)
	if p.Picture == p.Generated {
		b.WriteString(", all of them generated")
	} else {
		fmt.Fprintf(&b, ": %v generated", p.Generated)
		switch {
		case m.Separation != nil:
			fmt.Fprintf(&b, ", their screens enlarged %s times with clean edges", figure(p.Enlarge))
		case p.Enlarge > 1.05:
			fmt.Fprintf(&b, ", upscaled %s times", figure(p.Enlarge))
		default:
			b.WriteString(", resampled to the exact ratio")
		}
	}
	fmt.Fprintf(&b, "; %v x %v at %s DPI, effective DPI %s.", p.Width, p.Height, figure(p.DPIX), figure(p.EffectiveDPI))
	return b.String()
}

// figure writes a number with one decimal where it has one.
func figure(v float64) string {
	if math.Abs(v-math.Round(v)) < 0.05 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

// Plan says what a request's size becomes on the model's lattice, without
// loading the model: its facts are known from when it was last opened, else
// read off its configuration.
func (s *Session) Plan(r Request) (pattern.Plan, error) {
	f, err := s.knownFacts(r)
	if err != nil {
		return pattern.Plan{}, err
	}
	return s.demand(r, f).Plan()
}

package viewmodel

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Title names what a request asks for: its prompt, cut at a word, and its repeat.
func Title(r Request) string {
	const most = 48
	p := strings.Join(strings.Fields(r.Prompt), " ")
	if runes := []rune(p); len(runes) > most {
		p = string(runes[:most])
		if i := strings.LastIndexByte(p, ' '); i > most/2 {
			p = p[:i]
		}
		p += "…"
	}
	if p == "" {
		p = "No prompt"
	}
	return p + " · " + r.Repeat.String()
}

func unknown(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "“" + w + "”"
	}
	list := quoted[0]
	if n := len(quoted); n > 1 {
		list = strings.Join(quoted[:n-1], ", ") + " and " + quoted[n-1]
	}
	if len(words) == 1 {
		return "The model does not know the word " + list + "; it had no effect."
	}
	return "The model does not know the words " + list + "; they had no effect."
}

func exported(x Exported) string {
	if len(x.Files) == 0 {
		return "Nothing was written."
	}
	parts := make([]string, len(x.Files))
	for i, f := range x.Files {
		parts[i] = filepath.Base(f.Path)
		if f.What != "" {
			parts[i] += " (" + f.What + ")"
		}
	}
	return "Exported " + strings.Join(parts, ", ") + "."
}

// Length writes millimetres as a designer reads them: "24.0 cm", or "9.45 in".
func Length(mm float64, inches bool) string {
	if inches {
		return strconv.FormatFloat(mm/float64(pattern.Inch), 'f', 2, 64) + " in"
	}
	return strconv.FormatFloat(mm/float64(pattern.Centimetre), 'f', 1, 64) + " cm"
}

// LengthFigure is Length without its unit, and with no more digits than the
// value has, for a field that is edited.
func LengthFigure(mm float64, inches bool) string {
	unit := float64(pattern.Centimetre)
	if inches {
		unit = float64(pattern.Inch)
	}
	return strconv.FormatFloat(math.Round(mm/unit*1000)/1000, 'f', -1, 64)
}

// ParseLength reads a length in millimetres. A number without a unit is in
// centimetres, or in inches when the form shows inches.
func ParseLength(text string, inches bool) (mm float64, err error) {
	t := strings.TrimSpace(text)
	if _, bare := strconv.ParseFloat(t, 64); bare == nil {
		if inches {
			t += "in"
		} else {
			t += "cm"
		}
	}
	l, err := pattern.ParseLength(t)
	return float64(l), err
}

// TimeLeft writes an estimate no finer than it is good for: "3 s left",
// "2 min left"; empty for none.
func TimeLeft(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 90*time.Second:
		return fmt.Sprintf("%d s left", max(1, int(math.Round(d.Seconds()))))
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min left", int(math.Round(d.Minutes())))
	default:
		return fmt.Sprintf("%.1f h left", d.Hours())
	}
}

// StageLine says what a task is doing: "Sampling · step 7 of 20 · 3 s left".
func (t Task) StageLine() string {
	if t.Cancelling {
		return "Cancelling"
	}
	var parts []string
	if t.Pictures > 1 {
		parts = append(parts, fmt.Sprintf("Picture %d of %d", t.Picture, t.Pictures))
	}
	if t.Stage != "" {
		parts = append(parts, t.Stage)
	}
	if t.Step > 0 {
		parts = append(parts, fmt.Sprintf("step %d of %d", t.Step, t.Steps))
	}
	if left := TimeLeft(t.TimeLeft); left != "" {
		parts = append(parts, left)
	}
	return strings.Join(parts, " · ")
}

// Figures are the parts of the line at the bottom of the canvas for a result:
// "1024 × 1024", "half-drop 1/2", "24.0 cm", "108 DPI".
func (r Result) Figures(inches bool) []string {
	if r.Cell == nil {
		return nil
	}
	b := r.Cell.Bounds()
	out := []string{fmt.Sprintf("%d × %d", b.Dx(), b.Dy()), r.Repeat.String()}
	if r.WidthMM > 0 {
		out = append(out, Length(r.WidthMM, inches))
	}
	if r.DPI > 0 {
		dpi := fmt.Sprintf("%.0f DPI", r.DPI)
		if r.EffectiveDPI > 0 && r.EffectiveDPI < 0.95*r.DPI {
			dpi += fmt.Sprintf(" (%.0f effective)", r.EffectiveDPI)
		}
		out = append(out, dpi)
	}
	return out
}

// Figure writes the seam's figure: "seam 0.98".
func (s Seam) String() string { return fmt.Sprintf("seam %.2f", s.Figure) }

// FileName suggests a name for an export: the prompt's first words and the
// layout, without an extension.
func FileName(r Result) string {
	const most = 40
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(r.Request.Prompt) {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(c)
			continue
		}
		gap = true
		if b.Len() >= most {
			break
		}
	}
	name := b.String()
	if name == "" {
		name = "pattern"
	}
	return name + "-" + r.Repeat.Kind.String()
}

// MarshalText writes a form, so that the window can keep it.
func (f Form) MarshalText() ([]byte, error) {
	type plain Form
	return json.Marshal(plain(f))
}

// UnmarshalText reads what MarshalText wrote, and keeps figures inside what
// the studio allows.
func (f *Form) UnmarshalText(text []byte) error {
	type plain Form
	p := plain(DefaultForm())
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("the saved form: %w", err)
	}
	if err := p.Repeat.Validate(); err != nil {
		return fmt.Errorf("the saved form: %w", err)
	}
	*f = Form(p)
	f.tidy()
	return nil
}

// Sentence begins a message with a capital and ends it with a stop, as errors
// do not.
func Sentence(t string) string {
	t = strings.TrimSpace(t)
	if t == "" {
		return t
	}
	first, size := utf8.DecodeRuneInString(t)
	t = string(unicode.ToUpper(first)) + t[size:]
	if !strings.ContainsAny(t[len(t)-1:], ".!?") {
		t += "."
	}
	return t
}

// Sentences is Sentence for a list, one a line.
func Sentences(ts []string) string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = Sentence(t)
	}
	return strings.Join(out, "\n")
}

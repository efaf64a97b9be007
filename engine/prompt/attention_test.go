package prompt

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	const more, less = 1.1, 1 / 1.1
	w := func(text string, weight float64) Segment { return Segment{Text: text, Weight: weight} }
	brk := Segment{Weight: 1, Break: true}
	for _, c := range []struct {
		prompt string
		want   []Segment
	}{
		{"", nil},
		{"red tulips", []Segment{w("red tulips", 1)}},
		{"a (red) tulip", []Segment{w("a ", 1), w("red", more), w(" tulip", 1)}},
		{"a ((red)) tulip", []Segment{w("a ", 1), w("red", more*more), w(" tulip", 1)}},
		{"a [red] tulip", []Segment{w("a ", 1), w("red", less), w(" tulip", 1)}},
		{"a (red:1.3) tulip", []Segment{w("a ", 1), w("red", 1.3), w(" tulip", 1)}},
		{"a (red : 0.5 ) tulip", []Segment{w("a ", 1), w("red ", 0.5), w(" tulip", 1)}},
		{"(red:-1)", []Segment{w("red", -1)}},
		{"(red:0)", []Segment{w("red", 0)}},
		{"(red:+.5)", []Segment{w("red", 0.5)}},
		{"((red) tulip:2)", []Segment{w("red", 2*more), w(" tulip", 2)}},
		{"([red])", []Segment{w("red", less*more)}},
		{"(red", []Segment{w("red", more)}},
		{"[red", []Segment{w("red", less)}},
		{"([a:1.5) b]", []Segment{w("a", 1.5*less), w(" b", less)}},
		{"red)", []Segment{w("red)", 1)}},
		{"red]", []Segment{w("red]", 1)}},
		{"red:1.3)", []Segment{w("red:1.3)", 1)}},
		{"[red:1.3)]", []Segment{w("red:1.3)", less)}},
		{"ratio 3:2", []Segment{w("ratio 3:2", 1)}},
		{"(ratio 3:2 wide)", []Segment{w("ratio 3:2 wide", more)}},
		{"(red:1.2.3)", []Segment{w("red:1.2.3", more)}},
		{"(red:.)", []Segment{w("red:.", more)}},
		{"(red:)", []Segment{w("red:", more)}},
		{`\(red\) \[x\] \\`, []Segment{w(`(red) [x] \`, 1)}},
		{`a\b`, []Segment{w("ab", 1)}},
		{`red\`, []Segment{w("red", 1)}},
		{"(a)(b)", []Segment{w("ab", more)}},
		{"(a:1.0) b", []Segment{w("a b", 1)}},
		{"a BREAK b", []Segment{w("a", 1), brk, w("b", 1)}},
		{"BREAK", []Segment{brk}},
		{"(a BREAK b)", []Segment{w("a", more), brk, w("b", more)}},
		{"BREAKS aBREAK BREAK_", []Segment{w("BREAKS aBREAK BREAK_", 1)}},
		{"a BREAKBREAK BREAK", []Segment{w("a BREAKBREAK", 1), brk}},
	} {
		got, err := Parse(c.prompt)
		if err != nil {
			t.Errorf("%q: %v", c.prompt, err)
			continue
		}
		same := len(got) == len(c.want)
		for i := range got {
			same = same && got[i].Text == c.want[i].Text && got[i].Break == c.want[i].Break &&
				math.Abs(got[i].Weight-c.want[i].Weight) < 1e-12
		}
		if !same {
			t.Errorf("%q\n got %v\nwant %v", c.prompt, got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, prompt := range []string{
		strings.Repeat("(", MaxDepth+1),
		strings.Repeat("([", MaxDepth) + "a",
		strings.Repeat("(", 26) + "a" + strings.Repeat(")", 26),
		"(a:11)",
		"(a:-10.5)",
		"((a:9):9)",
		"(a:" + strings.Repeat("9", 400) + ")",
		strings.Repeat("(", 100_000),
	} {
		_, err := Parse(prompt)
		var we *WeightError
		if !errors.As(err, &we) {
			t.Errorf("%.40q: want a WeightError, have %v", prompt, err)
		} else if len(we.Error()) > 300 {
			t.Errorf("%.40q: the message has %d bytes", prompt, len(we.Error()))
		}
	}
}

func TestEscapedTextIsLiteral(t *testing.T) {
	escape := strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "[", `\[`, "]", `\]`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune(`()[]\:.1 aB`)))).Draw(t, "text")
		if findBreak(text) >= 0 {
			return
		}
		got, err := Parse(escape.Replace(text))
		if err != nil {
			t.Fatal(err)
		}
		if text == "" && got == nil {
			return
		}
		if len(got) != 1 || got[0] != (Segment{Text: text, Weight: 1}) {
			t.Fatalf("%q became %v", text, got)
		}
	})
}

// A tree of brackets, written out, has the product of its factors at every
// leaf.
func TestWeightsMultiply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Segment
		var write func(depth int, weight float64) string
		write = func(depth int, weight float64) string {
			var b strings.Builder
			for range rapid.IntRange(1, 3).Draw(t, "parts") {
				kind := 0
				if depth < 4 {
					kind = rapid.IntRange(0, 3).Draw(t, "kind")
				}
				switch kind {
				case 1:
					b.WriteString("(" + write(depth+1, weight*1.1) + ")")
				case 2:
					b.WriteString("[" + write(depth+1, weight/1.1) + "]")
				case 3:
					b.WriteString("(" + write(depth+1, weight*0.5) + ":0.5)")
				default:
					leaf := rapid.SampledFrom([]string{"red ", "tulips, ", "a"}).Draw(t, "leaf")
					want = append(want, Segment{Text: leaf, Weight: weight})
					b.WriteString(leaf)
				}
			}
			return b.String()
		}
		text := write(0, 1)
		got, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for _, g := range got {
			rest := g.Text
			for rest != "" {
				if at == len(want) || !strings.HasPrefix(rest, want[at].Text) || math.Abs(want[at].Weight-g.Weight) > 1e-9 {
					t.Fatalf("%q: %v, want leaves %v", text, got, want)
				}
				rest = rest[len(want[at].Text):]
				at++
			}
		}
		if at != len(want) {
			t.Fatalf("%q: %v lacks leaves of %v", text, got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a (b:1.2) [c] BREAK \\(d\\)", "((((", "]])):1.2)", "(:1)", "\\", "([a:1.5) b]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text)
		if err != nil {
			var we *WeightError
			if !errors.As(err, &we) {
				t.Fatalf("%v is no WeightError", err)
			}
			return
		}
		total := 0
		for i, s := range got {
			total += len(s.Text)
			if !(math.Abs(s.Weight) <= MaxWeight) {
				t.Fatalf("weight %g", s.Weight)
			}
			if s.Break && s.Text != "" || i > 0 && !s.Break && !got[i-1].Break && s.Weight == got[i-1].Weight {
				t.Fatalf("segments %v", got)
			}
		}
		if total > len(text) {
			t.Fatalf("%d bytes became %d", len(text), total)
		}
	})
}

package prompt

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// words are the tokens of a chunk without ends and padding.
func words(tok *Tokenizer, c Chunk) string {
	end := slices.Index(c.IDs, tok.eos)
	var b strings.Builder
	for _, s := range spell(tok, c.IDs[1:end]) {
		b.WriteString(strings.ReplaceAll(s, "</w>", " "))
	}
	return strings.TrimSpace(b.String())
}

func TestWindows(t *testing.T) {
	tok := small(t, "") // 10 tokens in a window, looks back over 2
	for _, c := range []struct {
		prompt string
		want   []string
	}{
		{"", []string{""}},
		{"red tulips", []string{"red tulips"}},
		{"a b c d e f g h i j", []string{"a b c d e f g h i j"}},
		{"a b c d e f g h i j k", []string{"a b c d e f g h i j", "k"}},
		{"a b c d e f g h, j k", []string{"a b c d e f g h ,", "j k"}},
		{"a b c d e f g h i , k", []string{"a b c d e f g h i ,", "k"}},
		{"a b, d e f g h i j k", []string{"a b , d e f g h i j", "k"}},
		{"a b c d e f g h xyz", []string{"a b c d e f g h", "xyz"}},
		{"a b c d e f xyzwv", []string{"a b c d e f", "xyzwv"}},
		{"a b c d e f g h i-j", []string{"a b c d e f g h", "i - j"}},
		{"a-b-c-d-e-f", []string{"a - b - c - d - e -", "f"}},
		{"bcdfghjkmqvwxz", []string{"bcdfghjkmq", "vwxz"}},
		{"red BREAK tulips", []string{"red", "tulips"}},
		{"red BREAK", []string{"red", ""}},
	} {
		got, err := Windows([]*Tokenizer{tok}, []string{c.prompt})
		if err != nil {
			t.Errorf("%q: %v", c.prompt, err)
			continue
		}
		var texts []string
		for _, chunk := range got[0][0] {
			texts = append(texts, words(tok, chunk))
		}
		if !slices.Equal(texts, c.want) {
			t.Errorf("%q: %q, want %q", c.prompt, texts, c.want)
		}
	}
}

func TestWindowsAlign(t *testing.T) {
	wide, narrow := small(t, ""), small(t, "!")
	narrow.cfg.Window = 6
	got, err := Windows([]*Tokenizer{wide, narrow}, []string{"a b c d e f BREAK red", "tulips"})
	if err != nil {
		t.Fatal(err)
	}
	// The narrow one needs two windows for the first section, so that "red" is
	// in the third window of both.
	want := [][][]string{
		{{"a b c d e f", "", "red"}, {"tulips", "", ""}},
		{{"a b c d", "e f", "red"}, {"tulips", "", ""}},
	}
	for e, tok := range []*Tokenizer{wide, narrow} {
		for i := range want[e] {
			var texts []string
			for _, c := range got[e][i] {
				texts = append(texts, words(tok, c))
				if len(c.IDs) != tok.Window() || len(c.Weights) != tok.Window() {
					t.Errorf("a window of %d ids and %d weights, want %d", len(c.IDs), len(c.Weights), tok.Window())
				}
			}
			if !slices.Equal(texts, want[e][i]) {
				t.Errorf("encoder %d, text %d: %q, want %q", e, i, texts, want[e][i])
			}
		}
	}
}

func TestWeigh(t *testing.T) {
	tok := small(t, "")
	got, err := Windows([]*Tokenizer{tok}, []string{"red (tulips:1.5) [a:2] rose"})
	if err != nil {
		t.Fatal(err)
	}
	c := got[0][0][0]
	want := []float32{1, 1, 1.5, 1 / 1.1, 1 / 1.1, 1 / 1.1, 1}
	states := make([]float32, 2*tok.Window())
	for i := range states {
		states[i] = float32(i)
	}
	c.Weigh(states, 2)
	for i := range tok.Window() {
		w := float32(1)
		if i < len(want) {
			w = want[i]
		}
		if c.Weights[i] != w || states[2*i] != w*float32(2*i) || states[2*i+1] != w*float32(2*i+1) {
			t.Errorf("token %d: weight %g, states %v, want weight %g", i, c.Weights[i], states[2*i:2*i+2], w)
		}
	}
}

func TestTooLong(t *testing.T) {
	tok := small(t, "")
	room := tok.Window() - 2
	for _, c := range []struct {
		name, prompt string
		ok, counted  bool
	}{
		{"as long as may be", strings.Repeat("a ", MaxWindows*room), true, false},
		{"one word more", strings.Repeat("a ", MaxWindows*room+1), false, true},
		{"windows of breaks", strings.Repeat("BREAK ", MaxWindows-1), true, false},
		{"a break too many", strings.Repeat("BREAK ", MaxWindows), false, true},
		{"one long word", strings.Repeat("b", MaxBytes), false, true},
		{"100 kB", strings.Repeat("red, ", 20_000), false, false},
	} {
		_, err := Windows([]*Tokenizer{tok}, []string{"red", c.prompt})
		var tl *TooLongError
		switch {
		case c.ok && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case !c.ok && !errors.As(err, &tl):
			t.Errorf("%s: want a TooLongError, have %v", c.name, err)
		case !c.ok && !strings.Contains(err.Error(), "shorten"):
			t.Errorf("%s: %q does not say what to do", c.name, err)
		}
	}
	if _, err := Windows([]*Tokenizer{tok}, []string{"(a:50)"}); err == nil {
		t.Error("an impossible weight was accepted")
	}
}

// Whatever is typed, windows have the tokens of the text in order, and the same
// number everywhere.
func TestWindowsKeepEveryToken(t *testing.T) {
	tok, other := small(t, ""), small(t, "!")
	other.cfg.Window = 7
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"red", "tulips", ",", " ", "a-b", "xyz", "bcdfghjkmqvwxz", "é"}), 0, 40).Draw(t, "parts")
		text := strings.Join(parts, "")
		second := rapid.SampledFrom([]string{"", "red BREAK rose", "a b c d e f g h i j k l"}).Draw(t, "second")
		got, err := Windows([]*Tokenizer{tok, other}, []string{text, second})
		if err != nil {
			t.Fatal(err)
		}
		for e, k := range []*Tokenizer{tok, other} {
			var all []int64
			for _, c := range got[e][0] {
				all = append(all, c.IDs[1:slices.Index(c.IDs, k.eos)]...)
			}
			if want := k.Encode(text); !slices.Equal(all, want) {
				t.Fatalf("%q: %q, want %q", text, spell(k, all), spell(k, want))
			}
			for i := range got[e] {
				if len(got[e][i]) != len(got[0][0]) {
					t.Fatalf("encoder %d, text %d has %d windows, the first %d", e, i, len(got[e][i]), len(got[0][0]))
				}
			}
		}
	})
}

func BenchmarkWindows(b *testing.B) {
	tok := small(b, "")
	text := strings.Repeat("(red:1.1) tulips, [roses] and aaaaaaaa. ", 8)
	for b.Loop() {
		if _, err := Windows([]*Tokenizer{tok}, []string{text}); err != nil {
			b.Fatal(err)
		}
	}
}

// Time per byte does not grow with the length: compare the two.
func BenchmarkEncodeOneWord(b *testing.B) {
	tok := small(b, "")
	for name, n := range map[string]int{"1k": 1 << 10, "64k": 64 << 10} {
		text := strings.Repeat("tulipsa", n/7)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.Encode(text)
			}
		})
	}
}

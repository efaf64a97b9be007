package prompt

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSoakTokenizer goes over many more texts than an ordinary run has time
// for: SELVAGE_SOAK=1 go test -run Soak.
func TestSoakTokenizer(t *testing.T) {
	if os.Getenv("SELVAGE_SOAK") == "" {
		t.Skip("SELVAGE_SOAK is not set")
	}
	plain, padded := small(t, ""), small(t, "!")
	padded.cfg.Window = 7
	toks := []*Tokenizer{plain, padded}
	for seed := range uint64(200_000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		text := babble(rng)
		for _, tok := range toks {
			var naively []int64
			for _, p := range tok.pieces(text) {
				if p.special {
					naively = append(naively, tok.vocab[p.text])
				} else {
					naively = append(naively, naive(tok, p.text)...)
				}
			}
			if got := tok.Encode(text); !slices.Equal(got, naively) {
				t.Fatalf("seed %d, %+q: %q, want %q", seed, text, spell(tok, got), spell(tok, naively))
			}
		}
		segments, err := Parse(text)
		if err != nil {
			continue
		}
		windows, err := Windows(toks, []string{text, "red"})
		if err != nil {
			continue
		}
		for e, tok := range toks {
			if len(windows[e][0]) != len(windows[0][1]) {
				t.Fatalf("seed %d, %+q: windows differ in number", seed, text)
			}
			kept := 0
			for _, c := range windows[e][0] {
				kept += slices.Index(c.IDs[1:], tok.eos)
			}
			if !strings.Contains(text, "|>") && kept != tok.count(segments) {
				t.Fatalf("seed %d, %+q: %d tokens in windows, %d in the text", seed, text, kept, tok.count(segments))
			}
		}
	}
}

// babble makes a text of words, signs of the notation and letters from
// everywhere.
func babble(rng *rand.Rand) string {
	parts := []string{"red", "tulips", " ", ", ", "(", ")", "[", "]", ":1.3)", "\\", "BREAK", "<|endoftext|>", "<|EndOfText|>",
		"!", "'s", "é", "e\u0301", "\u0323", "İ", "日本", "🌷", "64", "aaaaaaa", "\x00", "\xff", "\u2003"}
	var b strings.Builder
	for range rng.IntN(60) {
		if rng.IntN(8) == 0 {
			b.WriteRune(rune(rng.IntN(0x110000)))
			continue
		}
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

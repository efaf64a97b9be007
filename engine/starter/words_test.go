package starter_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/engine/starter"
)

func TestReadSaysItInTheCaptionsWords(t *testing.T) {
	for _, c := range []struct {
		prompt, caption string
		unknown         []string
	}{
		{"small tulips, half-drop, two colours", "small tulips, half-drop, two colours", nil},
		{"a tulip", "a tulips", nil},
		{"a large daisy, tossed", "a large daisies, tossed", nil},
		{"a leaf and a butterfly", "a leaves and a butterflies", nil},
		{"zigzag in three colors", "chevrons in three colours", nil},
		{"Zigzag", "chevrons", nil},
		{"(tulip:1.3), [fish], BREAK", "(tulips:1.3), [fish], BREAK", []string{"break"}},
		{"zeppelins over ZEPPELINS and unicorns", "zeppelins over ZEPPELINS and unicorns", []string{"zeppelins", "unicorns"}},
		{"paisleys with stars", "paisleys with stars", []string{"paisleys"}}, // the rules draw them, the model does not
		{"a seamless wallpaper pattern", "a seamless wallpaper pattern", nil},
		{"", "", nil},
		{"7 ♥ é", "7 ♥ é", nil},
	} {
		caption, unknown, err := starter.Read(c.prompt)
		if err != nil || caption != c.caption || !slices.Equal(unknown, c.unknown) {
			t.Errorf("%q: %q, unknown %q, %v; want %q, %q", c.prompt, caption, unknown, err, c.caption, c.unknown)
		}
	}
}

// TestWordsAreWhatTheModelSaw: the list is sorted, and each word reads as itself.
func TestWordsAreWhatTheModelSaw(t *testing.T) {
	words, err := starter.Words()
	if err != nil || len(words) < 100 || !slices.IsSorted(words) {
		t.Fatalf("%d words, %v", len(words), err)
	}
	for _, w := range words {
		if caption, unknown, err := starter.Read(w); err != nil || caption != w || len(unknown) > 0 {
			t.Errorf("%q reads as %q, unknown %q, %v", w, caption, unknown, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "a tulip (x:1.2)", "\xff\xfe", "ﬁsh ΣΑΣ", strings.Repeat("(", 64)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, prompt string) {
		if len(prompt) > 1<<12 {
			return
		}
		caption, unknown, err := starter.Read(prompt)
		if err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(prompt) && !utf8.ValidString(caption) {
			t.Errorf("%q became %q", prompt, caption)
		}
		// What the model reads is read the same again.
		again, still, err := starter.Read(caption)
		if err != nil || again != caption || !slices.Equal(still, unknown) {
			t.Errorf("%q: %q, then %q; unknown %q, then %q, %v", prompt, caption, again, unknown, still, err)
		}
	})
}

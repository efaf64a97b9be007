package starter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/engine/draw"
)

// Words returns the words of the captions that the model learned from, in
// lower case and sorted. Whatever else a prompt says, the model spells but
// never saw.
func Words() ([]string, error) {
	b, err := readFile("tokenizer/words.txt")
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(b)), nil
}

// silent are words that say nothing which a picture could show.
func silent() []string {
	return []string{
		"a", "an", "the", "of", "on", "in", "and", "with", "or", "for", "by", "to", "some", "very",
		"pattern", "patterns", "repeat", "print", "fabric", "wallpaper", "seamless", "design", "motif", "motifs",
		"ground", "background", "colour", "colours", "color", "colors", "coloured", "colored",
	}
}

// Read is a prompt as the model can read it, and the words in it that the
// model was never shown and that mean something, in lower case and in the
// order in which they appear.
//
// The captions say "tulips" and "chevrons". Whoever writes "a tulip" or
// "zigzag" means the same, and the rules of drawing know it: such a word
// becomes the captions' own where the model has learned that. Attention
// weights and punctuation stay.
func Read(prompt string) (caption string, unknown []string, err error) {
	known, err := Words()
	if err != nil {
		return "", nil, err
	}
	var out strings.Builder
	word := func(w string) {
		lower := strings.ToLower(w)
		_, has := slices.BinarySearch(known, lower)
		if has || utf8.RuneCountInString(lower) < 2 {
			out.WriteString(w)
			return
		}
		if said := translate(lower, known); said != "" {
			out.WriteString(said)
			return
		}
		if slices.Contains(silent(), lower) {
			out.WriteString(w)
			return
		}
		out.WriteString(w)
		if !slices.Contains(unknown, lower) {
			unknown = append(unknown, lower)
		}
	}
	for rest := prompt; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if !unicode.IsLetter(r) {
			out.WriteString(rest[:size])
			rest = rest[size:]
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
		if end < 0 {
			end = len(rest)
		}
		word(rest[:end])
		rest = rest[end:]
	}
	return out.String(), unknown, nil
}

// translate is what the captions call a thing, "" where they do not call it
// anything.
func translate(word string, known []string) string {
	switch word {
	case "color", "colors":
		return "colou" + strings.TrimPrefix(word, "colo")
	}
	said, err := draw.Parse(word)
	if err != nil || len(said.Unknown) > 0 {
		return ""
	}
	s := said.Spec
	for _, value := range []string{s.Family, string(s.Layout), string(s.Scale), string(s.Density), string(s.Direction), string(s.Outline)} {
		if value == "" {
			continue
		}
		for _, part := range strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if _, has := slices.BinarySearch(known, part); !has {
				return ""
			}
		}
		return value
	}
	return ""
}

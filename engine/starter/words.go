package starter

import "slices"

// Knows says whether a word that is no single token of the model's vocabulary
// stood in its captions nevertheless, or says nothing that a picture could
// show. word is in lower case.
func Knows(word string) bool {
	return slices.Contains([]string{
		"one", "two", "three", "polka", "outlined", "medium",
		"a", "an", "the", "of", "on", "in", "and", "with", "or", "for", "by", "to", "some", "very",
		"pattern", "repeat", "print", "fabric", "wallpaper", "seamless", "design", "motif", "motifs",
		"ground", "background", "colour", "colours", "color", "colors", "coloured", "colored",
	}, word)
}

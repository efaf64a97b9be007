// Package prompt turns what a person types into the numbers that a CLIP text
// encoder reads.
//
//	cfg, err := prompt.ParseConfig(files.Config, files.SpecialTokensMap)
//	tok, err := prompt.NewTokenizer(files.Vocab, files.Merges, cfg)
//	windows, err := prompt.Windows([]*prompt.Tokenizer{tok}, []string{negative, positive})
//	for _, c := range windows[0][1] { // tokenizer 0, text 1
//		states := encode(c.IDs) // len(c.IDs) x width
//		c.Weigh(states, width)
//	}
//
// # Tokens
//
// A Tokenizer gives the same ids as the CLIPTokenizer of transformers 5 (the
// tokenizers library): Unicode NFC, lower case letter by letter, a split into
// runs of letters, single digits and runs of other marks, and byte-pair merges
// with </w> on the last letter of a piece. It works with any vocabulary of that
// kind; Encode knows nothing of brackets. Where the two differ is in letters
// and marks newer than Unicode 14, which this package knows as what they are.
//
// # Weights
//
// Parse reads the notation that people know from AUTOMATIC1111's web UI:
//
//	(word)      1.1 times          ((word))    1.21 times
//	[word]      1/1.1 times        (word:1.3)  1.3 times
//	\( \) \[ \] \\                 the sign itself
//	BREAK                          starts a new window
//
// A bracket that is never closed reaches to the end; one that closes nothing
// is text. A weight multiplies the hidden states of its tokens as they leave
// the encoder. The web UI then rescales all states so that their mean is what
// it was; this package does not. That mean lies close to zero, in SDXL above
// all, so that the correction can be large, or turn the sign, for reasons that
// have nothing to do with the word, and it would change the states of words
// that nobody put in brackets.
//
// # Windows
//
// An encoder reads a window of 77 tokens (32 in the starter model), of which
// the first and last mark its ends. A longer prompt is laid into several
// windows, broken after a comma where there is one near the end, else between
// words; their hidden states follow one another in the UNet's context. All
// texts of a picture get the same number of windows from every encoder, filled
// up with empty ones. A prompt that needs more than MaxWindows is refused with
// a TooLongError.
package prompt

package weights

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the vocabulary below
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// clipMerges is merges.txt of OpenAI's CLIP (MIT licence), compressed. Every
// Stable Diffusion uses it, and a single-file checkpoint does not hold it.
//
//go:embed clip-merges.txt.gz
var clipMerges []byte

// clipVocabSize is the number of entries of CLIP's vocabulary.
const clipVocabSize = 49408

// CLIPTokenizer returns the tokenizer of OpenAI's CLIP with its 49408 entries.
// pad is the padding token: "<|endoftext|>" for OpenAI's encoder, "!" for the
// OpenCLIP ones of Stable Diffusion 2 and of XL's second encoder.
//
// The vocabulary needs no file of its own: it is the 256 byte letters, the
// same with the end-of-word mark, the merges joined, and two special tokens,
// in that order.
func CLIPTokenizer(pad string) (*Tokenizer, error) {
	z, err := gzip.NewReader(bytes.NewReader(clipMerges))
	if err != nil {
		return nil, fmt.Errorf("weights: embedded vocabulary: %w", err)
	}
	merges, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("weights: embedded vocabulary: %w", err)
	}
	vocab := make([]byte, 0, 1<<20)
	n := 0
	entry := func(parts ...string) {
		sep := `,"`
		if n == 0 {
			sep = `{"`
		}
		vocab = append(vocab, sep...)
		for _, p := range parts {
			for _, c := range []byte(p) { // no entry has control characters
				if c == '"' || c == '\\' {
					vocab = append(vocab, '\\')
				}
				vocab = append(vocab, c)
			}
		}
		vocab = strconv.AppendInt(append(vocab, `":`...), int64(n), 10)
		n++
	}
	for _, suffix := range [...]string{"", "</w>"} {
		for _, r := range byteLetters() {
			entry(string(r), suffix)
		}
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(merges), "\n"), "\n") {
		if i == 0 {
			continue // "#version: 0.2"
		}
		a, b, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("weights: embedded vocabulary: line %d is no pair", i+1)
		}
		entry(a, b)
	}
	entry("<|startoftext|>")
	entry("<|endoftext|>")
	vocab = append(vocab, '}')
	if n != clipVocabSize {
		return nil, fmt.Errorf("weights: embedded vocabulary has %d entries, not %d", n, clipVocabSize)
	}
	config, err := json.Marshal(map[string]any{
		"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
		"pad_token": pad, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer",
	})
	if err != nil {
		return nil, fmt.Errorf("weights: embedded vocabulary: %w", err)
	}
	return &Tokenizer{Vocab: vocab, Merges: merges, Config: config}, nil
}

// byteLetters are the 256 letters that stand for bytes in byte-level BPE, in
// the vocabulary's order: the printable bytes stand for themselves and come
// first, the others are moved up to U+0100 and beyond.
func byteLetters() []rune {
	var out []rune
	printable := func(b rune) bool {
		return b >= '!' && b <= '~' || b >= '¡' && b <= '¬' || b >= '®' && b <= 'ÿ'
	}
	for b := rune(0); b < 256; b++ {
		if printable(b) {
			out = append(out, b)
		}
	}
	for moved := rune(256); len(out) < 256; moved++ {
		out = append(out, moved)
	}
	return out
}

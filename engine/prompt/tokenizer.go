package prompt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Config names the special tokens of a tokenizer and the size of the encoder's
// window.
type Config struct {
	BOS, EOS, Unknown, Pad string
	// AnyCase lists those of them that a text spells in capitals as well,
	// because they are looked for after it was put into lower case.
	AnyCase []string
	Window  int // tokens, ends included
}

// published is what CLIP's first models have.
func published() Config {
	return Config{BOS: "<|startoftext|>", EOS: "<|endoftext|>", Unknown: "<|endoftext|>", Pad: "<|endoftext|>", Window: 77}
}

// FormatError says what is wrong with a tokenizer's file.
type FormatError struct {
	File   string
	Reason string
}

func (e *FormatError) Error() string { return "tokenizer: " + e.File + ": " + e.Reason }

// added is a special token, which files write as its text or as an object.
type added struct {
	Content    string `json:"content"`
	Normalized *bool  `json:"normalized"`
	Special    bool   `json:"special"`
}

func (a *added) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &a.Content) == nil {
		return nil
	}
	type object added
	if err := json.Unmarshal(b, (*object)(a)); err != nil {
		return fmt.Errorf("want a token, have %.40s", b)
	}
	return nil
}

// specialFile is what tokenizer_config.json and special_tokens_map.json share.
type specialFile struct {
	BOS     added            `json:"bos_token"`
	EOS     added            `json:"eos_token"`
	Unknown added            `json:"unk_token"`
	Pad     added            `json:"pad_token"`
	Window  float64          `json:"model_max_length"`
	Added   map[string]added `json:"added_tokens_decoder"`
}

func readSpecialFile(name string, b []byte) (specialFile, error) {
	var f specialFile
	if len(b) == 0 {
		return f, nil
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return f, &FormatError{File: name, Reason: err.Error()}
	}
	return f, nil
}

// ParseConfig reads tokenizer_config.json and special_tokens_map.json, either
// of which may be nil, in the way of transformers 5. What both leave out is as
// in CLIP's first models. Errors are FormatErrors.
func ParseConfig(tokenizerConfig, specialTokensMap []byte) (Config, error) {
	c := published()
	own, err := readSpecialFile("tokenizer_config.json", tokenizerConfig)
	if err != nil {
		return c, err
	}
	special, err := readSpecialFile("special_tokens_map.json", specialTokensMap)
	if err != nil {
		return c, err
	}
	if own.Added != nil {
		// Newer files keep everything in tokenizer_config.json; in older ones
		// the map has the last word (Stable Diffusion 2 pads with "!" by it).
		special = specialFile{}
	}
	anyCase := map[string]bool{}
	for _, f := range []struct {
		into        *string
		own, mapped added
	}{
		{&c.BOS, own.BOS, special.BOS}, {&c.EOS, own.EOS, special.EOS},
		{&c.Unknown, own.Unknown, special.Unknown}, {&c.Pad, own.Pad, special.Pad},
	} {
		token := f.own
		if f.mapped.Content != "" {
			token = f.mapped
		}
		if token.Content != "" {
			*f.into = token.Content
		}
		// Where several of them are one token, the last one decides.
		anyCase[*f.into] = token.Normalized != nil && *token.Normalized
	}
	for _, a := range own.Added {
		if _, named := anyCase[a.Content]; named {
			anyCase[a.Content] = !a.Special
			if a.Normalized != nil {
				anyCase[a.Content] = *a.Normalized
			}
		}
	}
	for token, yes := range anyCase {
		if yes {
			c.AnyCase = append(c.AnyCase, token)
		}
	}
	slices.Sort(c.AnyCase)
	// A tokenizer without a limit writes 1e30.
	if w := own.Window; w >= 3 && w <= maxWindow {
		c.Window = int(w)
	}
	return c, nil
}

// maxWindow is far beyond any CLIP encoder.
const maxWindow = 4096

// Tokenizer is a CLIP byte-pair tokenizer. It does not change after
// NewTokenizer and may be shared.
type Tokenizer struct {
	cfg                    Config
	vocab                  map[string]int64
	merges                 map[uint64]merge // by pairID
	letter, last           [256]int64       // ids of a byte, and of one that ends a piece; -1 unknown
	bos, eos, unknown, pad int64
	comma                  int64
	typed, folded          []special
}

// merge is what a pair of tokens becomes, and how early.
type merge struct {
	rank int32
	id   int32
}

// NewTokenizer reads vocab.json and merges.txt. Errors are FormatErrors.
func NewTokenizer(vocab, merges []byte, cfg Config) (*Tokenizer, error) {
	if cfg.Window < 3 || cfg.Window > maxWindow {
		return nil, &FormatError{File: "tokenizer_config.json", Reason: fmt.Sprintf("a window of %d tokens is outside 3 to %d", cfg.Window, maxWindow)}
	}
	t := &Tokenizer{cfg: cfg}
	t.typed, t.folded = specials(cfg)
	if err := json.Unmarshal(vocab, &t.vocab); err != nil {
		return nil, &FormatError{File: "vocab.json", Reason: err.Error()}
	}
	for piece, id := range t.vocab {
		if id < 0 || id > math.MaxInt32 {
			return nil, &FormatError{File: "vocab.json", Reason: fmt.Sprintf("the id %d of %q is out of range", id, piece)}
		}
	}
	for _, f := range []struct {
		into *int64
		name string
	}{{&t.bos, cfg.BOS}, {&t.eos, cfg.EOS}, {&t.unknown, cfg.Unknown}, {&t.pad, cfg.Pad}} {
		id, ok := t.vocab[f.name]
		if !ok {
			return nil, &FormatError{File: "vocab.json", Reason: fmt.Sprintf("the special token %q is missing", f.name)}
		}
		*f.into = id
	}
	for b := range 256 {
		t.letter[b] = t.id(string(byteLetter(byte(b))))
		t.last[b] = t.id(string(byteLetter(byte(b))) + "</w>")
	}
	t.comma = t.last[',']
	return t, t.readMerges(merges)
}

// id returns -1 for what is not in the vocabulary.
func (t *Tokenizer) id(piece string) int64 {
	if id, ok := t.vocab[piece]; ok {
		return id
	}
	return -1
}

// byteLetter is the printable letter that stands for a byte in the vocabulary:
// printable Latin-1 stands for itself, the others follow from U+0100 on.
func byteLetter(b byte) rune {
	switch {
	case b >= '!' && b <= '~', b >= 0xa1 && b != 0xad:
		return rune(b)
	case b <= ' ':
		return 0x100 + rune(b)
	case b < 0xa1:
		return 0x121 + rune(b-0x7f)
	}
	return 0x143 // the soft hyphen
}

func (t *Tokenizer) readMerges(file []byte) error {
	t.merges = make(map[uint64]merge, bytes.Count(file, []byte("\n")))
	var joined []byte
	rank := int32(0)
	for n := 1; len(file) > 0; n++ {
		line, rest, _ := bytes.Cut(file, []byte("\n"))
		file = rest
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 || n == 1 && bytes.HasPrefix(line, []byte("#version")) {
			continue
		}
		a, b, ok := bytes.Cut(line, []byte(" "))
		if !ok || bytes.Contains(b, []byte(" ")) {
			return &FormatError{File: "merges.txt", Reason: fmt.Sprintf("line %d is not a pair of pieces: %.40q", n, line)}
		}
		joined = append(append(joined[:0], a...), b...)
		left, okA := t.vocab[string(a)]
		right, okB := t.vocab[string(b)]
		id, okAB := t.vocab[string(joined)]
		if !okA || !okB || !okAB {
			return &FormatError{File: "merges.txt", Reason: fmt.Sprintf("line %d (%.40q) is about pieces that vocab.json lacks; the files do not belong together", n, line)}
		}
		t.merges[pairID(left, right)] = merge{rank: rank, id: int32(id)} //nolint:gosec // ids were checked against MaxInt32
		rank++
	}
	return nil
}

func pairID(a, b int64) uint64 { return uint64(a)<<32 | uint64(b) } //nolint:gosec // ids are between 0 and MaxInt32

// Size is the number of rows that the encoder's embedding needs: the largest
// id, plus one.
func (t *Tokenizer) Size() int {
	top := int64(-1)
	for _, id := range t.vocab {
		top = max(top, id)
	}
	return int(top + 1)
}

// Window is the number of tokens that the encoder reads at a time, ends
// included.
func (t *Tokenizer) Window() int { return t.cfg.Window }

// Encode returns the ids of a text taken literally, without the ends.
func (t *Tokenizer) Encode(text string) []int64 {
	var ids []int64
	for _, p := range t.pieces(text) {
		ids = t.appendPiece(ids, p)
	}
	return ids
}

// EncodeWindow returns the ids of a text taken literally, with the ends, cut
// off at the window or padded to it: what diffusers gives its text encoders.
func (t *Tokenizer) EncodeWindow(text string) []int64 {
	ids := t.Encode(text)
	return t.window(ids[:min(len(ids), t.cfg.Window-2)])
}

// window puts ends around at most Window-2 ids and pads.
func (t *Tokenizer) window(ids []int64) []int64 {
	out := make([]int64, 0, t.cfg.Window)
	out = append(append(append(out, t.bos), ids...), t.eos)
	for len(out) < t.cfg.Window {
		out = append(out, t.pad)
	}
	return out
}

// appendPiece appends the ids of one piece.
func (t *Tokenizer) appendPiece(ids []int64, p piece) []int64 {
	if p.special {
		return append(ids, t.vocab[p.text])
	}
	return t.appendMerged(ids, p.text)
}

package prompt

import "fmt"

// The limits of a prompt.
const (
	// MaxWindows bounds what the UNet's attention has to read: 32 windows of a
	// published model are 2464 tokens.
	MaxWindows = 32
	// MaxBytes bounds what is looked at at all; the windows hold less.
	MaxBytes = 16 << 10
)

// TooLongError says by how much a prompt is too long. Tokens is 0 where the
// text was too long to be counted.
type TooLongError struct {
	Bytes, Tokens, Limit int
}

func (e *TooLongError) Error() string {
	if e.Tokens == 0 {
		return fmt.Sprintf("prompt: it has %d bytes, and %d is the limit; shorten it", e.Bytes, e.Limit)
	}
	return fmt.Sprintf("prompt: it has %d tokens, which is more than the %d windows that the limit is (about %d tokens); shorten it", e.Tokens, MaxWindows, e.Limit)
}

// Chunk is one window of tokens.
type Chunk struct {
	IDs     []int64   // as many as the tokenizer's window, ends and padding included
	Weights []float32 // one a token; ends and padding have 1
}

// Weigh multiplies hidden states, len(IDs) rows of width, by the weights.
func (c Chunk) Weigh(states []float32, width int) {
	for i, w := range c.Weights {
		if w == 1 {
			continue
		}
		row := states[i*width : (i+1)*width]
		for k := range row {
			row[k] *= w
		}
	}
}

// token is an id of a prompt on its way into windows.
type token struct {
	id     int64
	weight float32
	starts start
}

// start says how good a place a token is to start a window with.
type start int

const (
	inside  start = iota // in the middle of a piece
	atPiece              // at its first token
	atWord               // after white space
)

// Windows encodes texts, whose brackets are weights, for every encoder that
// reads them. The result is by tokenizer, by text, and has the same number of
// windows everywhere, at least one. Errors are a TooLongError or a WeightError.
func Windows(toks []*Tokenizer, texts []string) ([][][]Chunk, error) {
	most := 1
	out := make([][][]Chunk, len(toks))
	for e := range out {
		out[e] = make([][]Chunk, len(texts))
	}
	for i, text := range texts {
		if len(text) > MaxBytes {
			return nil, &TooLongError{Bytes: len(text), Limit: MaxBytes}
		}
		segments, err := Parse(text)
		if err != nil {
			return nil, err
		}
		n := 0
		for _, section := range sections(segments) {
			// What stands between two BREAKs starts at the same window for all
			// encoders, even where their vocabularies differ.
			chunks := make([][]Chunk, len(toks))
			longest := 0
			for e, t := range toks {
				tokens := t.tokens(section)
				if limit := (MaxWindows - n) * (t.Window() - 2); len(tokens) > limit {
					return nil, &TooLongError{Bytes: len(text), Tokens: t.count(segments), Limit: MaxWindows * (t.Window() - 2)}
				}
				chunks[e] = t.chunks(tokens)
				longest = max(longest, len(chunks[e]))
			}
			n += longest
			for e, t := range toks {
				out[e][i] = append(out[e][i], t.fill(chunks[e], longest)...)
				if n > MaxWindows {
					return nil, &TooLongError{Bytes: len(text), Tokens: t.count(segments), Limit: MaxWindows * (t.Window() - 2)}
				}
			}
		}
		most = max(most, n)
	}
	for e, t := range toks {
		for i := range texts {
			out[e][i] = t.fill(out[e][i], most)
		}
	}
	return out, nil
}

// sections splits segments at their breaks.
func sections(segments []Segment) [][]Segment {
	out := [][]Segment{nil}
	for _, s := range segments {
		if s.Break {
			out = append(out, nil)
			continue
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

// tokens encodes segments one by one.
func (t *Tokenizer) tokens(segments []Segment) []token {
	var out []token
	var ids []int64
	for _, s := range segments {
		for _, p := range t.pieces(s.Text) {
			ids = t.appendPiece(ids[:0], p)
			for k, id := range ids {
				tk := token{id: id, weight: float32(s.Weight)}
				switch {
				case k > 0:
				case p.spaced:
					tk.starts = atWord
				default:
					tk.starts = atPiece
				}
				out = append(out, tk)
			}
		}
	}
	return out
}

// count is the number of tokens of a whole prompt.
func (t *Tokenizer) count(segments []Segment) int {
	n := 0
	for _, s := range segments {
		n += len(t.Encode(s.Text))
	}
	return n
}

// chunks lays tokens into windows.
func (t *Tokenizer) chunks(tokens []token) []Chunk {
	var out []Chunk
	for room := t.Window() - 2; len(tokens) > room; {
		cut := t.cut(tokens, room)
		out = append(out, t.chunk(tokens[:cut]))
		tokens = tokens[cut:]
	}
	return append(out, t.chunk(tokens))
}

// cut finds the best place to break at or before room: after a comma or else
// before a word, if there is one in the last quarter of the window (the web UI
// looks back 20 tokens of 75), else before a piece. Only a piece that fills
// the window by itself is cut.
func (t *Tokenizer) cut(tokens []token, room int) int {
	lowest := room - room*20/75
	for at := room; at >= lowest; at-- {
		if tokens[at-1].id == t.comma {
			return at
		}
	}
	for at := room; at >= lowest; at-- {
		if tokens[at].starts == atWord {
			return at
		}
	}
	for at := room; at > 0; at-- {
		if tokens[at].starts != inside {
			return at
		}
	}
	return room
}

func (t *Tokenizer) chunk(tokens []token) Chunk {
	ids := make([]int64, len(tokens))
	c := Chunk{Weights: make([]float32, t.Window())}
	for i := range c.Weights {
		c.Weights[i] = 1
	}
	for i, tk := range tokens {
		ids[i], c.Weights[i+1] = tk.id, tk.weight
	}
	c.IDs = t.window(ids)
	return c
}

// fill appends empty windows.
func (t *Tokenizer) fill(chunks []Chunk, n int) []Chunk {
	for len(chunks) < n {
		chunks = append(chunks, t.chunk(nil))
	}
	return chunks
}

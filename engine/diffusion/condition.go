package diffusion

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/prompt"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// encoder is a text encoder with its tokenizer.
type encoder struct {
	name      string
	component *weights.Component[weights.TextConfig]
	tokens    *prompt.Tokenizer
}

// encoders returns the text encoders of a model, in the order in which their
// results are joined.
func encoders(m *weights.Model) ([]encoder, error) {
	var out []encoder
	for i, c := range []*weights.Component[weights.TextConfig]{m.TextEncoder, m.TextEncoder2} {
		if c == nil {
			continue
		}
		files := m.Tokenizer
		if i == 1 && m.Tokenizer2 != nil {
			files = m.Tokenizer2
		}
		if files == nil {
			return nil, fmt.Errorf("generate: %s has no tokenizer for its text encoder; add the tokenizer folder of the model", m.Name)
		}
		tok, err := newTokenizer(files, c.Config)
		if err != nil {
			return nil, fmt.Errorf("generate: tokenizer of %s: %w", m.Name, err)
		}
		out = append(out, encoder{name: fmt.Sprintf("text encoder %d", i+1), component: c, tokens: tok})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("generate: %s has no text encoder", m.Name)
	}
	return out, nil
}

// conditioning is what the UNet is told: for every picture the hidden states
// of the words, tokens x width, and for SDXL a pooled vector, and the same for
// what guidance leads away from.
type conditioning struct {
	tokens, width         int
	positive, negative    []float32 // batch x tokens x width
	pooledWidth           int
	pooled, pooledAgainst []float32 // batch x pooledWidth, nil for models without
	height, wide          int       // pixels of the canvas
}

// context is the UNet's context, negative first under guidance.
func (c *conditioning) context(guided bool) []float32 {
	return halves(c.negative, c.positive, guided)
}

func (c *conditioning) pooledFor(guided bool) []float32 {
	return halves(c.pooledAgainst, c.pooled, guided)
}

func halves(negative, positive []float32, guided bool) []float32 {
	if !guided {
		return append([]float32(nil), positive...)
	}
	return append(append(make([]float32, 0, 2*len(positive)), negative...), positive...)
}

// timeIDs are SDXL's size conditioning for n pictures.
func (c *conditioning) timeIDs(n int) []float32 {
	var ids []float32
	for range n {
		ids = append(ids, TimeIDs(c.height, c.wide)...)
	}
	return ids
}

// condition encodes prompts, one a picture; a nil negative prompt is none at
// all, which SDXL takes as zeros and the others as "".
func (p *Pipeline) condition(ctx context.Context, j *job, prompts []string, negatives []*string, clipSkip int) (conditioning, error) {
	c := conditioning{height: j.h * p.LatentScale(), wide: j.w * p.LatentScale()}
	texts, zero := make([]string, 0, 2*len(prompts)), make([]bool, 0, 2*len(prompts))
	for _, n := range negatives {
		text := ""
		if n != nil {
			text = *n
		}
		texts, zero = append(texts, text), append(zero, n == nil && p.model.ForceZerosForEmptyPrompt)
	}
	for _, text := range prompts {
		texts, zero = append(texts, text), append(zero, false)
	}
	windows, err := p.windows(texts)
	if err != nil {
		return c, err
	}
	sdxl := p.model.Family == weights.SDXL
	for i := range texts {
		skip := clipSkip
		if i < len(negatives) {
			skip = 0
		}
		states, pooled, err := p.encodeText(ctx, j, windows, i, hiddenName(sdxl, skip))
		if err != nil {
			return c, err
		}
		if zero[i] {
			clear(states.v)
			clear(pooled)
		}
		c.tokens, c.width, c.pooledWidth = states.tokens, states.width, len(pooled)
		if i < len(negatives) {
			c.negative = append(c.negative, states.v...)
			c.pooledAgainst = append(c.pooledAgainst, pooled...)
		} else {
			c.positive = append(c.positive, states.v...)
			c.pooled = append(c.pooled, pooled...)
		}
	}
	return c, nil
}

// hiddenName is the output of the text encoder's graph that conditions the
// UNet.
func hiddenName(sdxl bool, skip int) string {
	suffix := "_ln"
	if sdxl {
		// SDXL was trained on the last layer but one, without the final norm.
		skip, suffix = skip+1, ""
	}
	switch skip {
	case 0:
		return "last_hidden_state"
	case 1:
		return "penultimate" + suffix
	}
	return fmt.Sprintf("clip_skip_%d%s", skip, suffix)
}

// states are tokens x width hidden states.
type states struct {
	v             []float32
	tokens, width int
}

// encodeText runs every encoder over the windows of text i and joins their
// states side by side. pooled is nil for models that do not use it.
func (p *Pipeline) encodeText(ctx context.Context, j *job, windows [][][]prompt.Chunk, i int, output string) (states, []float32, error) {
	var joined states
	var pooled []float32
	for e, enc := range p.text {
		one := states{}
		for k, chunk := range windows[e][i] {
			out, err := p.runEncoder(ctx, j, enc, chunk.IDs)
			if err != nil {
				return states{}, nil, err
			}
			h, ok := out[output]
			if !ok {
				return states{}, nil, &RequestError{Field: "clip-skip", Reason: fmt.Sprintf("the text encoder has only %d layers", enc.component.Config.NumHiddenLayers)}
			}
			v := append([]float32(nil), h.Float32s()...)
			one.width = enc.component.Config.HiddenSize
			one.tokens += len(chunk.IDs)
			chunk.Weigh(v, one.width)
			one.v = append(one.v, v...)
			if embeds, ok := out["text_embeds"]; ok && k == 0 && p.model.UNet.Config.AdditionEmbedType == "text_time" {
				pooled = append([]float32(nil), embeds.Float32s()...)
			}
		}
		joined = beside(joined, one)
	}
	return joined, pooled, p.checked(joined.v, StageEncode)
}

// beside joins two states of as many tokens along their width.
func beside(a, b states) states {
	if a.v == nil {
		return b
	}
	out := states{tokens: a.tokens, width: a.width + b.width}
	for t := range a.tokens {
		out.v = append(out.v, a.v[t*a.width:(t+1)*a.width]...)
		out.v = append(out.v, b.v[t*b.width:(t+1)*b.width]...)
	}
	return out
}

func (p *Pipeline) runEncoder(ctx context.Context, j *job, e encoder, ids []int64) (map[string]*tensor.Dense, error) {
	o := suited(p.device, graph.Options{Batch: 1, Tokens: len(ids)})
	in := map[string]*tensor.Dense{"input_ids": tensor.New(tensor.WithShape(1, len(ids)), tensor.WithBacking(ids))}
	return p.run(ctx, j, e.name, o, func(o graph.Options) (gpu.Spec, error) {
		return graph.TextEncoder(e.component.Config, e.component.Weights, o)
	}, in)
}

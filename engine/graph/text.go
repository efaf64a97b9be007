package graph

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// TextEncoder builds a CLIPTextModel, with or without projection. Height and
// Width of the options mean nothing here; Tokens is the length of the input,
// 0 for the longest.
//
// Input: input_ids int64 [B, Tokens]. Outputs, with T = Tokens, D the width and
// L the number of layers:
//   - last_hidden_state [B, T, D], after the final norm
//   - penultimate [B, T, D], the result of layer L-1 without that norm, and
//     penultimate_ln with it
//   - clip_skip_k and clip_skip_k_ln [B, T, D] for k = 2..L, the result of layer
//     L-k without and with it; layer 0 is the embedding
//   - pooler_output [B, D], or with projection text_embeds [B, projection_dim]
//
// The pooled token is the first that has eos_token_id; configurations with id 2
// there are the first CLIP's, which took the position of the largest id.
func TextEncoder(cfg weights.TextConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	if o.Tokens == 0 {
		o.Tokens = cfg.MaxPositionEmbeddings
	}
	b := newBuilder("text encoder", set, o)
	if err := cfg.Validate(); err != nil {
		return gpu.Spec{}, fmt.Errorf("graph: %s: %w", b.part, err)
	}
	if err := o.check(b.part); err != nil {
		return gpu.Spec{}, err
	}
	d, layers, n, t, eps := cfg.HiddenSize, cfg.NumHiddenLayers, o.Batch, o.Tokens, cfg.LayerNormEps
	if t < 1 || t > cfg.MaxPositionEmbeddings {
		return gpu.Spec{}, &OptionError{b.part, "Tokens", fmt.Sprintf("is %d; the encoder has positions for 1 to %d", t, cfg.MaxPositionEmbeddings)}
	}
	const model = "text_model."
	ids := b.input("input_ids", int64Elem, n, t)
	b.in("embeddings")
	table := b.table(model+"embeddings.token_embedding.weight", cfg.VocabSize, d)
	x := b.node("Gather", []value{table, ids}, []int{n, t, d}, table.typ, intAttr("axis", 0))
	x = b.to(x, b.floatType())
	positions := b.param(model+"embeddings.position_embedding.weight", cfg.MaxPositionEmbeddings, d)
	x = b.reshape(b.add(x, b.slice(positions, 0, 0, t)), n*t, d)
	rows := func(v value) value { return b.reshape(v, n, t, d) }
	final := func(v value) value { return b.layerNorm(v, model+"final_layer_norm", eps) }

	states := []value{x}
	b.tap("hidden_states.0", b.reshapeTap("hidden_states.0", x, n, t, d))
	bias := b.causal(t)
	for i := range layers {
		p := fmt.Sprintf("%sencoder.layers.%d", model, i)
		y := b.layerNorm(x, p+".layer_norm1", eps)
		q := b.linear(y, p+".self_attn.q_proj", d, true)
		k := b.linear(y, p+".self_attn.k_proj", d, true)
		v := b.linear(y, p+".self_attn.v_proj", d, true)
		b.in(p + ".self_attn")
		y = b.attention(q, k, v, n, cfg.NumAttentionHeads, bias)
		x = b.add(x, b.linear(y, p+".self_attn.out_proj", d, true))
		y = b.layerNorm(x, p+".layer_norm2", eps)
		y = b.activation(cfg.HiddenAct, b.linear(y, p+".mlp.fc1", cfg.IntermediateSize, true))
		x = b.add(x, b.linear(y, p+".mlp.fc2", d, true))
		states = append(states, x)
		path := fmt.Sprintf("hidden_states.%d", i+1)
		b.tap(path, b.reshapeTap(path, x, n, t, d))
	}
	last := rows(final(x))
	for k := layers; k >= 1; k-- {
		name := fmt.Sprintf("clip_skip_%d", k)
		if k == 1 {
			name = "penultimate"
		}
		b.output(name, rows(states[layers-k]))
		b.output(name+"_ln", rows(final(states[layers-k])))
	}
	b.output("last_hidden_state", last)

	pooled := b.pool(last, ids, cfg.EOSTokenID)
	if cfg.WithProjection() {
		b.output("text_embeds", b.linear(pooled, "text_projection", cfg.ProjectionDim, false))
	} else {
		b.output("pooler_output", pooled)
	}
	return b.spec(fmt.Sprintf("%s %d tokens", b.part, t), func(key string) bool {
		// Some folders keep a projection that their architecture does not use.
		return key != "text_projection.weight"
	})
}

// causal is the bias that keeps a token from seeing later ones, [1, 1, t, t].
// Their scores become so small that softmax makes them zero, but stay finite.
func (b *builder) causal(t int) value {
	low := float32(-1e30)
	if b.opt.Half {
		low = -6e4
	}
	m := make([]float32, t*t)
	for i := range t {
		for j := i + 1; j < t; j++ {
			m[i*t+j] = low
		}
	}
	return b.floats([]int{1, 1, t, t}, m...)
}

// pool takes the row of the end token out of each text: states [n, t, d],
// result [n, d].
func (b *builder) pool(states, ids value, eos int) value {
	b.in("pooler")
	n, t, d := states.shape[0], states.shape[1], states.shape[2]
	const firstCLIP = 2
	of := ids
	if eos != firstCLIP {
		of = b.node("Equal", []value{ids, b.constant(int64Elem, nil, rawInt64([]int{eos}))}, ids.shape, boolElem)
	}
	at := b.node("ArgMax", []value{b.to(of, float32Elem)}, []int{n, 1}, int64Elem, intAttr("axis", 1), intAttr("keepdims", 1))
	// Rows are gathered out of all texts laid end to end.
	starts := make([]int, n)
	for i := range starts {
		starts[i] = i * t
	}
	at = b.add(b.reshape(at, n), b.ints(starts...))
	flat := b.reshape(states, n*t, d)
	return b.node("Gather", []value{flat, at}, []int{n, d}, states.typ, intAttr("axis", 0))
}

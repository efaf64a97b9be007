package weights

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// LoRA names a file of low-rank changes and how strongly they count.
type LoRA struct {
	Path  string
	Scale float64 // 1 as trained; negative takes the change away
}

// LoRAError says why a LoRA does not go with a model.
type LoRAError struct {
	File   string
	Key    string // the tensor of the file that shows it
	Target string // the weight of the model that it would change, if known
	Have   []int  // shape in the file
	Want   []int  // shape of the model's weight
	Reason string
}

func (e *LoRAError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %q", e.File, clip(e.Key))
	if e.Have != nil {
		fmt.Fprintf(&b, " of shape %v", e.Have)
	}
	b.WriteString(": " + e.Reason)
	if e.Target != "" {
		fmt.Fprintf(&b, " (%s", e.Target)
		if e.Want != nil {
			fmt.Fprintf(&b, " of shape %v", e.Want)
		}
		b.WriteString(")")
	}
	return b.String()
}

// merging is what the MergeOptions set.
type merging struct {
	progress func(done, total int64)
	stored   bool
}

// MergeOption changes how LoRAs are merged.
type MergeOption func(*merging)

// MergeProgress has f called during the merge with the numbers of weights done
// and to do, from one goroutine at a time.
func MergeProgress(f func(done, total int64)) MergeOption {
	return func(m *merging) { m.progress = f }
}

// MergeRounded rounds merged weights to the number format that they are stored
// in, instead of keeping them as float32: half the memory for an fp16 model,
// at the cost of a rounding error of up to 2^-11 (fp16) or 2^-8 (bf16) of each
// changed weight.
func MergeRounded() MergeOption { return func(m *merging) { m.stored = true } }

// change is one LoRA's part in one weight: W += scale * up @ down, with a
// Tucker core between them where there is one.
type change struct {
	file  string
	up    Tensor
	down  Tensor
	mid   Tensor // Data nil when there is none
	alpha float64
	root  bool // alpha counts over the root of the rank
	scale float64
}

// rank is the inner size of the product.
func (c change) rank() int { return c.down.Shape[0] }

// factor is what the product counts.
func (c change) factor() float64 {
	r := float64(c.rank())
	if c.root {
		r = math.Sqrt(r)
	}
	return c.scale * c.alpha / r
}

// WithLoRAs returns a model whose weights are changed by LoRAs, in order:
//
//	W += Scale * alpha/rank * (up @ down)
//
// for every weight that a file names, computed in float32. Only the changed
// weights are made anew, outside Go's heap, as float32 (see MergeRounded);
// all others are shared with m. Close it like any other model; m may be closed
// before it.
//
// Files may follow kohya's naming (modules by diffusers' or by the original
// UNet's paths), PEFT's, or those of older diffusers; linear layers and
// convolutions, with or without alpha. A tensor that is none of these, or that
// changes a weight which m does not have in that shape, is a *LoRAError, and
// nothing is merged.
func (m *Model) WithLoRAs(ctx context.Context, loras []LoRA, opts ...MergeOption) (_ *Model, err error) {
	var o merging
	for _, f := range opts {
		f(&o)
	}
	names := newLoRANames(m)
	changes := map[target][]change{}
	var order []target
	var open []*File
	defer func() {
		for _, f := range open {
			err = errors.Join(err, f.Close())
		}
	}()
	for _, l := range loras {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("weights: merging LoRAs: %w", err)
		}
		if math.IsNaN(l.Scale) || math.IsInf(l.Scale, 0) {
			return nil, fmt.Errorf("weights: %s: a scale of %g cannot be used", l.Path, l.Scale)
		}
		f, err := OpenFile(l.Path)
		if err != nil {
			return nil, err
		}
		open = append(open, f)
		found, err := readLoRA(f, names, m)
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			x.change.scale = l.Scale
			if x.change.factor() == 0 {
				continue
			}
			if _, ok := changes[x.target]; !ok {
				order = append(order, x.target)
			}
			changes[x.target] = append(changes[x.target], x.change)
		}
	}
	return m.merge(ctx, order, changes, o)
}

// found is a change and where it goes.
type found struct {
	target target
	change change
}

// readLoRA finds the changes of a file and checks each against the model.
func readLoRA(f *File, names loraNames, m *Model) ([]found, error) {
	meta, err := readAdapterMetadata(f)
	if err != nil {
		return nil, err
	}
	type module struct {
		path  string
		parts [4]*Tensor
		keys  [4]string
	}
	var order []*module
	byPath := map[string]*module{}
	for i := range f.tensors {
		t := &f.tensors[i]
		path, part, err := splitLoRAKey(t.Name)
		if err != nil {
			return nil, &LoRAError{File: f.Name(), Key: t.Name, Have: t.Shape, Reason: err.Error()}
		}
		mod, ok := byPath[path]
		if !ok {
			mod = &module{path: path}
			byPath[path] = mod
			order = append(order, mod)
		}
		if mod.parts[part] != nil {
			return nil, &LoRAError{File: f.Name(), Key: t.Name, Reason: fmt.Sprintf("and %q are the same part of a change", clip(mod.keys[part]))}
		}
		mod.parts[part], mod.keys[part] = t, t.Name
	}
	if len(order) == 0 {
		return nil, &UnsupportedError{File: f.Name(), Reason: "holds no tensors"}
	}
	var out []found
	to := map[target]string{}
	for _, mod := range order {
		up, down, alpha := mod.parts[partUp], mod.parts[partDown], mod.parts[partAlpha]
		switch {
		case down == nil && up == nil:
			return nil, &LoRAError{File: f.Name(), Key: mod.path, Reason: "has neither a down nor an up matrix"}
		case up == nil:
			return nil, &LoRAError{File: f.Name(), Key: mod.keys[partDown], Have: down.Shape, Reason: "has no up matrix beside it"}
		case down == nil:
			return nil, &LoRAError{File: f.Name(), Key: mod.keys[partUp], Have: up.Shape, Reason: "has no down matrix beside it"}
		}
		tgt, ok := names.find(mod.path)
		if !ok {
			return nil, misfit(f, m, &LoRAError{File: f.Name(), Key: down.Name, Have: down.Shape, Reason: "changes a weight that this model does not have"})
		}
		if other, ok := to[tgt]; ok {
			return nil, &LoRAError{File: f.Name(), Key: down.Name, Target: tgt.part + "." + tgt.name, Reason: fmt.Sprintf("changes the same weight as %q", clip(other))}
		}
		to[tgt] = down.Name
		c := change{file: f.Name(), up: *up, down: *down}
		if mid := mod.parts[partMid]; mid != nil {
			c.mid = *mid
		}
		w, _ := m.weight(tgt)
		if err := c.fits(w, tgt); err != nil {
			return nil, misfit(f, m, err)
		}
		c.alpha = float64(c.rank())
		if alpha != nil {
			v := Float32s(*alpha)
			if len(v) != 1 || !finite(v) {
				return nil, &LoRAError{File: f.Name(), Key: alpha.Name, Have: alpha.Shape, Reason: "is not one finite number"}
			}
			c.alpha = float64(v[0])
		} else if a, root := meta.alpha(tgt.part, strings.TrimSuffix(tgt.name, ".weight")); a != 0 {
			c.alpha, c.root = a, root
		}
		out = append(out, found{tgt, c})
	}
	return out, nil
}

func (m *Model) weight(t target) (Tensor, bool) {
	switch {
	case t.part == "unet" && m.UNet != nil:
		return m.UNet.Weights.Lookup(t.name)
	case t.part == "text_encoder" && m.TextEncoder != nil:
		return m.TextEncoder.Weights.Lookup(t.name)
	case t.part == "text_encoder_2" && m.TextEncoder2 != nil:
		return m.TextEncoder2.Weights.Lookup(t.name)
	}
	return Tensor{}, false
}

// fits checks the shapes of a change against the weight w.
//
//	linear        down [r, in]          up [out, r]          (or with 1, 1 behind)
//	convolution   down [r, in, kh, kw]  up [out, r, 1, 1]
//	Tucker        down [r, in, 1, 1]    mid [r, r, kh, kw]   up [out, r, 1, 1]
func (c change) fits(w Tensor, t target) *LoRAError {
	bad := func(x Tensor, reason string) *LoRAError {
		return &LoRAError{File: c.file, Key: x.Name, Target: t.part + "." + t.name, Have: x.Shape, Want: w.Shape, Reason: reason}
	}
	for _, x := range []Tensor{c.up, c.down} {
		if len(x.Shape) != 2 && len(x.Shape) != 4 {
			return bad(x, "is neither a matrix nor a convolution")
		}
		if x.Type > F64 {
			return bad(x, "is stored as "+x.Type.String()+", no format of weights")
		}
	}
	if len(w.Shape) != 2 && len(w.Shape) != 4 {
		return bad(c.down, "changes a weight that is neither a matrix nor a convolution")
	}
	shape := func(s []int) [4]int { // [out, in, kh, kw]
		out := [4]int{1, 1, 1, 1}
		copy(out[:], s)
		return out
	}
	ws, up, down := shape(w.Shape), shape(c.up.Shape), shape(c.down.Shape)
	r := down[0]
	switch {
	case r == 0:
		return bad(c.down, "has rank 0")
	case up[0] != ws[0]:
		return bad(c.up, "gives another number of outputs than the model's weight has")
	case up[1] != r || up[2] != 1 || up[3] != 1:
		return bad(c.up, fmt.Sprintf("does not match the rank of its down matrix, %d", r))
	case down[1] != ws[1]:
		return bad(c.down, "takes another number of inputs than the model's weight")
	}
	if c.mid.Data == nil {
		if down[2] != ws[2] || down[3] != ws[3] {
			return bad(c.down, "has another kernel than the model's weight")
		}
		return nil
	}
	if mid := shape(c.mid.Shape); len(c.mid.Shape) != 4 || mid[0] != r || mid[1] != r || mid[2] != ws[2] || mid[3] != ws[3] || down[2] != 1 || down[3] != 1 || c.mid.Type > F64 {
		return bad(c.mid, "does not match the matrices beside it")
	}
	return nil
}

// misfit adds to err, where the widths of the text that the LoRA and the model
// take differ, what that means: the LoRA belongs to another architecture.
func misfit(f *File, m *Model, err *LoRAError) error {
	if m.UNet == nil {
		return err
	}
	for _, t := range f.tensors {
		n := strings.ReplaceAll(t.Name, "_", ".")
		if !strings.Contains(n, ".attn2.") || !strings.Contains(n, ".to.k.") || len(t.Shape) < 2 {
			continue
		}
		if _, part, e := splitLoRAKey(t.Name); e != nil || part != partDown {
			continue
		}
		have, want := t.Shape[1], m.UNet.Config.CrossAttentionDim.At(0)
		if have == want {
			return err
		}
		of := map[int]string{768: "Stable Diffusion 1", 1024: "Stable Diffusion 2", 2048: "Stable Diffusion XL"}
		made, is := of[have], of[want]
		if made != "" {
			made = ", that is for " + made
		}
		if is != "" {
			is = " (" + is + ")"
		}
		err.Reason += fmt.Sprintf("; the LoRA was made for models with a text width of %d%s, and this model's is %d%s", have, made, want, is)
		return err
	}
	return err
}

func finite(v []float32) bool {
	return !slices.ContainsFunc(v, func(x float32) bool { return x-x != 0 })
}

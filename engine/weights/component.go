package weights

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// weightFiles finds the safetensors files of one component's folder, in the
// order in which diffusers looks: the plain file, its shards, then the fp16
// variant; a variant that was asked for comes first.
func (s source) weightFiles(dir, variant string) ([]*File, error) {
	variants := []string{"", "fp16"}
	if variant != "" {
		variants = []string{variant, "", "fp16"}
	}
	for _, v := range variants {
		for _, stem := range []string{"diffusion_pytorch_model", "model"} {
			single, index := stem+".safetensors", stem+".safetensors.index.json"
			if v != "" {
				single, index = stem+"."+v+".safetensors", stem+".safetensors.index."+v+".json"
			}
			if name := path.Join(dir, single); s.exists(name) {
				f, err := s.open(name)
				return []*File{f}, err
			}
			if name := path.Join(dir, index); s.exists(name) {
				return s.shards(dir, name)
			}
		}
	}
	// A folder with one file of another name is clear enough.
	found, err := s.glob(dir, ".safetensors")
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(n string) bool { return strings.Contains(path.Base(n), "non_ema") })
	switch len(found) {
	case 1:
		f, err := s.open(found[0])
		return []*File{f}, err
	case 0:
		for _, ext := range []string{".bin", ".ckpt", ".pt", ".pth"} {
			if p, err := s.glob(dir, ext); err == nil && len(p) > 0 {
				return nil, &PickleError{File: s.full(p[0])}
			}
		}
		return nil, &MissingError{Where: s.full(dir), What: "a .safetensors file", Do: "the folder is not complete; fetch it again"}
	}
	return nil, &MissingError{Where: s.full(dir), What: "a file of the usual name", Do: "it has " + strings.Join(found, ", ") + " and nothing says which to take"}
}

// shards opens the files of an index and checks that each holds what the
// index says.
func (s source) shards(dir, index string) ([]*File, error) {
	b, err := s.text(index)
	if err != nil {
		return nil, err
	}
	var idx struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(b, &idx); err != nil {
		return nil, &FormatError{File: s.full(index), Reason: "is not a shard index: " + err.Error()}
	}
	if len(idx.WeightMap) == 0 {
		return nil, &FormatError{File: s.full(index), Reason: "lists no weights"}
	}
	byFile := map[string][]string{}
	for key, file := range idx.WeightMap {
		// The index may only name its neighbours.
		if file == "" || path.Base(file) != file || strings.ContainsAny(file, `/\:`) {
			return nil, &FormatError{File: s.full(index), Key: key, Reason: fmt.Sprintf("names %q, which is not a file of its folder", clip(file))}
		}
		byFile[file] = append(byFile[file], key)
	}
	var names []string
	for name := range byFile {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []*File
	for _, name := range names {
		if !s.exists(path.Join(dir, name)) {
			return nil, &MissingError{Where: s.full(dir), What: name, Do: "the index names it; fetch the folder again"}
		}
		f, err := s.open(path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		for _, key := range byFile[name] {
			if _, ok := f.Lookup(key); !ok {
				return nil, &MissingError{Where: f.Name(), What: fmt.Sprintf("%q", clip(key)), Do: "the index says that it is here"}
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// collect makes one set of the tensors of files, renamed; rename returns ""
// for what is to be dropped.
func collect(files []*File, rename func(string) string) (*Set, error) {
	var n int
	for _, f := range files {
		n += len(f.tensors)
	}
	ts := make([]Tensor, 0, n)
	for _, f := range files {
		for _, t := range f.tensors {
			if t.Name = rename(t.Name); t.Name != "" {
				ts = append(ts, t)
			}
		}
	}
	set, err := NewSet(ts...)
	if err != nil {
		return nil, &FormatError{File: files[0].Name(), Reason: "two files or names give the same tensor: " + err.Error()}
	}
	return set, nil
}

func sameName(name string) string { return name }

// textName is the name of a text encoder's tensor with its published prefix.
func textName(name string) string {
	switch {
	case strings.HasSuffix(name, "position_ids"), name == "logit_scale":
		return ""
	case strings.HasPrefix(name, "vision_model."), strings.HasPrefix(name, "visual_projection."):
		return "" // a whole CLIP was saved; its picture half is not needed
	case strings.HasPrefix(name, "embeddings."), strings.HasPrefix(name, "encoder."), strings.HasPrefix(name, "final_layer_norm."):
		return "text_model." + name
	}
	return name
}

// vaeName gives the attention of AutoencoderKL the names of today's diffusers.
func vaeName(name string) string {
	if !strings.Contains(name, ".attentions.") {
		return name
	}
	for _, r := range [...][2]string{{".query.", ".to_q."}, {".key.", ".to_k."}, {".value.", ".to_v."}, {".proj_attn.", ".to_out.0."}} {
		name = strings.Replace(name, r[0], r[1], 1)
	}
	return name
}

// linearAttention gives VAE attention matrices their linear shape [out, in]
// where they are stored as 1x1 convolutions [out, in, 1, 1]. The bytes are the
// same.
func linearAttention(set *Set) *Set {
	var changed []Tensor
	for _, name := range set.order {
		t := set.byName[name]
		if len(t.Shape) != 4 || t.Shape[2] != 1 || t.Shape[3] != 1 || !strings.Contains(name, ".attentions.") {
			continue
		}
		t.Shape = t.Shape[:2:2]
		changed = append(changed, t)
	}
	if changed == nil {
		return set
	}
	return set.With(changed...)
}

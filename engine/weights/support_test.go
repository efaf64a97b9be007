package weights

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/fnv"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// nameList reads testdata/names/NAME.txt.gz: the tensors of a file of the
// conformance vectors, one "name dtype d,d,d" a line. Their numbers are made
// up here, from the name, by fill.
func nameList(t *testing.T, name string) []Tensor {
	t.Helper()
	out := emptyList(t, name)
	for i := range out {
		out[i] = fill(out[i])
	}
	return out
}

// emptyList is nameList without the numbers.
func emptyList(t testing.TB, name string) []Tensor {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "names", name+".txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var out []Tensor
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		parts := strings.Split(line, " ")
		typ, err := parseDType(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		var shape []int
		if parts[2] != "" {
			for _, d := range strings.Split(parts[2], ",") {
				n, err := strconv.Atoi(d)
				if err != nil {
					t.Fatal(err)
				}
				shape = append(shape, n)
			}
		}
		out = append(out, Tensor{Name: parts[0], Type: typ, Shape: shape})
	}
	return out
}

// fill gives a tensor small random numbers that depend on its name.
func fill(t Tensor) Tensor {
	h := fnv.New64a()
	h.Write([]byte(t.Name))
	r := rand.New(rand.NewPCG(h.Sum64(), 7))
	v := make([]float32, t.Len())
	for i := range v {
		v[i] = float32(r.NormFloat64()) / 8
	}
	t.Data = make([]byte, len(v)*t.Type.Size())
	switch t.Type {
	case I64:
		for i := range v {
			binary.LittleEndian.PutUint64(t.Data[8*i:], uint64(i))
		}
	default:
		narrow(t.Data, t.Type, v)
	}
	return t
}

// under keeps the tensors below a prefix, without it.
func under(ts []Tensor, prefix string) []Tensor {
	var out []Tensor
	for _, t := range ts {
		if rest, ok := strings.CutPrefix(t.Name, prefix); ok {
			t.Name = rest
			out = append(out, t)
		}
	}
	return out
}

func encode(t *testing.T, metadata map[string]string, ts ...Tensor) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, metadata, ts...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeFile(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// makeFolder writes the diffusers folder NAME of testdata, with weights, to a
// temporary directory.
func makeFolder(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	// The vocabulary of sd1 is CLIP's, which is not kept twice.
	if name == "sd1" {
		tok, err := CLIPTokenizer("<|endoftext|>")
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "tokenizer", "vocab.json"), tok.Vocab)
		writeFile(t, filepath.Join(dir, "tokenizer", "merges.txt"), tok.Merges)
	}
	ts := nameList(t, name)
	for _, part := range []string{"unet", "vae", "text_encoder", "text_encoder_2"} {
		if sub := under(ts, part+"/"); sub != nil {
			file := "diffusion_pytorch_model.safetensors"
			if strings.HasPrefix(part, "text") {
				file = "model.safetensors"
			}
			writeFile(t, filepath.Join(dir, part, file), encode(t, nil, sub...))
		}
	}
	return dir
}

func mustOpen(t *testing.T, path string, opts ...Option) *Model {
	t.Helper()
	m, err := Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// parts are the components of a model by their folders.
func parts(m *Model) map[string]*Set {
	out := map[string]*Set{}
	if m.UNet != nil {
		out["unet"] = m.UNet.Weights
	}
	if m.ControlNet != nil {
		out["controlnet"] = m.ControlNet.Weights
	}
	if m.VAE != nil {
		out["vae"] = m.VAE.Weights
	}
	if m.TextEncoder != nil {
		out["text_encoder"] = m.TextEncoder.Weights
	}
	if m.TextEncoder2 != nil {
		out["text_encoder_2"] = m.TextEncoder2.Weights
	}
	if m.Upscaler != nil {
		out["upscaler"] = m.Upscaler.Weights
	}
	return out
}

// goldenDir is the directory of the conformance vectors, which the project's
// own test run does without.
func goldenDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SELVAGE_GOLDEN")
	if dir == "" {
		t.Skip("SELVAGE_GOLDEN names no directory of conformance vectors")
	}
	return dir
}

// listing is all files below dir.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

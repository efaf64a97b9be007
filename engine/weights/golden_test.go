package weights

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestGoldenModels opens every model of the conformance vectors, and compares
// single files byte for byte with the folders of the same weights.
func TestGoldenModels(t *testing.T) {
	dir := goldenDir(t)
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Models map[string]struct{ Path, Layout, Family, Config string }
	}
	if err := json.Unmarshal(b, &manifest); err != nil {
		t.Fatal(err)
	}
	for name, e := range manifest.Models {
		var opts []Option
		if e.Config != "" {
			opts = append(opts, WithConfig(filepath.Join(dir, e.Config)))
		}
		m, err := Open(filepath.Join(dir, e.Path), opts...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		switch e.Family {
		case "sd1", "sd2", "sdxl":
			if string(m.Family) != e.Family {
				t.Errorf("%s: taken for %s", name, m.Family)
			}
		}
		if e.Layout == "ldm" {
			folder := mustOpen(t, filepath.Join(dir, e.Config))
			for part, set := range parts(folder) {
				compareSets(t, name+"/"+part, parts(m)[part], set)
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestVocabulary checks the program's own vocabulary: every id once, and the
// entries that the first words of CLIP's are known to have.
func TestVocabulary(t *testing.T) {
	tok, err := CLIPTokenizer("!")
	if err != nil {
		t.Fatal(err)
	}
	var ids map[string]int
	if err := json.Unmarshal(tok.Vocab, &ids); err != nil {
		t.Fatal(err)
	}
	seen := make([]bool, clipVocabSize)
	for piece, id := range ids {
		if id < 0 || id >= len(seen) || seen[id] {
			t.Fatalf("%q has id %d", piece, id)
		}
		seen[id] = true
	}
	for piece, want := range map[string]int{"!": 0, "\"": 1, "\\": 59, "a": 64, "a</w>": 320, "the</w>": 518, "cat</w>": 2368, "<|startoftext|>": 49406, "<|endoftext|>": 49407} {
		if ids[piece] != want {
			t.Errorf("%q is %d, want %d", piece, ids[piece], want)
		}
	}
	if len(ids) != clipVocabSize {
		t.Errorf("%d entries", len(ids))
	}
}

func BenchmarkCLIPTokenizer(b *testing.B) {
	for b.Loop() {
		if _, err := CLIPTokenizer("!"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenCheckpoint opens files of the published models' shapes, in the
// page cache, with nothing beside them.
func BenchmarkOpenCheckpoint(b *testing.B) {
	for _, family := range []Family{SD1, SDXL} {
		b.Run(string(family), func(b *testing.B) {
			path := originalFile(b, family, nil, nil, "m.safetensors")
			for b.Loop() {
				m, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if err := m.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestGoldenVocabulary compares the program's own vocabulary with the one that
// the conformance vectors have.
func TestGoldenVocabulary(t *testing.T) {
	dir := goldenDir(t)
	tok, err := CLIPTokenizer("<|endoftext|>")
	if err != nil {
		t.Fatal(err)
	}
	want := mustOpen(t, filepath.Join(dir, "models", "sd1")).Tokenizer
	if string(tok.Merges) != string(want.Merges) {
		t.Error("the merges differ")
	}
	var a, b map[string]int
	if err := json.Unmarshal(tok.Vocab, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want.Vocab, &b); err != nil {
		t.Fatal(err)
	}
	for k, v := range b {
		if a[k] != v {
			t.Errorf("%q is %d, want %d", k, a[k], v)
		}
	}
	if len(a) != len(b) || len(a) != clipVocabSize {
		t.Errorf("%d entries, want %d", len(a), len(b))
	}
}

package weights

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
)

func goldenDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SELVAGE_GOLDEN")
	if dir == "" {
		t.Skip("SELVAGE_GOLDEN names no directory of conformance vectors")
	}
	return dir
}

func TestGoldenFolders(t *testing.T) {
	dir := goldenDir(t)
	for _, name := range []string{"sd1", "sd2", "sdxl", "sd1-inpaint", "sd1-grad", "taesd", "sd1-controlnet", "rrdb-x2", "rrdb-x4"} {
		m, err := Open(dir + "/models/" + name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Log(name, m.Kind, m.Family, m.Pipeline)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestGoldenSingleFiles(t *testing.T) {
	dir := goldenDir(t)
	for _, name := range []string{"sd1", "sd2", "sdxl"} {
		want, err := Open(dir + "/models/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(dir+"/models/"+name+"-ldm/model.safetensors", WithConfig(dir+"/models/"+name))
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name, got.Ignored, got.Assumed)
		same := func(part string, a, b *Set) {
			if a.Len() != b.Len() {
				t.Errorf("%s: %s has %d weights, want %d", name, part, a.Len(), b.Len())
			}
			for _, n := range b.Names() {
				x, ok := a.Lookup(n)
				y, _ := b.Lookup(n)
				if !ok || x.Type != y.Type || !slices.Equal(x.Shape, y.Shape) || !bytes.Equal(x.Data, y.Data) {
					t.Errorf("%s: %s %q differs: %v %v %v", name, part, n, ok, x.Shape, y.Shape)
				}
			}
		}
		same("unet", got.UNet.Weights, want.UNet.Weights)
		same("vae", got.VAE.Weights, want.VAE.Weights)
		same("text_encoder", got.TextEncoder.Weights, want.TextEncoder.Weights)
		if want.TextEncoder2 != nil {
			same("text_encoder_2", got.TextEncoder2.Weights, want.TextEncoder2.Weights)
		}
	}
}

func TestGoldenVocabulary(t *testing.T) {
	dir := goldenDir(t)
	b, err := os.ReadFile(dir + "/models/sd1/tokenizer/vocab.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := CLIPTokenizer("!")
	if err != nil {
		t.Fatal(err)
	}
	var have, want map[string]int
	if err := json.Unmarshal(tok.Vocab, &have); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(have, want) {
		t.Errorf("vocabularies differ: %d %d", len(have), len(want))
	}
}

package session_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/sessiontest"
	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

func open(t testing.TB) *session.Session {
	t.Helper()
	return sessiontest.Open(t, func(c *session.Config) { c.Device = "cpu" })
}

func quick(kind pattern.Kind) session.Request {
	return session.Request{
		Prompt: "red polka dots on a cream ground", Model: "starter", Seed: 5, Steps: 3, Width: 128, Height: 128,
		Repeat: session.Repeat{Repeat: pattern.Repeat{Kind: kind}},
	}
}

func TestEveryLayoutIsMadeAndExported(t *testing.T) {
	s := open(t)
	for k := range pattern.KindNames() {
		kind := pattern.Kind(k)
		t.Run(kind.String(), func(t *testing.T) {
			r := quick(kind)
			if kind == pattern.Hex {
				r.Width, r.Height = 0, 0
			}
			made, err := s.Generate(t.Context(), r, nil)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			out, err := s.Export(t.Context(), made, filepath.Join(dir, "a.tif"), session.ExportOptions{Depth: 16})
			if err != nil {
				t.Fatal(err)
			}
			rep := pattern.Repeat{Kind: kind}
			w, h := rep.RectangleSize(made.Plan.Picture.Width, made.Plan.Picture.Height)
			files := 2
			if w != made.Plan.Picture.Width || h != made.Plan.Picture.Height {
				files = 3
				img, _, err := file.Read(filepath.Join(dir, "a-rectangle.tif"))
				if err != nil {
					t.Fatal(err)
				}
				if b := img.Bounds(); b.Dx() != w || b.Dy() != h {
					t.Errorf("the rectangle has %v pixels, want %d x %d", b.Size(), w, h)
				}
				report, err := session.Seam(filepath.Join(dir, "a-rectangle.tif"), rep.Straight())
				if err != nil {
					t.Fatal(err)
				}
				if !report.Pass {
					t.Errorf("the rectangle as a block: %v", report)
				}
			}
			if len(out.Files) != files {
				t.Errorf("wrote %v, want %d files", out.Files, files)
			}
			if kind == pattern.Mirror && (made.Asymmetry <= 0 || !strings.Contains(strings.Join(made.Warnings, "\n"), "four times")) {
				t.Errorf("a mirror does not say what it costs: asymmetry %g, %q", made.Asymmetry, made.Warnings)
			}
			if kind == pattern.Hex {
				if math.Abs(made.Plan.RatioError) > 0.002 || math.Abs(made.Plan.SampledRatioError) <= math.Abs(made.Plan.RatioError) {
					t.Errorf("hex ratio off by %g sampled and %g in the picture", made.Plan.SampledRatioError, made.Plan.RatioError)
				}
			}
		})
	}
}

func TestReinkingNeedsNoModel(t *testing.T) {
	s := open(t)
	made, err := s.Generate(t.Context(), quick(pattern.Block), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := append(color.Palette(nil), made.Palette...)
	p[0], p[1] = p[1], p[0]
	again, err := made.Reink(p)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(made.Cell.Pix, again.Cell.Pix) {
		t.Error("other chips, the same picture")
	}
	r := quick(pattern.Block)
	r.Palette = again.PaletteHex()
	direct, err := s.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(direct.Cell.Pix, again.Cell.Pix) {
		t.Error("inking again and generating with the palette are two pictures")
	}
}

func TestStartingFromAPicture(t *testing.T) {
	s := open(t)
	dir := t.TempDir()
	first, err := s.Generate(t.Context(), quick(pattern.Block), nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.png")
	if _, err := s.Export(t.Context(), first, path, session.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	r := quick(pattern.Block)
	r.Seed, r.Init, r.Strength = 6, &session.File{Path: path}, 0.7
	made, err := s.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if made.Request.Init.SHA256 == "" {
		t.Error("the request does not say which picture it started from")
	}
	// The picture has changed since: the request cannot be made again.
	if err := file.Write(path, made.Cell, file.Meta{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Generate(t.Context(), made.Request, nil); err == nil || !strings.Contains(err.Error(), "is not the picture") {
		t.Errorf("another picture under the same name: %v", err)
	}
}

// starterFolder copies the starter model to disk.
func starterFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := os.CopyFS(dir, os.DirFS("../../engine/starter/model")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestNaNIsNamedWithItsStep(t *testing.T) {
	dir := starterFolder(t)
	path := filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(b)
	var header map[string]struct {
		Offsets []int `json:"data_offsets"`
	}
	if err := json.Unmarshal(b[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	at := 8 + int(n) + header["conv_out.bias"].Offsets[0]
	b[at], b[at+1] = 0x00, 0x7e // NaN in half precision
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := quick(pattern.Block)
	r.Model = dir
	_, err = open(t).Generate(t.Context(), r, nil)
	var nan *diffusion.NotANumberError
	if !errors.As(err, &nan) || nan.Step != 1 || !strings.Contains(err.Error(), "step 1") {
		t.Errorf("broken weights: %v", err)
	}
}

func TestBrokenModelsAreRefused(t *testing.T) {
	s := open(t)
	cut := starterFolder(t)
	path := filepath.Join(cut, "unet", "diffusion_pytorch_model.safetensors")
	if err := os.Truncate(path, 1<<20); err != nil {
		t.Fatal(err)
	}
	lora := quick(pattern.Block)
	lora.LoRAs = []session.LoRA{{Path: "../../engine/testdata/golden/loras/sd1-peft.safetensors", Weight: 1}}
	short := quick(pattern.Block)
	short.Model = cut
	upscaler := quick(pattern.Block)
	upscaler.Model = "../../engine/testdata/golden/models/rrdb-x2"
	for name, r := range map[string]session.Request{"a LoRA for another architecture": lora, "truncated weights": short, "an upscaler": upscaler} {
		if _, err := s.Generate(t.Context(), r, nil); err == nil {
			t.Errorf("%s is taken", name)
		} else if len(err.Error()) < 20 {
			t.Errorf("%s: %v says too little", name, err)
		}
	}
}

// A model comes from an address, is listed with its hash, and goes again.
func TestModelsFromAnAddress(t *testing.T) {
	t.Setenv("SELVAGE_MODELS", "")
	server := httptest.NewServer(http.FileServer(http.Dir("../../engine/testdata/golden/loras")))
	defer server.Close()
	s := open(t)
	added, err := s.AddModel(t.Context(), server.URL+"/sd1-peft.safetensors", session.AddOptions{Name: "style"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Name != "starter" || all[1].Name != added.Name || len(all[1].Files) == 0 || len(all[1].Files[0].SHA256) != 64 {
		t.Fatalf("after adding one there are %+v", all)
	}
	card, err := s.Card(t.Context(), added.Name)
	if err != nil {
		t.Fatal(err)
	}
	if card.Licence == "" || card.CommercialUse == "" {
		t.Errorf("its card says nothing of the licence: %+v", card)
	}
	if err := s.RemoveModel(t.Context(), added.Name); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Card(t.Context(), added.Name); err == nil {
		t.Error("it is still there")
	}
	if _, err := s.AddModel(t.Context(), server.URL+"/nothing.safetensors", session.AddOptions{}, nil); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("an address of nothing: %v", err)
	}
}

func TestCancelStopsWithinAStep(t *testing.T) {
	s := open(t)
	r := quick(pattern.Block)
	r.Steps = 200
	ctx, cancel := context.WithCancel(t.Context())
	after := 0
	_, err := s.Generate(ctx, r, func(p session.Progress) {
		if ctx.Err() != nil && p.Step > 0 {
			after++
		}
		if p.Step == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || after > 1 {
		t.Errorf("cancelled after step 2: %v, and %d more steps were reported", err, after)
	}
}

func TestCleanFilesSayNothing(t *testing.T) {
	s := open(t)
	made, err := s.Generate(t.Context(), quick(pattern.HalfDrop), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := s.Export(t.Context(), made, filepath.Join(dir, "a.png"), session.ExportOptions{Clean: true}); err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		if bytes.Contains(b, []byte("polka")) || bytes.Contains(b, []byte(`"seed"`)) {
			t.Errorf("%s tells how it was made", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSoakMemoryIsFlat makes 200 repeats of two sizes in turn and looks at the
// resident memory: whatever grows with every one of them shows.
func TestSoakMemoryIsFlat(t *testing.T) {
	if os.Getenv("SELVAGE_SOAK") == "" {
		t.Skip("200 generations take minutes: make soak runs them")
	}
	s := open(t)
	var early int64
	for i := range 200 {
		r := quick(pattern.HalfDrop)
		r.Seed, r.Width = uint64(i), 64+32*(i%2)
		if _, err := s.Generate(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		if i == 40 {
			early = resident(t)
		}
	}
	late := resident(t)
	t.Logf("resident after 41 generations %d MiB, after 200 %d MiB", early>>20, late>>20)
	if late > early+early/20 {
		t.Errorf("memory grows: %d MiB after 41 generations, %d MiB after 200", early>>20, late>>20)
	}
}

func resident(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the system does not tell the resident memory")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

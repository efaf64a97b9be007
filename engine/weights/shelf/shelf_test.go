package shelf

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/selvage-studio/selvage/engine/weights"
)

// lora writes a small LoRA file and returns its path.
func lora(t *testing.T, name string, value float32) string {
	t.Helper()
	var b bytes.Buffer
	err := weights.Write(&b, map[string]string{"modelspec.title": name},
		weights.NewTensor("unet.conv_in.lora_A.weight", []float32{value, 2}, 1, 2),
		weights.NewTensor("unet.conv_in.lora_B.weight", []float32{1, 2}, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file.safetensors")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// upscaler writes an RRDBNet as a folder with a README and something that is
// not needed.
func upscaler(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var ts []weights.Tensor
	conv := func(name string, out, in int) {
		ts = append(ts, weights.NewTensor(name+".weight", make([]float32, out*in*9), out, in, 3, 3), weights.NewTensor(name+".bias", make([]float32, out), out))
	}
	conv("conv_first", 4, 3)
	for _, r := range []string{"rdb1", "rdb2", "rdb3"} {
		for i, k := range []string{"conv1", "conv2", "conv3", "conv4"} {
			conv("body.0."+r+"."+k, 2, 4+2*i)
		}
		conv("body.0."+r+".conv5", 4, 12)
	}
	for _, n := range []string{"conv_body", "conv_up1", "conv_up2", "conv_hr"} {
		conv(n, 4, 4)
	}
	conv("conv_last", 3, 4)
	var b bytes.Buffer
	if err := weights.Write(&b, nil, ts...); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"model.safetensors": b.Bytes(),
		"config.json":       []byte(`{"num_in_ch":3,"num_out_ch":3,"scale":4,"num_feat":4,"num_block":1,"num_grow_ch":2}`),
		"README.md":         []byte("---\nlicense: bsd-3-clause\n---\n# Sharp Things!\n"),
		"model.pth":         []byte("PK\x03\x04"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T) *Shelf {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && p != dir {
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

func TestAddListRemove(t *testing.T) {
	s := open(t)
	ctx := context.Background()
	var done, total int64
	up, err := s.Add(ctx, upscaler(t), AddOptions{Source: "https://example.com/x", Publisher: "us", Progress: func(d, n int64) {
		if d < done || d > n {
			t.Errorf("%d of %d after %d", d, n, done)
		}
		done, total = d, n
	}})
	if err != nil {
		t.Fatal(err)
	}
	if up.ID != "sharp-things" || done != total || total != up.Size() {
		t.Errorf("%q, %d of %d, %d bytes", up.ID, done, total, up.Size())
	}
	if got, want := files(t, up.Dir), []string{"README.md", "card.json", "config.json", "model.safetensors"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	c := up.Card
	if c.Licence != "bsd-3-clause" || c.CommercialUse != weights.Yes || c.Source != "https://example.com/x" || c.Publisher != "us" || c.Kind != weights.KindUpscaler {
		t.Errorf("%+v", c)
	}
	m, err := weights.Open(up.Path())
	if err != nil {
		t.Fatal(err)
	}
	if m.Upscaler == nil || m.Card.Source != c.Source || len(m.Card.Files) != 3 {
		t.Errorf("opened from the shelf: %+v", m.Card)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}

	// A LoRA, whose licence only the person knows; a second of the same name.
	one, err := s.Add(ctx, lora(t, "Tulips", 1), AddOptions{Licence: "cc-by-nc-4.0"})
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Add(ctx, lora(t, "Tulips", 5), AddOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if one.ID != "tulips" || two.ID != "tulips-2" || one.Card.CommercialUse != weights.No || one.Path() != filepath.Join(one.Dir, "file.safetensors") {
		t.Errorf("%q %q %+v", one.ID, two.ID, one.Card)
	}
	var exists *ExistsError
	if _, err := s.Add(ctx, lora(t, "Tulips", 1), AddOptions{Name: "Other"}); !errors.As(err, &exists) || exists.Entry.ID != "tulips" {
		t.Errorf("the same file again: %v", err)
	}
	all, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range all {
		ids = append(ids, e.ID)
	}
	if !slices.Equal(ids, []string{"sharp-things", "tulips", "tulips-2"}) {
		t.Errorf("%v", ids)
	}

	for name, want := range map[string]string{"tulips": "tulips", "Sharp things!": "sharp-things", "SHARP": "sharp-things", "tulips-": "tulips-2"} {
		if e, err := s.Find(name); err != nil || e.ID != want {
			t.Errorf("%q: %q, %v", name, e.ID, err)
		}
	}
	var not *NotFoundError
	if _, err := s.Find("t"); !errors.As(err, &not) || len(not.Among) != 2 {
		t.Errorf("two begin so: %v", err)
	}
	if err := s.Remove("nothing"); !errors.As(err, &not) {
		t.Error(err)
	}
	if err := s.Remove("tulips"); err != nil {
		t.Fatal(err)
	}
	for _, f := range files(t, s.Dir()) {
		if strings.HasPrefix(f, "tulips/") || strings.HasPrefix(f, ".") {
			t.Errorf("%s is left", f)
		}
	}
}

// TestAddSingleFile adds a single file whose sizes were given by a folder, and
// opens it from the shelf with nothing else said.
func TestAddSingleFile(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "testdata", "names", "sd2-ldm.txt.gz"))
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
	var ts []weights.Tensor
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		parts := strings.Split(line, " ")
		x := weights.Tensor{Name: parts[0], Type: weights.F16}
		if parts[2] != "" {
			if err := json.Unmarshal([]byte("["+parts[2]+"]"), &x.Shape); err != nil {
				t.Fatal(err)
			}
		}
		x.Data = make([]byte, 2*x.Len())
		ts = append(ts, x)
	}
	var b bytes.Buffer
	if err := weights.Write(&b, nil, ts...); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "v2.safetensors")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t)
	e, err := s.Add(context.Background(), file, AddOptions{Open: []weights.Option{weights.WithConfig(filepath.Join("..", "testdata", "sd2"))}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{e.Path(), e.Dir} {
		m, err := weights.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if m.Family != weights.SD2 || m.UNet.Config.Heads(3) != 6 || len(m.Tokenizer.Vocab) == 0 || m.Card.Open != "v2.safetensors" {
			t.Errorf("%s: %v %v %+v", path, m.Family, m.UNet.Config.AttentionHeadDim, m.Card)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestVerify(t *testing.T) {
	s := open(t)
	e, err := s.Add(context.Background(), upscaler(t), AddOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if bad, err := s.Verify(context.Background(), e.ID, nil); err != nil || bad != nil {
		t.Errorf("%v %v", bad, err)
	}
	if err := os.WriteFile(filepath.Join(e.Dir, "README.md"), []byte("---\nlicense: bsd-2-clause\n---\n# Sharp Things!\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(e.Dir, "config.json")); err != nil {
		t.Fatal(err)
	}
	bad, err := s.Verify(context.Background(), e.ID, nil)
	if err != nil || !slices.Equal(bad, []Changed{{"README.md", "has other contents"}, {"config.json", "is missing"}}) {
		t.Errorf("%v %v", bad, err)
	}
}

// limited is a file on a disk that has room for some more bytes.
type limited struct {
	*os.File
	left *int
}

func (l limited) Write(b []byte) (int, error) {
	n := min(len(b), *l.left)
	*l.left -= n
	n, err := l.File.Write(b[:n])
	if err == nil && n < len(b) {
		err = &os.PathError{Op: "write", Path: l.Name(), Err: syscall.ENOSPC}
	}
	return n, err
}

// TestFullDisk adds a model to disks that fill up at every place.
func TestFullDisk(t *testing.T) {
	s := open(t)
	src := upscaler(t)
	create := s.create
	room := 0
	s.create = func(name string) (file, error) {
		f, err := create(name)
		if err != nil {
			return nil, err
		}
		return limited{f.(*os.File), &room}, nil
	}
	fits := 0
	for start := 0; fits == 0; start += 997 {
		room = start
		_, err := s.Add(context.Background(), src, AddOptions{})
		if err == nil {
			fits = start
			continue
		}
		var full *FullError
		if !errors.As(err, &full) || full.Need < 1000 || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("with room for %d: %v", start, err)
		}
		if left := files(t, s.Dir()); left != nil {
			t.Fatalf("with room for %d, %v stayed", start, left)
		}
	}
	if fits < 5000 {
		t.Errorf("it fitted in %d bytes", fits)
	}
}

// TestCancel ends the copy at every progress.
func TestCancel(t *testing.T) {
	s := open(t)
	src := upscaler(t)
	for at := 1; at <= 3; at++ {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		_, err := s.Add(ctx, src, AddOptions{Progress: func(_, _ int64) {
			if n++; n == at {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("at %d: %v", at, err)
		}
		if left := files(t, s.Dir()); left != nil {
			t.Fatalf("at %d, %v stayed", at, left)
		}
	}
}

// TestInterrupted opens a shelf on which a copy was killed, while another one
// is at work.
func TestInterrupted(t *testing.T) {
	s := open(t)
	dead, alive := filepath.Join(s.Dir(), tempPrefix+"dead"), filepath.Join(s.Dir(), tempPrefix+"alive")
	for _, d := range []string{dead, alive} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d, "model.safetensors"), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	release, err := occupy(alive)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	left := files(t, s.Dir())
	// Elsewhere there are no locks, and only what is a day old is removed.
	if slices.Contains(left, tempPrefix+"dead") && runtime.GOOS != "windows" {
		t.Errorf("%v", left)
	}
	if !slices.Contains(left, tempPrefix+"alive/model.safetensors") {
		t.Errorf("a copy at work was removed: %v", left)
	}
	if all, err := again.List(); err != nil || len(all) != 0 {
		t.Errorf("half a model is listed: %v %v", all, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenCard lists a model whose card is damaged, and removes it.
func TestBrokenCard(t *testing.T) {
	s := open(t)
	e, err := s.Add(context.Background(), lora(t, "x", 1), AddOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(e.Dir, weights.CardFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := s.List()
	if err != nil || len(all) != 1 || all[0].Err == nil {
		t.Errorf("%v %v", all, err)
	}
	if _, err := s.Find("x"); err == nil {
		t.Error("found without a word")
	}
	if err := s.Remove("x"); err != nil {
		t.Error(err)
	}
	if left := files(t, s.Dir()); left != nil {
		t.Errorf("%v", left)
	}
}

// TestAddRefuses adds what is no model.
func TestAddRefuses(t *testing.T) {
	s := open(t)
	path := filepath.Join(t.TempDir(), "m.ckpt")
	if err := os.WriteFile(path, []byte("PK\x03\x04"), 0o644); err != nil {
		t.Fatal(err)
	}
	var pickle *weights.PickleError
	if _, err := s.Add(context.Background(), path, AddOptions{}); !errors.As(err, &pickle) {
		t.Error(err)
	}
	if left := files(t, s.Dir()); left != nil {
		t.Errorf("%v", left)
	}
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{
		"Stable Diffusion v1.5": "stable-diffusion-v1.5", "../../etc": "etc", "": "model", "…": "model", "NUL": "model-nul", "com1.x": "model-com1.x",
		"Ärger & Söhne": "rger-s-hne", ".hidden": "hidden", strings.Repeat("a", 100): strings.Repeat("a", 60), "a/b\\c:d": "a-b-c-d",
	} {
		if got := slug(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Setenv("SELVAGE_MODELS", "here")
	if d, err := DefaultDir(); err != nil || d != "here" {
		t.Errorf("%q %v", d, err)
	}
	t.Setenv("SELVAGE_MODELS", "")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	if d, err := DefaultDir(); err != nil || !filepath.IsAbs(d) || filepath.Base(d) != "models" {
		t.Errorf("%q %v", d, err)
	}
}

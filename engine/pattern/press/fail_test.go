package press

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// full is a disk with room for some bytes.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n := f.left
		f.left = 0
		return n, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

// patched is full, and can mend, as files of a set can.
type patched struct{ full }

func (p *patched) WriteAt(b []byte, _ int64) (int, error) { return p.Write(b) }

// formats are all writers, of one small picture.
func formats(ctx context.Context, p *Picture) map[string]func(io.Writer) error {
	m := described(150)
	return map[string]func(io.Writer) error{
		"png":  func(w io.Writer) error { return WritePNG(ctx, w, p, m) },
		"jpeg": func(w io.Writer) error { return WriteJPEG(ctx, w, p, m, JPEG{}) },
		"tiff": func(w io.Writer) error { return WriteTIFF(ctx, w, p, m, TIFF{}) },
		"psd":  func(w io.Writer) error { return WritePSD(ctx, w, p, []Layer{{Name: "x", Opacity: 255, Picture: p}}, m) },
		"pdf":  func(w io.Writer) error { return WritePDF(ctx, w, p, m) },
	}
}

// TestFullDisk: wherever the disk ends, every writer says so and stops.
func TestFullDisk(t *testing.T) {
	p := sample(400, 300, 8, true, 1)
	for name, f := range formats(context.Background(), p) {
		size := len(write(t, f))
		for _, part := range []int{0, 1, 3, 8, 12, 17, 19} {
			room := size * part / 20
			for _, w := range []io.Writer{&full{room}, &patched{full{room}}} {
				if err := f(w); !errors.Is(err, errFull) {
					t.Errorf("%s with room for %d of %d bytes: %v", name, room, size, err)
				}
			}
		}
	}
}

// TestNothingIsHalfWritten: a set whose second file fails leaves nothing.
func TestNothingIsHalfWritten(t *testing.T) {
	dir := t.TempDir()
	s, err := NewSeparation(locked(1, 40, 40, 3), pattern.Size{Width: 40, Height: 40}, pattern.Repeat{}, inks(3))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "a 2 ink b.tif"), 0o700); err != nil {
		t.Fatal(err)
	}
	var set file.Set
	_, err = s.Add(context.Background(), &set, filepath.Join(dir, "a"), Meta{DPIX: 100, DPIY: 100}, Plates{Single: true})
	var bad *file.WriteError
	if !errors.As(err, &bad) {
		t.Fatal(err)
	}
	if err := set.Discard(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	for name, f := range formats(ctx, sample(40, 30, 8, true, 1)) {
		if err := f(io.Discard); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := NewSeparation(locked(1, 40, 40, 3), pattern.Size{Width: 40, Height: 40}, pattern.Repeat{}, inks(3))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Trap(ctx, 300, 300, AllTraps(s.Positions(), 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("trap: %v", err)
	}
}

// TestUnfit: pictures and metadata that no file can hold are refused, each with
// what was wrong.
func TestUnfit(t *testing.T) {
	ctx := context.Background()
	row := func(dst []byte, _ int) { clear(dst) }
	good := Picture{Width: 4, Height: 4, Model: RGB, Bits: 8, Row: row}
	for name, c := range map[string]struct {
		change func(*Picture, *Meta)
		write  func(io.Writer, *Picture, Meta) error
	}{
		"no rows":    {func(p *Picture, _ *Meta) { p.Row = nil }, nil},
		"no size":    {func(p *Picture, _ *Meta) { p.Width = 0 }, nil},
		"huge":       {func(p *Picture, _ *Meta) { p.Height = 1 << 30 }, nil},
		"bits":       {func(p *Picture, _ *Meta) { p.Bits = 12 }, nil},
		"no palette": {func(p *Picture, _ *Meta) { p.Model = Indexed }, nil},
		"no inks":    {func(p *Picture, _ *Meta) { p.Model = Inks }, nil},
		"dpi":        {func(_ *Picture, m *Meta) { m.DPIX = 150 }, nil},
		"identity":   {func(_ *Picture, m *Meta) { m.Pattern = []byte("{") }, nil},
		"profile":    {func(_ *Picture, m *Meta) { m.Profile = []byte("icc") }, nil},
		"no profile": {func(p *Picture, _ *Meta) { p.Model = CMYK }, nil},
		"cmyk png":   {func(p *Picture, _ *Meta) { p.Model = CMYK }, func(w io.Writer, p *Picture, m Meta) error { return WritePNG(ctx, w, p, m) }},
		"wide jpeg":  {func(p *Picture, _ *Meta) { p.Width = 70000 }, func(w io.Writer, p *Picture, m Meta) error { return WriteJPEG(ctx, w, p, m, JPEG{}) }},
		"wide psd":   {func(p *Picture, _ *Meta) { p.Width = 40000 }, func(w io.Writer, p *Picture, m Meta) error { return WritePSD(ctx, w, p, nil, m) }},
		"plain 4 GiB": {func(p *Picture, _ *Meta) { p.Width, p.Height = 1<<20, 1400 }, func(_ io.Writer, p *Picture, m Meta) error {
			return WriteTIFF(ctx, &nowhere{}, p, m, TIFF{Plain})
		}},
	} {
		p, m := good, Meta{}
		c.change(&p, &m)
		if c.write == nil {
			c.write = func(w io.Writer, p *Picture, m Meta) error { return WriteTIFF(ctx, w, p, m, TIFF{}) }
		}
		if err := c.write(io.Discard, &p, m); err == nil || len(err.Error()) < 20 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// nowhere takes everything and keeps nothing.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error)            { return len(p), nil }
func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// TestMemoryStaysWithTheCell: a piece of 300 million samples is written from a
// cell of 50 thousand while little more than the strips in work is taken.
func TestMemoryStaysWithTheCell(t *testing.T) {
	cell := sample(128, 128, 8, true, 2)
	laid, err := Layout{Kind: Piece, Width: 1000, Height: 1000}.Apply(cell, pattern.Repeat{Kind: pattern.HalfDrop}, 254, 254)
	if err != nil {
		t.Fatal(err)
	}
	if laid.Width != 10000 || laid.Height != 10000 {
		t.Fatalf("%d x %d", laid.Width, laid.Height)
	}
	w := &watcher{}
	if err := WriteTIFF(context.Background(), w, laid, Meta{}, TIFF{Plain}); err != nil {
		t.Fatal(err)
	}
	if w.n < 300_000_000 {
		t.Errorf("%d bytes were written", w.n)
	}
	if w.peak > 64<<20 {
		t.Errorf("%d MB were in use", w.peak>>20)
	}
}

// watcher counts what is written, and now and then what the heap holds.
type watcher struct {
	nowhere
	n, next int64
	peak    uint64
}

func (w *watcher) Write(p []byte) (int, error) {
	if w.n += int64(len(p)); w.n >= w.next {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.peak = max(w.peak, m.HeapInuse)
		w.next = w.n + 20<<20
	}
	return len(p), nil
}

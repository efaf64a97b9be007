package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/paint"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/press"
	"github.com/selvage-studio/selvage/engine/pattern/screen"
)

// drawn draws a repeat by rule.
func drawn(prompt string, seed uint64, side int) (*draw.Screens, error) {
	said, err := draw.Parse(prompt)
	if err != nil {
		return nil, err
	}
	scene, err := said.Spec.Complete(seed).Scene()
	if err != nil {
		return nil, err
	}
	return scene.Screens(side, side)
}

// inked draws a repeat by rule and inks it.
func inked(prompt string, seed uint64, side int) (*image.NRGBA64, error) {
	planes, err := drawn(prompt, seed, side)
	if err != nil {
		return nil, err
	}
	sep := &screen.Separation{Width: side, Height: side, Coverage: append([][]uint8{planes.Ground}, planes.Planes...)}
	return sep.NRGBA64(color.Default(1+len(planes.Planes), seed)), nil
}

// scanned is a drawing as a scanner gives it: light that falls off to a corner, and
// grain. It has far more colours than it was drawn in.
func scanned(side int) (*image.NRGBA64, error) {
	img, err := inked("medium flowers, tossed, with small leaves, seven colours", 11, side)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(4, 2))
	for i := 0; i < len(img.Pix); i += 8 {
		x, y := float64(i/8%side), float64(i/8/side)
		light := 1 - 0.12*(x+y)/float64(2*side) + 0.015*rng.NormFloat64()
		for c := 0; c < 6; c += 2 {
			v := float64(uint16(img.Pix[i+c])<<8|uint16(img.Pix[i+c+1])) * light
			n := uint16(math.Round(min(max(v, 0), 65535)/257) * 257)
			img.Pix[i+c], img.Pix[i+c+1] = uint8(n>>8), uint8(n)
		}
	}
	return img, nil
}

// dabs paints strokes on a large cell with one core and tells what a dab took.
func dabs(ctx context.Context) (f figures, err error) {
	runtime.GOMAXPROCS(1)
	const side = 4096
	img, err := inked("large flowers, half-drop, four colours", 3, side)
	if err != nil {
		return f, err
	}
	cell := raster.FromImage(img)
	rng := rand.New(rand.NewPCG(1, 1))
	var took []float64
	for range 30 {
		// As in the studio: what was there before the stroke is kept for its undo.
		before := cell.Clone()
		t := paint.Target{Pixels: cell, Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}, Who: raster.Who{Op: 1, Person: 255}}
		live := paint.Begin(t, paint.Brush{Size: 100, Hardness: 0.5, Opacity: 0.8, Flow: 0.6, Spacing: 0.25}, paint.Solid(paint.Color{40000, 9000, 12000, 65535}))
		x, y, a := rng.Float64()*side, rng.Float64()*side, rng.Float64()*2*math.Pi
		if err := live.Add(ctx, paint.Point{X: x, Y: y, Pressure: 1}); err != nil {
			return f, err
		}
		for range 60 {
			a += 0.4 * (rng.Float64() - 0.5)
			x, y = x+25*math.Cos(a), y+25*math.Sin(a)
			began := time.Now()
			if err := live.Add(ctx, paint.Point{X: x, Y: y, Pressure: 1}); err != nil {
				return f, err
			}
			took = append(took, time.Since(began).Seconds())
		}
		runtime.KeepAlive(before)
	}
	slices.Sort(took)
	f.Seconds = took
	f.Values = map[string]float64{"p50": took[len(took)/2], "p95": took[len(took)*95/100], "max": took[len(took)-1]}
	return f, nil
}

// lock reads a picture, locks it to twelve colours and writes it, as ImageMagick is
// asked to.
func lock(ctx context.Context, in, out string) (f figures, err error) {
	began := time.Now()
	img, _, err := file.Read(in)
	if err != nil {
		return f, err
	}
	cell := raster.FromImage(img)
	locked, err := tone.ExtractAndLock(ctx, cell, pattern.Repeat{}, tone.Extraction{Count: 12}, 0)
	if err != nil {
		return f, err
	}
	indexed, err := press.FromIndex(locked.Index, locked.Width, locked.Height, locked.Chips)
	if err != nil {
		return f, err
	}
	w, err := os.Create(out)
	if err != nil {
		return f, err
	}
	if err := press.WritePNG(ctx, w, indexed, press.Meta{}); err != nil {
		return f, err
	}
	if err := w.Close(); err != nil {
		return f, err
	}
	f.Seconds = []float64{time.Since(began).Seconds()}
	f.Values = map[string]float64{"colors": float64(len(locked.Chips))}
	return f, nil
}

// difference is the mean CIEDE2000 of two pictures, and how many colours the second has.
func difference(a, b string) (mean float64, colors int, err error) {
	x, _, err := file.Read(a)
	if err != nil {
		return 0, 0, err
	}
	y, _, err := file.Read(b)
	if err != nil {
		return 0, 0, err
	}
	lab := map[[3]uint8]color.Lab{}
	at := func(img image.Image, i, j int) (color.Lab, [3]uint8) {
		r, g, b, _ := img.At(i, j).RGBA()
		k := [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
		v, ok := lab[k]
		if !ok {
			v = color.Chip{R: k[0], G: k[1], B: k[2]}.RGB().Linear().CIELAB()
			lab[k] = v
		}
		return v, k
	}
	seen := map[[3]uint8]bool{}
	n := 0
	for j := 0; j < y.Bounds().Dy(); j++ {
		for i := 0; i < y.Bounds().Dx(); i++ {
			p, _ := at(x, i, j)
			q, k := at(y, i, j)
			seen[k] = true
			// Every fourth pixel of every fourth row tells the mean well enough.
			if i%4 == 0 && j%4 == 0 {
				mean += color.Delta2000(p, q)
				n++
			}
		}
	}
	return mean / float64(n), len(seen), nil
}

// memory is a store of blobs for one process.
type memory struct {
	mu    sync.Mutex
	blobs map[edit.Hash][]byte
}

func (m *memory) Put(_ context.Context, data []byte) (edit.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := edit.HashOf(data)
	m.blobs[h] = slices.Clone(data)
	return h, nil
}

func (m *memory) Blob(_ context.Context, h edit.Hash) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.blobs[h]
	if !ok {
		return nil, errors.New("no blob " + h.String())
	}
	return data, nil
}

// snapshots is a cache in a folder, as a library has one.
type snapshots string

func (c snapshots) path(key edit.Hash) string {
	return filepath.Join(string(c), strings.TrimPrefix(key.String(), "sha256:"))
}

// Has reports whether Load would find something.
func (c snapshots) Has(_ context.Context, key edit.Hash) (bool, error) {
	_, err := os.Stat(c.path(key))
	return err == nil, nil
}

// Load returns what was kept under key.
func (c snapshots) Load(_ context.Context, key edit.Hash) ([]byte, error) {
	return os.ReadFile(c.path(key))
}

// Keep puts data under key.
func (c snapshots) Keep(_ context.Context, key edit.Hash, data []byte) error {
	return os.WriteFile(c.path(key), data, 0o600)
}

// replay makes a pattern of many strokes, then goes about in its versions and replays
// it cold.
func replay(ctx context.Context, work string) (f figures, err error) {
	const side = 2048
	debug.SetGCPercent(50) // as the program does
	store := &memory{blobs: map[edit.Hash][]byte{}}
	dir, err := os.MkdirTemp("", "selvage-bench")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's own for temporary files
	p, err := edit.New(ctx, store, &edit.NewPattern{Width: side, Height: side, WidthMM: 640, HeightMM: 640, Repeat: "half-drop", Drop: "1/2"}, edit.Meta{}, edit.Settings{Cache: snapshots(dir)})
	if err != nil {
		return f, err
	}
	rng := rand.New(rand.NewPCG(7, 7))
	ops := `[{"kind":"layer.add","params":{"id":"a","name":"strokes"}}`
	for range 120 {
		x, y := rng.Float64()*side, rng.Float64()*side
		points := ""
		for k := range 24 {
			if k > 0 {
				points += ","
			}
			x, y = x+60*(rng.Float64()-0.4), y+60*(rng.Float64()-0.5)
			points += fmt.Sprintf("[%.1f,%.1f]", x, y)
		}
		ops += fmt.Sprintf(`,{"kind":"brush.stroke","params":{"layer":"a","color":"#%06x","size":80,"hardness":0.6,"opacity":0.9,"flow":0.7,"spacing":0.2,"points":[%s]}}`, rng.IntN(1<<24), points)
	}
	list, err := edit.ParseList([]byte(ops + "]"))
	if err != nil {
		return f, err
	}
	var versions []edit.Hash
	edited := time.Now()
	for _, op := range list {
		v, err := p.Apply(ctx, op, edit.Meta{})
		if err != nil {
			return f, err
		}
		versions = append(versions, v)
	}
	all := time.Since(edited).Seconds()
	rec, err := p.Save(ctx)
	if err != nil {
		return f, err
	}
	var going []float64
	if work == "about" {
		// As the studio does when the person rests.
		if err := p.Flush(ctx); err != nil {
			return f, err
		}
		for range 40 {
			v := versions[rng.IntN(len(versions))]
			began := time.Now()
			if err := p.Checkout(ctx, v); err != nil {
				return f, err
			}
			going = append(going, time.Since(began).Seconds())
		}
		slices.Sort(going)
		f.Values = map[string]float64{"median": median(going), "max": going[len(going)-1], "edits": all, "operations": float64(len(list))}
		return f, nil
	}
	began := time.Now()
	cold, err := edit.Open(ctx, store, rec, edit.Settings{})
	if err != nil {
		return f, err
	}
	if err := cold.Checkout(ctx, versions[len(versions)-1]); err != nil {
		return f, err
	}
	f.Seconds = []float64{time.Since(began).Seconds()}
	f.Values = map[string]float64{"operations": float64(len(list))}
	return f, nil
}

// brush, palette and stack are the sections of the edit room.

func (b *bench) brush(ctx context.Context) error {
	f, err := b.mine(ctx, "dabs")
	if err != nil {
		return err
	}
	b.printf("| median | 95th percentile | slowest |\n|---|---|---|\n| %.2f ms | %.2f ms | %.2f ms |\n", 1000*f.Values["p50"], 1000*f.Values["p95"], 1000*f.Values["max"])
	b.printf("\nA dab of a stroke with a soft brush, the first dabs of a stroke with the copies that its undo needs. Goal: 95 of 100 under 4 ms.\n")
	return nil
}

func (b *bench) palette(ctx context.Context) error {
	convert, err := exec.LookPath("convert")
	if err != nil {
		return errors.New("ImageMagick's convert is not installed")
	}
	dir, err := os.MkdirTemp("", "selvage-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's own for temporary files
	in := filepath.Join(dir, "in.png")
	img, err := scanned(2048)
	if err != nil {
		return err
	}
	if err := file.Write(in, eight(img), file.Meta{}); err != nil {
		return err
	}
	us, them := filepath.Join(dir, "us.png"), filepath.Join(dir, "them.png")
	all := []*contestant{
		{name: "Selvage", run: func(ctx context.Context) (figures, error) { return b.timed(ctx, b.self, "ours", "lock", in, us) }},
		{name: "ImageMagick, -colors 12 +dither", run: func(ctx context.Context) (figures, error) {
			return b.timed(ctx, convert, in, "+dither", "-colors", "12", them)
		}},
	}
	if err := b.compete(ctx, all); err != nil {
		return err
	}
	b.printf("| | seconds, file to file | over ImageMagick | colours | mean CIEDE2000 |\n|---|---|---|---|---|\n")
	for i, c := range all {
		if len(c.rounds) == 0 {
			b.printf("| %s | not run: %s | | | |\n", c.name, c.skipped)
			continue
		}
		mean, colors, err := difference(in, []string{us, them}[i])
		if err != nil {
			return err
		}
		b.printf("| %s | %.2f | %s | %d | %.2f |\n", c.name, c.over(seconds), c.ratio(all[1], seconds), colors, mean)
	}
	b.printf("\nGoals: faster than ImageMagick, at a lower difference. The picture is a drawing with grain and uneven light.\n")
	return nil
}

// eight is a picture at 8 bits.
func eight(img *image.NRGBA64) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for i := range out.Pix {
		out.Pix[i] = img.Pix[2*i]
	}
	return out
}

// timed runs a program that prints no figures of its own and times it whole.
func (b *bench) timed(ctx context.Context, name string, args ...string) (figures, error) {
	began := time.Now()
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = os.Stderr
	err := c.Run()
	return figures{Seconds: []float64{time.Since(began).Seconds()}}, err
}

func (b *bench) stack(ctx context.Context) error {
	about, err := b.mine(ctx, "replay", "about")
	if err != nil {
		return err
	}
	cold, err := b.mine(ctx, "replay", "cold")
	if err != nil {
		return err
	}
	const cell = 2048 * 2048 * 16
	b.printf("| | |\n|---|---|\n")
	b.printf("| edits made, s for %.0f | %.2f |\n", about.Values["operations"], about.Values["edits"])
	b.printf("| from any version to any other, median ms | %.0f |\n| slowest, ms | %.0f |\n", 1000*about.Values["median"], 1000*about.Values["max"])
	b.printf("| cold replay of all, s | %.2f |\n", cold.median())
	b.printf("| peak memory over the raster, 8 bytes of colour and 8 of authors a pixel | %.1f |\n", peak(about)/cell)
	b.printf("\nGoals: at most 150 ms between any two versions, at most six times the raster.\n")
	return nil
}

package tone_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/screen"
)

// picture is a drawing of 7 colours at side x side pixels, shaded and grained by
// so many levels of 255: 0 is flat artwork, 12 a painting or a model's output.
func picture(t testing.TB, side int, seed uint64, shade float64) *image.NRGBA {
	t.Helper()
	scene, err := draw.Random(seed).Scene()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scene.Screens(side, side)
	if err != nil {
		t.Fatal(err)
	}
	sep := screen.Separation{Width: side, Height: side, Coverage: append([][]uint8{s.Ground}, s.Planes...)}
	img := sep.NRGBA(color.Default(len(sep.Coverage), seed))
	if shade == 0 {
		return img
	}
	v := uint32(seed)*2654435761 + 1
	for i := range img.Pix {
		if i%4 == 3 {
			continue
		}
		x, y := float64(i/4%side), float64(i/4/side)
		v ^= v << 13
		v ^= v >> 17
		v ^= v << 5
		wave := math.Sin(2*math.Pi*(x*3+y*2)/float64(side)) + math.Sin(2*math.Pi*(x*7-y*5)/float64(side)+float64(i%4))
		img.Pix[i] = uint8(min(max(float64(img.Pix[i])+shade*(wave+float64(v%1000)/500-1), 0), 255))
	}
	return img
}

func BenchmarkLock2048To12(b *testing.B) {
	for _, shade := range []float64{0, 6, 14} {
		for _, specks := range []int{0, 3} {
			b.Run(fmt.Sprintf("shade=%g/specks=%d", shade, specks), func(b *testing.B) {
				r := raster.FromImage(picture(b, 2048, 7, shade))
				var l *tone.Locked
				var err error
				for b.Loop() {
					if l, err = tone.ExtractAndLock(context.Background(), r, pattern.Repeat{}, tone.Extraction{Count: 12}, specks); err != nil {
						b.Fatal(err)
					}
					l.Write(r.Clone())
				}
				mean, _, err := tone.Measure(context.Background(), r, l.Index, l.Chips)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(mean, "ΔE00")
			})
		}
	}
}

func BenchmarkRecolor2048(b *testing.B) {
	r := raster.FromImage(picture(b, 2048, 7, 6))
	found, err := tone.Extract(context.Background(), r, pattern.Repeat{}, tone.Extraction{Count: 8})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := tone.Recolor(context.Background(), r.Clone(), pattern.Repeat{}, tone.Recoloring{Palette: found.Chips(), Position: 1, To: color.Chip{R: 20, G: 90, B: 60}}); err != nil {
			b.Fatal(err)
		}
	}
}

// delta is the mean CIEDE2000 of two pictures, by the formula in package color.
func delta(a, b image.Image) float64 {
	sum, n := 0.0, 0
	memo := map[[2][3]uint8]float64{}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			at := func(m image.Image) (c [3]uint8) {
				r, g, b, _ := m.At(x, y).RGBA()
				return [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
			}
			k := [2][3]uint8{at(a), at(b)}
			d, ok := memo[k]
			if !ok {
				p, q := color.Chip{R: k[0][0], G: k[0][1], B: k[0][2]}, color.Chip{R: k[1][0], G: k[1][1], B: k[1][2]}
				d = color.Delta2000(p.RGB().Linear().CIELAB(), q.RGB().Linear().CIELAB())
				memo[k] = d
			}
			sum += d
			n++
		}
	}
	return sum / float64(n)
}

// TestBesideImageMagick locks the same pictures with ImageMagick and here: the mean
// colour difference here is lower. Times are only said, for they are the machine's.
func TestBesideImageMagick(t *testing.T) {
	convert, err := exec.LookPath("convert")
	if err != nil {
		t.Skip("convert is not installed: apt-get install imagemagick")
	}
	side := 512
	if os.Getenv("SELVAGE_LOCK_SIDE") != "" {
		if _, err := fmt.Sscan(os.Getenv("SELVAGE_LOCK_SIDE"), &side); err != nil {
			t.Fatal(err)
		}
	}
	for _, seed := range []uint64{3, 7} {
		for _, shade := range []float64{0, 6, 14} {
			img := picture(t, side, seed, shade)
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
			f, err := os.Create(in)
			if err != nil {
				t.Fatal(err)
			}
			if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(f, img); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			// Reading and writing are taken off by a run without colours.
			run := func(arg ...string) time.Duration {
				cmd := exec.Command(convert, append(append([]string{in}, arg...), "-define", "png:compression-level=0", out)...)
				if msg, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("convert: %v\n%s", err, msg)
				}
				return cmd.ProcessState.UserTime()
			}
			start := time.Now()
			r := raster.FromImage(img)
			l, err := tone.ExtractAndLock(t.Context(), r, pattern.Repeat{}, tone.Extraction{Count: 12}, 3)
			if err != nil {
				t.Fatal(err)
			}
			before := r.Clone()
			l.Write(r)
			ours := time.Since(start)
			said, _, err := tone.Measure(t.Context(), before, l.Index, l.Chips)
			if err != nil {
				t.Fatal(err)
			}
			plain := run()
			// Where the drawing has fewer colours than 12, extraction finds so many and
			// leaves the mixtures of its edges alone: ImageMagick gets as many.
			theirs := run("+dither", "-colors", strconv.Itoa(len(l.Chips)))
			g, err := os.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			back, err := png.Decode(g)
			_ = g.Close()
			if err != nil {
				t.Fatal(err)
			}
			mine, other := delta(img, r.NRGBA64()), delta(img, back)
			t.Logf("%d px, seed %d, shade %g: ΔE00 %.3f here, %.3f ImageMagick; %v here (wall), %v ImageMagick (processor, less reading and writing)", side, seed, shade, mine, other, ours, theirs-plain)
			// In flat artwork ImageMagick may give the edges colours of their own; here they
			// have to be one of their sides, which costs in a small picture.
			if shade > 0 && mine > other {
				t.Errorf("seed %d, shade %g: mean difference %.3f, ImageMagick has %.3f", seed, shade, mine, other)
			}
			if math.Abs(mine-said) > 0.002 {
				t.Errorf("seed %d: the lock says %.4f, the formula %.4f", seed, said, mine)
			}
		}
	}
}

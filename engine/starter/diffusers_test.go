package starter_test

import (
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/starter"
)

// vector is a picture of testdata/diffusers: what PyTorch and diffusers made of the
// same weights, with the padding of the lattice and noise of the same seed.
type vector struct {
	Name     string  `json:"name"`
	Repeat   string  `json:"repeat"`
	Prompt   string  `json:"prompt"`
	Seed     uint64  `json:"seed"`
	Steps    int     `json:"steps"`
	Guidance float64 `json:"guidance"`
	Sampler  string  `json:"sampler"`
	Alike    bool    `json:"alike"` // at the places of the prompt's layout, for a while
	// Critic is what PyTorch's critic says of the picture: log probabilities.
	Critic map[string][]float64 `json:"critic"`
}

// TestSamePicturesAsDiffusers: packaging/train/place.py wrote the vectors when it
// put the model here, so they are of these weights.
func TestSamePicturesAsDiffusers(t *testing.T) {
	var set struct {
		Cases []vector `json:"cases"`
	}
	b, err := os.ReadFile("testdata/diffusers/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Cases) < 3 {
		t.Fatalf("%d vectors", len(set.Cases))
	}
	p := pipeline(t)
	for _, v := range set.Cases {
		t.Run(v.Name, func(t *testing.T) {
			want := picture(t, filepath.Join("testdata/diffusers", v.Name+".png"))
			kind, drop, _ := strings.Cut(v.Repeat, " ")
			repeat, err := pattern.ParseRepeat(kind, drop)
			if err != nil {
				t.Fatal(err)
			}
			r := diffusion.Request{
				Prompt: v.Prompt, Width: want.Rect.Dx(), Height: want.Rect.Dy(), Steps: v.Steps,
				Guidance: v.Guidance, Sampler: v.Sampler, Seed: v.Seed, Repeat: repeat,
			}
			if v.Alike {
				r.Alike, r.AlikeUntil = starter.Group{Size: pattern.Size{Width: r.Width, Height: r.Height}, Repeat: repeat}.Places(v.Prompt, p.LatentScale()), starter.Alike
				if len(r.Alike) == 0 {
					t.Fatalf("%q has no places that are alike", v.Prompt)
				}
			}
			largest, mean := apart(screens(t, p, r), want)
			t.Logf("%d steps of %s, guidance %g: largest difference %d of 255, mean %.4f", v.Steps, v.Sampler, v.Guidance, largest, mean)
			if largest > 2 || mean > 0.05 {
				t.Errorf("largest difference %d of 255, mean %.4f", largest, mean)
			}
			// Another seed is another picture: the comparison can fail.
			r.Seed++
			if largest, _ := apart(screens(t, p, r), want); largest < 32 {
				t.Errorf("another seed is only %d of 255 away", largest)
			}
		})
	}
	if v := set.Cases[0]; v.Guidance != starter.Guidance {
		t.Errorf("the vectors are of guidance %g, the program uses %v", v.Guidance, float64(starter.Guidance))
	}
}

func picture(t *testing.T, path string) *image.NRGBA {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(img.Bounds())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

// apart is the largest and the mean difference of two pictures, in levels of 255.
func apart(a, b *image.NRGBA) (largest int, mean float64) {
	sum := 0
	for i, v := range a.Pix {
		d := int(v) - int(b.Pix[i])
		d = max(d, -d)
		largest, sum = max(largest, d), sum+d
	}
	return largest, float64(sum) / float64(len(a.Pix)) * 4 / 3 // the fourth is opacity
}

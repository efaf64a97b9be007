package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// flowers is a cell like a designer's: petals of some colours on a ground. The step
// says how many of them are there, so that before and after differ.
func flowers(t testing.TB, size, step int, grey bool) []byte {
	t.Helper()
	key := fmt.Sprint(size, step, grey)
	if b, ok := drawn.Load(key); ok {
		return b.([]byte)
	}
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	colors := []color.NRGBA{{0xa8, 0x3f, 0x55, 255}, {0xef, 0xbf, 0x76, 255}, {0xef, 0xe4, 0xd0, 255}, {0xd9, 0x6a, 0x4c, 255}, {0x3f, 0x7f, 0x6a, 255}}
	ground := color.NRGBA{0x20, 0x2c, 0x33, 255}
	if grey {
		colors = []color.NRGBA{{0x00, 0x72, 0xb2, 255}, {0xd5, 0x5e, 0x00, 255}, {0xd5, 0x5e, 0x00, 255}}
		ground = color.NRGBA{0x60, 0x60, 0x60, 255}
	}
	s := float64(size)
	for y := range size {
		for x := range size {
			c := ground
			for k := range step {
				cx, cy := math.Mod(float64(k)*0.381966*s+0.1*s, s), math.Mod(float64(k*k)*0.173*s+0.2*s, s)
				dx, dy := math.Remainder(float64(x)-cx, s), math.Remainder(float64(y)-cy, s)
				r, a := math.Hypot(dx, dy), math.Atan2(dy, dx)
				radius := s * (0.05 + 0.02*float64(k%4)) * (0.65 + 0.35*math.Abs(math.Cos(a*float64(2+k%2)+float64(k))))
				if r < radius {
					c = colors[k%len(colors)]
				}
				if r < radius*0.22 {
					c = colors[(k+1)%len(colors)]
				}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	drawn.Store(key, b.Bytes())
	return b.Bytes()
}

func picture0(t testing.TB, step int) *Picture {
	return &Picture{Data: flowers(t, 160, step, false), Alt: fmt.Sprintf("%d flowers", step)}
}

// drawn keeps flowers that were drawn before in this run.
var drawn sync.Map

func at(minute int) Moment {
	return Moment{Time: time.Date(2026, 10, 12, 9, 0, 0, 0, time.UTC).Add(time.Duration(minute) * time.Minute), Source: LocalClock}
}

func ref(i int) Ref { return Ref{"ida-laptop", int64(i)} }

// sample is a whole report with so many edits. With pictures, the pictures are large
// enough to look at.
func sample(t testing.TB, edits int) Report {
	t.Helper()
	ida, jun := "Ida Sørensen", "Jun Park"
	did := "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	r := Report{
		Made: time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC), Program: "Selvage 1.0",
		Pattern:   Pattern{Name: "Madder Fern", ID: "R-1021", Version: blob.Of([]byte("version")), Collection: "Hedgerow, spring 2027", Repeat: "half-drop 1/2, 24.0 x 24.0 cm"},
		Library:   Library{Name: "Studio Sørensen", ID: "lib-7f21ac"},
		Picture:   &Picture{Data: flowers(t, 640, 40, false), Alt: "Flowers in madder, cream and ochre on a dark ground"},
		Authors:   []Author{{Name: ida, DID: did, Role: "designer", Devices: []string{did + "-laptop", did + "-tablet"}}, {Name: jun, DID: did + "J", Role: "art director"}},
		Period:    Period{at(0), at(60 * 24 * 9)},
		Statement: "I wanted the hedgerow of my grandmother's garden after rain.\nThe large leaf is drawn from a pressed fern that I keep in my sketchbook.",
		Verification: Verification{State: Intact, When: Moment{time.Date(2026, 11, 27, 9, 58, 0, 0, time.UTC), StudioTime, "studio.example"},
			Entries: 1842, Heads: 64},
		Events: []Event{
			{at(2), ida, "import", "Placed the scan fern.tif", ref(2)},
			{at(6), ida, "prompt", "Wrote the first prompt", ref(5)},
			{at(7), "sdxl-turbo-tile", "generation", "Four candidates", ref(6)},
			{at(9), ida, "candidate", "Kept B, rejected A, C, D", ref(7)},
			{at(30), ida, "edit", "Drew the large leaf, 41 strokes", ref(20)},
			{Moment{at(60 * 24).Time, StudioTime, "studio.example"}, jun, "review", "Asked for more air between the stems", ref(900)},
			{Moment{at(60 * 48).Time, Authority, "TSA Nord"}, jun, "milestone", "Approved", ref(1800)},
		},
		Prompts: []Prompt{
			{Version: 1, When: at(6), Who: ida, Text: Secret{"hand-block botanical, madder and indigo, folk leaves, dense all-over repeat", blob.Of([]byte("p1"))}, Negative: Secret{Text: "text, photo"}, Entry: ref(5)},
			{Version: 2, When: at(16), Who: ida, Text: Secret{Commitment: blob.Of([]byte("p2"))}, Note: "Withheld at the client's wish.", Entry: ref(11)},
		},
		Models: []Model{{Name: "sdxl-turbo-tile", Version: "q4", Hash: blob.Of([]byte("m")), Card: "https://models.example/sdxl-turbo-tile", Lineage: "LAION-5B subset, and 12,000 public-domain wallpapers", Entry: ref(1)}},
		Imports: []Import{{Name: "fern.tif", Picture: picture0(t, 3), Hash: blob.Of([]byte("fern")), When: at(2), Who: ida, Owner: OwnWork,
			Author: ida, Origin: "scan of a pencil drawing, sketchbook 14", Rights: "own work, never published", Entry: ref(2)}},
		Map: &Map{Picture: &Picture{Data: flowers(t, 320, 40, true)}, Pixels: Pixels{1048576, 0, 391004, 521377, 0, 136195, 0},
			Regions: []Region{
				{"Large leaf", "x 120 to 480, y 30 to 300 px", Person, "41 strokes over a model's stem, of which nothing shows", 12},
				{"Stems", "x 0 to 1024, y 400 to 700 px", ByModel, "from candidate B, three of them moved by hand", 3},
				{"Ground", "all of the cell", Mixed, "filled by hand, healed at the seams", 2},
			}},
		Milestones: []Milestone{
			{"draft", at(60 * 20), ida, "designer", did, ref(800)},
			{"approved", Moment{at(60 * 48).Time, Authority, "TSA Nord"}, jun, "art director", did + "J", ref(1800)},
		},
		Reviews:     []Review{{at(60 * 24), jun, "art director", "needs changes", "More air between the stems, and the large leaf can carry the eye further down.", ref(900)}},
		Disclosures: []Disclosure{{When: at(60 * 24 * 20), Published: true, What: "Shown at the trade fair, on the studio's stand", Place: "Paris", Country: "France", Note: "hall 6", Entry: ref(1840)}},
		Deposit:     &Deposit{"madder-fern.tif", "image/tiff", blob.Of([]byte("deposit")), 50331648, 4096, 4096},
		Proof: Proof{
			Logs: []Log{{Name: "ida-laptop", Origin: "selvage.example/log/lib-7f21ac/ida-laptop", From: 1, To: 1840, Size: 1842, Root: blob.Of([]byte("root")),
				Signer: "ida-laptop+2b9c31f0", When: at(60 * 49),
				Cosigned:    []Cosignature{{"witness.example", "witness.example+7f3a0012", at(60 * 50).Time}},
				TimeStamped: []TimeStamp{{"TSA Nord", "0x4a11", at(60 * 51).Time, blob.Of([]byte("note")), "head.tsr"}}}},
			Fingerprints: []Fingerprint{{"Studio Sørensen", "credentials", did}, {"Studio Sørensen", "C2PA", "SHA256 4F:1B:9D:00:22:7E"}},
			Files:        []File{{"madder-fern.tif", RoleDeposit, blob.Of([]byte("deposit"))}, {"madder fern.selvage", RoleLibrary, blob.Of([]byte("lib"))}, {"head.note", RoleNote, blob.Of([]byte("note"))}, {"head.tsr", RoleStamp, blob.Of([]byte("tsr"))}},
		},
	}
	for i, v := range []Verdict{Rejected, Kept, Rejected, Undecided} {
		r.Candidates = append(r.Candidates, Candidate{Name: string(rune('A' + i)), Picture: picture0(t, 6+3*i), Hash: blob.Of([]byte{byte(i)}), Model: "sdxl-turbo-tile", Prompt: 1,
			Seed: Secret{Text: fmt.Sprint(441170932 + i)}, Verdict: v, When: at(9), Who: ida, Reason: []string{"stems too thin", "the rhythm of the stems", "reads as a stripe", ""}[i], Entry: ref(7 + i)})
	}
	classes := []Class{Drawing, Arrangement, Drawing, Recolouring, Mechanical, ModelMade, Layout}
	tools := map[Class]string{Drawing: "brush", Arrangement: "motif", Recolouring: "recolour", Mechanical: "heal seam", ModelMade: "inpaint", Layout: "repeat"}
	what := map[Class]string{Drawing: "41 strokes on the large leaf", Arrangement: "moved and turned a flower", Recolouring: "six spot colours", Mechanical: "healed the seam", ModelMade: "filled a region of 3 %", Layout: "half-drop 1/2"}
	for n := 0; n < edits; {
		s := Session{From: at(20 + n), Who: ida, Before: picture0(t, 5+n%20), After: picture0(t, 12+n%20)}
		for range 24 {
			if n == edits {
				break
			}
			c := classes[n%len(classes)]
			e := Edit{When: at(20 + n), Class: c, Tool: tools[c], What: what[c], Region: "x 120 to 480, y 30 to 300", Undone: n%23 == 22, Entry: ref(20 + n)}
			if n%2 == 0 {
				e.Before, e.After = picture0(t, 5+n%20), picture0(t, 6+n%20)
			}
			s.Edits = append(s.Edits, e)
			n++
		}
		s.To = at(20 + n)
		r.Sessions = append(r.Sessions, s)
	}
	return r
}

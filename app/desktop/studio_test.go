package desktop

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/sessiontest"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

func overSession(t *testing.T) *services {
	t.Helper()
	return &services{session: sessiontest.Open(t)}
}

func TestPlansComeFromTheStartersLattice(t *testing.T) {
	v := overSession(t)
	half := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}
	p := v.Plan(viewmodel.Request{Repeat: half, Size: viewmodel.Size{Physical: true, WidthMM: 240, DPI: 150}})
	if p.Problem != "" || p.Width != 1417 || p.GeneratedHeight%96 != 0 || p.WidthMM < 239.9 || p.WidthMM > 240.1 || len(p.Statements) == 0 {
		t.Errorf("24 cm at 150 DPI: %+v", p)
	}
	wrong := viewmodel.Request{Repeat: half, Size: viewmodel.Size{Width: 100, Height: 100, DPI: 150}}
	p = v.Plan(wrong)
	if !strings.Contains(p.Problem, "100") || len(p.Offers) == 0 {
		t.Fatalf("100 x 100 pixels: %+v", p)
	}
	for _, o := range p.Offers {
		r := wrong
		r.Size, r.Repeat = o.Size, o.Repeat
		if again := v.Plan(r); again.Problem != "" || again.GeneratedWidth != o.Size.Width || !strings.Contains(o.Label, "cm") {
			t.Errorf("the offer %q cannot be made: %+v", o.Label, again)
		}
	}
	if p := v.Plan(viewmodel.Request{Model: "no such model", Size: wrong.Size}); p.Problem == "" {
		t.Error("a model that is not there has a plan")
	}
}

func TestARequestIsTheSessionsOwn(t *testing.T) {
	r := viewmodel.Request{
		Prompt: "p", Negative: "n", Sampler: "ddim", Device: "cpu", Steps: 7, Guidance: 2.5, Seed: 1 << 50,
		Repeat:  pattern.Repeat{Kind: pattern.Brick, N: 1, D: 3},
		Size:    viewmodel.Size{Physical: true, WidthMM: 640, HeightMM: 320, DPI: 120, Width: 9, Height: 9},
		Palette: []color.NRGBA{{1, 2, 3, 255}, {0xff, 0, 0xaa, 255}},
		Init:    "/a.png", Strength: 0.4,
	}
	s := request(r)
	if s.Model != starter.Name || s.RepeatWidth != 64*pattern.Centimetre || s.RepeatHeight != 32*pattern.Centimetre || s.Width != 0 || s.DPI != 120 ||
		s.Seed != 1<<50 || s.Repeat.Repeat != r.Repeat || s.Init.Path != "/a.png" || s.Strength != 0.4 || !slices.Equal(s.Palette, []string{"#010203", "#ff00aa"}) {
		t.Errorf("%+v", s)
	}
	r.Size.Physical, r.Init = false, ""
	if s = request(r); s.Width != 9 || s.RepeatWidth != 0 || s.Init != nil || s.Strength != 0 {
		t.Errorf("in pixels, from noise: %+v", s)
	}
}

func TestTheStarterIsListedAsTheSmallModelThatItIs(t *testing.T) {
	v := overSession(t)
	ms, err := v.Models(t.Context())
	if err != nil || len(ms) != 1 {
		t.Fatalf("%v, %v", ms, err)
	}
	m := ms[0]
	if m.ID != starter.Name || !m.FirstLook || m.Note == "" || m.Steps != starter.Steps || m.Samplers[0] != starter.Sampler || len(m.Positions) != starter.Positions || m.FromPicture {
		t.Errorf("%+v", m)
	}
	sorted := slices.Clone(m.Samplers)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(m.Samplers) {
		t.Errorf("a sampler is listed twice: %q", m.Samplers)
	}
}

func TestSixteenBitsAreRoundedToEight(t *testing.T) {
	m := image.NewNRGBA64(image.Rect(0, 0, 256, 3))
	for x := range 256 {
		for y, d := range []int{0, -128, 128} {
			v := uint16(min(max(x*257+d, 0), 65535))
			m.SetNRGBA64(x, y, color.NRGBA64{v, v, v, 65535})
		}
	}
	out := eightBit(m)
	for x := range 256 {
		for y := range 3 {
			if got := out.NRGBAAt(x, y); got != (color.NRGBA{uint8(x), uint8(x), uint8(x), 255}) {
				t.Fatalf("(%d, %d) becomes %v", x, y, got)
			}
		}
	}
}

func TestTheExampleJoinsAndSaysWhatItIs(t *testing.T) {
	r, err := Example(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !r.Seam.OK || !r.Example || !strings.Contains(r.Statement, "by rule") || len(r.Palette) < 4 {
		t.Errorf("%+v", r)
	}
	chips := viewmodel.Palette(r.Palette)
	chips[0] = color.NRGBA{250, 240, 230, 255}
	again, err := r.Screens.Ink(t.Context(), chips)
	if err != nil || again == r.Cell || slices.Equal(again.Pix, r.Cell.Pix) {
		t.Errorf("it cannot be inked anew: %v", err)
	}
	v := overSession(t)
	if _, err := v.Export(t.Context(), r, t.TempDir()+"/a.png", viewmodel.ExportOptions{}, func(viewmodel.Progress) {}); err == nil {
		t.Error("what nobody made is exported")
	}
}

// What a person asks for in the window, takes and does not want stands in the ledger.
func TestChoicesAreOnRecord(t *testing.T) {
	s := sessiontest.Open(t)
	v := &services{session: s}
	silent := func(viewmodel.Progress) {}
	r := viewmodel.Request{Prompt: "small red stars", Steps: 1, Repeat: pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}, Size: viewmodel.Size{Width: 64, Height: 128, DPI: 150}}
	var made []viewmodel.Result
	for range 2 {
		r.Seed++
		one, err := v.Generate(t.Context(), r, silent)
		if err != nil || len(one.Alerts) > 0 {
			t.Fatalf("%v, %v", one.Alerts, err)
		}
		made = append(made, one)
	}
	if err := v.Accepted(t.Context(), made[0], 2); err != nil {
		t.Fatal(err)
	}
	if err := v.Discarded(t.Context(), made[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Export(t.Context(), made[0], t.TempDir()+"/a.png", viewmodel.ExportOptions{}, silent); err != nil {
		t.Fatal(err)
	}
	lib, err := s.Library("")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[record.Kind]int{}
	err = s.Acts(t.Context(), lib, session.LedgerQuery{}, func(a session.Act) error {
		kinds[a.Kind]++
		return nil
	})
	if err != nil || kinds[record.KindPrompt] != 1 || kinds[record.KindModel] != 1 || kinds[record.KindRequested] != 2 || kinds[record.KindFinished] != 2 ||
		kinds[record.KindAccepted] != 1 || kinds[record.KindRejected] != 1 || kinds[record.KindExport] != 1 {
		t.Errorf("%v, %v", kinds, err)
	}
	// The panel tells it, with the words, and of this pattern alone.
	h, err := v.History(t.Context(), &made[0])
	groups := map[viewmodel.ActGroup]int{}
	words := false
	for _, a := range h.Acts {
		groups[a.Group]++
		words = words || a.Words == r.Prompt
		if a.Who != "Anna" || a.What == "" || a.When.IsZero() {
			t.Errorf("%+v", a)
		}
	}
	if err != nil || h.Of != "this pattern" || groups[viewmodel.Generations] != 3 || groups[viewmodel.Choices] != 1 || groups[viewmodel.Exports] != 1 || !words {
		t.Errorf("%+v, %v", h, err)
	}
	all, err := v.History(t.Context(), nil)
	if err != nil || all.Of != "the library" || len(all.Acts) <= len(h.Acts) {
		t.Errorf("%+v, %v", all, err)
	}
	if j, err := v.Verify(t.Context()); err != nil || !j.Intact || j.Entries == 0 {
		t.Errorf("%+v, %v", j, err)
	}
	verdict, err := s.VerifyLedger(t.Context(), lib, session.VerifyOptions{Deep: true}, nil)
	if err != nil || !verdict.Intact() {
		t.Errorf("%+v, %v", verdict, err)
	}
}

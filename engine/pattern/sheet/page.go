package sheet

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"math"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/press"
)

// The page, in mm.
const (
	side       = 15.0 // left and right margin
	top        = 14.0
	bottom     = 12.0
	gutter     = 12.0 // left of the picture, for the warp
	line       = 4.9  // of the facts
	chipRow    = 13.0
	chipSide   = 9.5
	chipsWide  = 4
	factRows   = 7
	barMM      = 100.0
	tallPanel  = 145.0
	shortPanel = 58.0
)

// Colours of the page: ink, what is said quietly, and rules.
type shade [3]int

func ink() shade   { return shade{28, 28, 30} }
func quiet() shade { return shade{112, 112, 116} }
func rule() shade  { return shade{196, 196, 198} }
func mark() shade  { return shade{200, 16, 46} } // vectors

// page draws with fpdf, whose first error stays in it.
type page struct {
	*fpdf.Fpdf
	font *sfnt.Font
	w, h float64
}

// Write draws the sheet. Errors are *SpecError, that of ctx, and the writer's.
func Write(ctx context.Context, w io.Writer, s Spec) error {
	if err := s.check(); err != nil {
		return err
	}
	font, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return fmt.Errorf("spec sheet: font: %w", err)
	}
	pw, ph := s.Paper.size()
	p := &page{Fpdf: fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: pw, Ht: ph}}), font: font, w: pw, h: ph}
	// Neither clock nor order of a map goes into the file.
	p.SetCatalogSort(true)
	stamp := s.Date
	if stamp.IsZero() {
		stamp = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	p.SetCreationDate(stamp)
	p.SetModificationDate(stamp)
	p.SetTitle(strings.TrimSpace(s.Number+" "+s.Name), true)
	p.SetSubject("Specification. "+s.Detail.Statement(), true)
	p.SetCreator("Selvage", true)
	p.SetProducer("Selvage", true)
	// No output intent: with one, fpdf 0.12 points Info at the wrong object. And
	// copies of the fonts, since it writes into those that it is given.
	p.AddUTF8FontFromBytes("go", "", bytes.Clone(goregular.TTF))
	p.AddUTF8FontFromBytes("go", "B", bytes.Clone(gobold.TTF))
	p.AddUTF8FontFromBytes("mono", "", bytes.Clone(gomono.TTF))
	p.SetAutoPageBreak(false, 0)
	p.SetMargins(0, 0, 0)
	p.SetCellMargin(0)
	p.AddPage()

	y := p.head(&s)
	chips := 0.0
	if n := len(s.Positions); n > 0 {
		chips = 7 + chipRow*math.Ceil(float64(n)/chipsWide)
	}
	facts := 9 + line*factRows
	notes := p.notes(&s)
	foot := 29.0 + float64(len(notes))*4.2
	panel := min(max(p.h-bottom-foot-chips-facts-9-y, shortPanel), tallPanel)
	if err := p.panel(ctx, &s, y, panel); err != nil {
		return err
	}
	y += panel + 9
	p.facts(&s, y)
	y += facts
	if chips > 0 {
		p.chips(&s, y)
	}
	p.foot(&s, notes)
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return fmt.Errorf("spec sheet: %w", err)
	}
	_, err = out.WriteTo(w)
	return err
}

// say writes text with its baseline at y, cut to width with an ellipsis; align
// is "L", "R" or "C" of x. It returns the width written.
func (p *page) say(x, y float64, family, style string, points float64, c shade, width float64, align, text string) float64 {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || !has(p.font, r) {
			return '?'
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
	p.SetFont(family, style, points)
	p.SetTextColor(c[0], c[1], c[2])
	if width > 0 && p.GetStringWidth(text) > width {
		r := []rune(text)
		for len(r) > 0 && p.GetStringWidth(string(r)+"…") > width {
			r = r[:len(r)-1]
		}
		text = strings.TrimRight(string(r), " ") + "…"
	}
	long := p.GetStringWidth(text)
	switch align {
	case "R":
		x -= long
	case "C":
		x -= long / 2
	}
	p.Text(x, y, text)
	return long
}

func (p *page) stroke(c shade, width float64) {
	p.SetDrawColor(c[0], c[1], c[2])
	p.SetLineWidth(width)
}

func (p *page) fill(c shade) { p.SetFillColor(c[0], c[1], c[2]) }

// head writes who and what, and returns where the picture may begin.
func (p *page) head(s *Spec) float64 {
	right := p.w - side
	number, name := s.Number, s.Name
	if number == "" {
		number, name = name, ""
	}
	if number == "" {
		number = "Untitled"
	}
	wide := right - side - 62
	p.say(side, top+7.5, "go", "B", 24, ink(), wide, "L", number)
	p.say(side, top+14.5, "go", "", 13, ink(), wide, "L", name)
	under := [][2]string{{"", s.Studio}, {"Collection ", s.Collection}, {"Colourway ", s.Colourway}}
	what := "SPECIFICATION"
	if !s.Date.IsZero() {
		what += "   " + s.Date.Format("2 January 2006")
	}
	p.say(right, top+2.5, "go", "B", 7.5, quiet(), 60, "R", what)
	y := top + 7.5
	for _, u := range under {
		if u[1] != "" {
			p.say(right, y, "go", "", 9, ink(), 60, "R", u[0]+u[1])
			y += 4.2
		}
	}
	p.stroke(ink(), 0.5)
	p.Line(side, top+19, right, top+19)
	return top + 24
}

// panel draws the pattern in repeat with its lattice, and the warp beside it.
func (p *page) panel(ctx context.Context, s *Spec, y, h float64) error {
	v := s.view(side+gutter, y, p.w-2*side-gutter, h)
	img, err := s.picture(ctx, v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	p.RegisterImageOptionsReader("pattern", fpdf.ImageOptions{ImageType: "PNG"}, &b)
	p.ImageOptions("pattern", v.x, v.y, v.w, v.h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	p.ClipRect(v.x, v.y, v.w, v.h, false)
	p.cells(s, v)
	p.ClipEnd()
	p.vectors(s, v)
	p.stroke(rule(), 0.2)
	p.Rect(v.x, v.y, v.w, v.h, "D")
	p.say(v.x+v.w, y+h+3.4, "go", "", 7, quiet(), 0, "R", fmt.Sprintf("Shown at 1 : %s. The cell is outlined, its vectors are red.", ratio(1/v.scale)))
	p.warp(s, side, y, h)
	return nil
}

func ratio(v float64) string {
	if v >= 10 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

// cells outlines the cells in view, the first one stronger.
func (p *page) cells(s *Spec, v window) {
	w, h := float64(s.Detail.Width), float64(s.Detail.Height)
	n, d := s.Repeat.Drop()
	drop := float64(n) / float64(d)
	cells := func(each func(x, y float64)) {
		for j := -int(math.Ceil(v.h/v.scale/h)) - 2; j <= int(math.Ceil(v.h/v.scale/h))+1; j++ {
			for i := -2; i <= int(math.Ceil(v.w/v.scale/w))+1; i++ {
				x, y := float64(i)*w, float64(j)*h
				switch s.Repeat.Kind {
				case pattern.HalfDrop, pattern.Hex:
					y += math.Mod(float64(i)*drop, 1) * h
				case pattern.Brick:
					x += math.Mod(float64(j)*drop, 1) * w
				default:
				}
				each(x, y)
			}
		}
	}
	if s.Repeat.Kind != pattern.None {
		// White under ink, so that it shows on any ground.
		p.SetAlpha(0.6, "Normal")
		for _, pen := range []struct {
			c     shade
			width float64
			dash  []float64
		}{{shade{255, 255, 255}, 0.3, nil}, {ink(), 0.12, []float64{1.2, 1.2}}} {
			p.stroke(pen.c, pen.width)
			p.SetDashPattern(pen.dash, 0)
			cells(func(x, y float64) {
				// Left and upper edge; the others are those of neighbours.
				px, py := v.at(x, y)
				p.Line(px, py, px+w*v.scale, py)
				p.Line(px, py, px, py+h*v.scale)
			})
		}
		p.SetDashPattern(nil, 0)
		p.SetAlpha(1, "Normal")
	}
	x0, y0 := v.at(0, 0)
	p.stroke(shade{255, 255, 255}, 0.9)
	p.Rect(x0, y0, w*v.scale, h*v.scale, "D")
	p.stroke(ink(), 0.4)
	p.Rect(x0, y0, w*v.scale, h*v.scale, "D")
}

// vectors draws those of the repeat from the corner of the first cell; a
// border's lie on the edge of what is shown.
func (p *page) vectors(s *Spec, v window) {
	w, h := float64(s.Detail.Width), float64(s.Detail.Height)
	x0, y0 := v.at(0, 0)
	a, b := s.Repeat.Vectors()
	for _, u := range []struct {
		name string
		v    [2]float64
	}{{"a", a}, {"b", b}} {
		if u.v != [2]float64{} {
			p.vector(x0, y0, x0+u.v[0]*w*v.scale, y0+u.v[1]*h*v.scale, u.name)
		}
	}
	if a != b { // both are zero where nothing repeats
		p.fill(mark())
		p.Circle(x0, y0, 1, "F")
	}
}

// vector draws an arrow with its name in a disc half-way.
func (p *page) vector(x0, y0, x1, y1 float64, name string) {
	p.arrow(x0, y0, x1, y1, shade{255, 255, 255}, 1.5, 4.2)
	p.arrow(x0, y0, x1, y1, mark(), 0.6, 3.4)
	mx, my := x0+(x1-x0)*0.42, y0+(y1-y0)*0.42
	p.fill(mark())
	p.stroke(shade{255, 255, 255}, 0.4)
	p.Circle(mx, my, 2.3, "FD")
	p.say(mx, my+1.1, "go", "B", 9, shade{255, 255, 255}, 0, "C", name)
}

// arrow draws a line of so much width with a head at its end.
func (p *page) arrow(x0, y0, x1, y1 float64, c shade, width, head float64) {
	long := math.Hypot(x1-x0, y1-y0)
	if long < 1e-6 {
		return
	}
	ux, uy := (x1-x0)/long, (y1-y0)/long
	head = min(head, long/2)
	bx, by := x1-ux*head, y1-uy*head
	p.stroke(c, width)
	p.fill(c)
	p.Line(x0, y0, bx+ux*head*0.3, by+uy*head*0.3)
	half := head * 0.36
	p.Polygon([]fpdf.PointType{{X: x1, Y: y1}, {X: bx - uy*half, Y: by + ux*half}, {X: bx + uy*half, Y: by - ux*half}}, "F")
}

// warp draws which way is up, the warp, and the direction of the design, in the
// gutter beside the picture.
func (p *page) warp(s *Spec, x, y, h float64) {
	mid := x + 4
	p.arrow(mid, y+15, mid, y+1.5, ink(), 0.5, 3.4)
	p.say(mid, y+19, "go", "B", 7, ink(), 0, "C", "UP")
	// The warp runs both ways along the roll.
	centre, arm := y+21+(h-42)/2, min(13, (h-44)/2)
	p.arrow(mid, centre, mid, centre-arm, ink(), 0.35, 3)
	p.arrow(mid, centre, mid, centre+arm, ink(), 0.35, 3)
	p.TransformBegin()
	p.TransformRotate(90, mid-1.8, centre)
	p.say(mid-1.8, centre, "go", "B", 7, ink(), 0, "C", "WARP")
	p.TransformEnd()
	if s.Way == "" {
		return
	}
	cy := y + h - 11
	const r = 5.2
	heads := map[Direction][]float64{OneWay: {90}, TwoWay: {90, 270}, FourWay: {0, 90, 180, 270}, Tossed: {20, 75, 140, 200, 260, 320}}[s.Way]
	for _, deg := range heads {
		sin, cos := math.Sincos(deg * math.Pi / 180)
		p.arrow(mid, cy, mid+r*cos, cy-r*sin, ink(), 0.35, 2.2)
	}
	p.say(mid, cy+r+4, "go", "", 7, ink(), 0, "C", string(s.Way))
}

// facts are two columns of names and values.
func (p *page) facts(s *Spec, y float64) {
	mm := press.Millimetres
	w, h := s.Detail.Width, s.Detail.Height
	a, b := s.Repeat.Vectors()
	rw, rh := s.Repeat.RectangleSize(1, 1)
	vector := func(v [2]float64) string {
		if v == [2]float64{} {
			return "does not repeat this way"
		}
		return fmt.Sprintf("%s mm across, %s mm down", mm(w*pattern.Length(v[0])), mm(h*pattern.Length(v[1])))
	}
	left := [][2]string{
		{"Layout", layoutName(s.Repeat)},
		{"Repeat", fmt.Sprintf("%s x %s mm  (%s x %s in)", mm(w), mm(h), inches(w), inches(h))},
		{"Pixels", s.Detail.File.String()},
		{"Vector a", vector(a)},
		{"Vector b", vector(b)},
	}
	if rw != 1 || rh != 1 {
		left = append(left, [2]string{"Lays straight", fmt.Sprintf("%s x %s mm, %d x %d pixels", mm(w*pattern.Length(rw)), mm(h*pattern.Length(rh)), rw*s.Detail.File.Width, rh*s.Detail.File.Height)})
	} else if s.Repeat.Kind == pattern.Block {
		left = append(left, [2]string{"Lays straight", "as it is"})
	}
	if s.Cloth != "" {
		left = append(left, [2]string{"Cloth", s.Cloth})
	}
	var right [][2]string
	add := func(name, value string) {
		if value != "" {
			right = append(right, [2]string{name, value})
		}
	}
	if len(s.Positions) > 0 {
		c := press.CountScreens(s.Positions)
		add("Screens", fmt.Sprintf("%d for %d colours", c.Count, c.Colours))
		if c.Cloth == "" {
			add("Ground", "printed, counted as a screen")
		} else {
			add("Ground", c.Cloth+" is unprinted cloth, no screen")
		}
		add("Joints", map[bool]string{true: "butt", false: "trap " + s.Traps}[s.Traps == ""])
	}
	x, yy := s.Detail.FileDPI()
	dpi := fmt.Sprintf("%.4g DPI", x)
	if math.Abs(x-yy) > 0.05 {
		dpi = fmt.Sprintf("%.4g x %.4g DPI", x, yy)
	}
	add("Resolution", dpi+" in the file")
	add("Generated", fmt.Sprintf("%v pixels, %.4g DPI", s.Detail.Generated, s.Detail.GeneratedDPI()))
	if s.Detail.Upscaled != (pattern.Size{}) {
		add("Upscaled", fmt.Sprintf("%v pixels, %.4g DPI", s.Detail.Upscaled, s.Detail.UpscaledDPI()))
	}
	add("Effective", fmt.Sprintf("%.4g DPI of detail", s.Detail.EffectiveDPI()))

	half := (p.w - 2*side - 8) / 2
	for i, column := range [][][2]string{left, right} {
		x := side + float64(i)*(half+8)
		p.title(x, y, half, [...]string{"Repeat", "Print"}[i])
		at := y + 6.6
		for _, f := range column[:min(len(column), factRows)] {
			p.say(x, at, "go", "", 8, quiet(), 24, "L", f[0])
			p.say(x+24, at, "go", "", 8.5, ink(), half-24, "L", f[1])
			at += line
		}
	}
}

func layoutName(r pattern.Repeat) string {
	switch r.Kind {
	case pattern.AlongX:
		return "border, repeats across"
	case pattern.AlongY:
		return "border, repeats down"
	case pattern.None:
		return "placed print, no repeat"
	case pattern.Hex:
		return "hexagonal (half-drop 1/2)"
	default:
		return r.String()
	}
}

func inches(l pattern.Length) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", l.In(pattern.Inch)), "0"), ".")
}

func (p *page) title(x, y, width float64, text string) {
	p.say(x, y, "go", "B", 8.5, ink(), width, "L", text)
	p.stroke(rule(), 0.25)
	p.Line(x, y+1.8, x+width, y+1.8)
}

// chips are the positions in order, four in a row.
func (p *page) chips(s *Spec, y float64) {
	p.title(side, y, p.w-2*side, "Positions")
	step := (p.w - 2*side) / chipsWide
	for i, pos := range s.Positions {
		x, cy := side+float64(i%chipsWide)*step, y+4.5+float64(i/chipsWide)*chipRow
		p.fill(shade{int(pos.Chip.R), int(pos.Chip.G), int(pos.Chip.B)})
		p.stroke(rule(), 0.2)
		p.Rect(x, cy, chipSide, chipSide, "FD")
		if pos.Cloth {
			// Cloth that is not printed is crossed out.
			p.stroke(quiet(), 0.2)
			p.Line(x, cy+chipSide, x+chipSide, cy)
		}
		tx, wide := x+chipSide+2.2, step-chipSide-4
		name := pos.Name
		if name == "" {
			name = pos.Chip.Name
		}
		if name == "" {
			name = pos.Chip.Hex()
		}
		p.say(tx, cy+2.7, "go", "B", 8, ink(), wide, "L", fmt.Sprintf("%d  %s", i+1, name))
		second := pos.Code
		if pos.Cloth {
			second = strings.TrimSpace("cloth  " + second)
		}
		lab := pos.Chip.RGB().Linear().CIELAB()
		if pos.Lab != nil {
			lab = *pos.Lab
		}
		third := pos.Chip.Hex() + "  " + labText(lab)
		if second == "" {
			second, third = third, ""
		}
		p.say(tx, cy+6, "go", "", 7, ink(), wide, "L", second)
		p.say(tx, cy+9.1, "go", "", 6.3, quiet(), wide, "L", third)
	}
}

func labText(l color.Lab) string {
	return fmt.Sprintf("Lab %.0f %.0f %.0f", l[0]+0, math.Round(l[1])+0, math.Round(l[2])+0)
}

// notes breaks the notes into at most three lines.
func (p *page) notes(s *Spec) []string {
	if strings.TrimSpace(s.Notes) == "" {
		return nil
	}
	p.SetFont("go", "", 8)
	var out []string
	current := ""
	for _, word := range strings.Fields(s.Notes) {
		if current != "" && p.GetStringWidth(current+" "+word) > p.w-2*side-16 {
			out = append(out, current)
			current = word
			continue
		}
		current = strings.TrimSpace(current + " " + word)
	}
	out = append(out, current)
	if len(out) > 3 {
		out = append(out[:2], strings.Join(out[2:], " ")) // say cuts what is too long
	}
	return out
}

// foot has notes, the bar at true size, and the hash.
func (p *page) foot(s *Spec, notes []string) {
	y := p.h - bottom
	right := p.w - side
	p.stroke(rule(), 0.25)
	p.Line(side, y-4.5, right, y-4.5)
	p.say(right, y, "go", "B", 7, quiet(), 0, "R", "Selvage")
	if s.Hash != "" {
		p.say(side, y, "mono", "", 7, quiet(), right-side-16, "L", s.Hash)
	}
	bar := y - 17
	for i := range 10 {
		x := side + float64(i)*barMM/10
		if p.fill(shade{255, 255, 255}); i%2 == 0 {
			p.fill(ink())
		}
		p.stroke(ink(), 0.15)
		p.Rect(x, bar, barMM/10, 2, "FD")
	}
	for i := 0; i <= 10; i += 5 {
		p.say(side+float64(i)*barMM/10, bar-1.3, "go", "", 7, ink(), 0, map[int]string{0: "L", 5: "C", 10: "C"}[i], fmt.Sprintf("%d", i*10))
	}
	p.stroke(ink(), 0.15)
	for i := range 5 {
		x := side + float64(i)*25.4
		if x <= side+barMM+2 {
			p.Line(x, bar+3, x, bar+5)
			p.say(x, bar+8, "go", "", 7, ink(), 0, map[bool]string{true: "L", false: "C"}[i == 0], fmt.Sprintf("%d", i))
		}
	}
	p.Line(side, bar+3, side+4*25.4, bar+3)
	p.say(side+barMM+6, bar+1.6, "go", "", 7.5, ink(), 0, "L", "mm. This bar is 100 mm long:")
	p.say(side+barMM+6, bar+5.2, "go", "", 7.5, ink(), 0, "L", "print this page at 100 %, not fitted.")
	p.say(side+barMM+6, bar+8.8, "go", "", 7.5, quiet(), 0, "L", "Lower scale in inches.")
	at := bar - 6 - 4.2*float64(len(notes)-1)
	for i, n := range notes {
		if i == 0 {
			p.say(side, at, "go", "", 8, quiet(), 0, "L", "Notes")
		}
		p.say(side+16, at, "go", "", 8, ink(), right-side-16, "L", n)
		at += 4.2
	}
}

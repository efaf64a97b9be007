package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/math/fixed"
)

// Letters that the Go fonts have are text in those fonts, embedded as subsets. All
// others are shaped by HarfBuzz's rules, which fpdf cannot do, and drawn as
// outlines; the marked content around them holds the text itself (ActualText), so
// that it is found, copied and read aloud.

// style is how text looks. Size is in points.
type style struct {
	family string // "go" or "mono"
	bold   bool
	size   float64
	color  shade
	auto   bool // the text's own direction orders it; otherwise it is ours, from left to right
}

func (s style) weight() string {
	if s.bold {
		return "B"
	}
	return ""
}

// letters decides which face draws a rune. It is the shaping.Fontmap of a page.
type letters struct {
	own     *font.Face
	faces   Faces
	known   map[rune]*font.Face
	shaper  shaping.HarfbuzzShaper
	split   shaping.Segmenter
	breaks  segmenter.Segmenter
	missing map[rune]bool
}

func newLetters(faces Faces) (*letters, error) {
	own, err := font.ParseTTF(bytes.NewReader(goregular.TTF))
	if err != nil {
		return nil, fmt.Errorf("authorship report: font: %w", err)
	}
	return &letters{own: own, faces: faces, known: map[rune]*font.Face{}, missing: map[rune]bool{}}, nil
}

func (l *letters) has(r rune) bool {
	_, ok := l.own.NominalGlyph(r)
	return ok
}

// ResolveFace is the Go font's face for what it has, another one for what that
// has, and the Go font's for what nobody has.
func (l *letters) ResolveFace(r rune) *font.Face {
	if l.has(r) || invisible(r) {
		return l.own
	}
	if f, ok := l.known[r]; ok {
		return f
	}
	face := l.own
	if l.faces != nil {
		if f := l.faces.ResolveFace(r); f != nil {
			if draws(f, r) {
				face = f
			}
		}
	}
	l.known[r] = face
	return face
}

// draws says whether a face has a letter as an outline; of one in colour only its
// number would be left.
func draws(f *font.Face, r rune) bool {
	g, ok := f.NominalGlyph(r)
	if !ok {
		return false
	}
	o, ok := f.GlyphDataOutline(tables.GlyphID(g))
	return ok && (len(o.Segments) > 0 || unicode.IsSpace(r))
}

// leftToRight begins a line whose direction is ours: the segmenter takes that of the
// first letter that has one.
const leftToRight = 0x200e

// invisible letters take part in shaping alone.
func invisible(r rune) bool {
	return r == leftToRight || r == 0x200c || r == 0x200d || r >= 0xfe00 && r <= 0xfe0f
}

// piece is a stretch of a line in one face, from left to right.
type piece struct {
	text   string          // what it says
	shown  string          // what the page's own font writes for it; "" for outlines
	shaped *shaping.Output // outlines
	width  float64         // mm
}

// ownText says whether the whole text is the page's own font's.
func (p *page) ownText(s string) bool {
	for _, r := range s {
		if r > '~' && !p.letters.has(r) {
			return false
		}
	}
	return true
}

func (p *page) use(st style) {
	p.SetFont(st.family, st.weight(), st.size)
	p.SetTextColor(st.color[0], st.color[1], st.color[2])
}

// width is that of one line, in mm.
func (p *page) width(st style, s string) float64 {
	if p.ownText(s) {
		p.use(st)
		return p.GetStringWidth(s)
	}
	w := 0.0
	for _, q := range p.pieces(st, s) {
		w += q.width
	}
	return w
}

// rtl says whether the first letter with a direction is written from right to left.
func rtl(s string) bool {
	for _, r := range s {
		switch language.LookupScript(r) {
		case language.Common, language.Inherited, language.Unknown:
		case language.Arabic, language.Hebrew, language.Syriac, language.Thaana, language.Nko, language.Adlam, language.Samaritan, language.Mandaic, language.Hanifi_Rohingya:
			return true
		default:
			return false
		}
	}
	return false
}

// pieces lays out one line, in the order in which it is drawn.
func (p *page) pieces(st style, s string) []piece {
	l := p.letters
	runes := []rune(s)
	base := di.DirectionLTR
	if st.auto && rtl(s) {
		base = di.DirectionRTL
	} else {
		runes = append([]rune{leftToRight}, runes...)
	}
	inputs := l.split.Split(shaping.Input{Text: runes, RunEnd: len(runes), Direction: base, Size: fixed.Int26_6(st.size * 64), Language: language.NewLanguage("en")}, l)
	type directed struct {
		pieces []piece
		back   bool
	}
	var parts []directed
	for _, in := range inputs {
		part := directed{back: in.Direction == di.DirectionRTL}
		if in.Face == l.own {
			part.pieces = p.ownPieces(st, runes[in.RunStart:in.RunEnd])
		} else {
			out := l.shaper.Shape(in)
			out.Glyphs = append([]shaping.Glyph(nil), out.Glyphs...)
			mm := float64(out.Advance) / 64 * 25.4 / 72
			part.pieces = []piece{{text: string(runes[in.RunStart:in.RunEnd]), shaped: &out, width: mm}}
		}
		parts = append(parts, part)
	}
	// Runs against the direction of the line are reversed among themselves, and all
	// of them where the line itself runs backwards.
	backwards := base == di.DirectionRTL
	for i := 0; i < len(parts); {
		j := i
		for j < len(parts) && parts[j].back != backwards {
			j++
		}
		for a, z := i, j-1; a < z; a, z = a+1, z-1 {
			parts[a], parts[z] = parts[z], parts[a]
		}
		i = max(j, i+1)
	}
	var out []piece
	for i := range parts {
		k := i
		if backwards {
			k = len(parts) - 1 - i
		}
		out = append(out, parts[k].pieces...)
	}
	return out
}

// ownPieces writes what the page's own font has, and numbers for what nobody has.
func (p *page) ownPieces(st style, runes []rune) []piece {
	p.use(st)
	var out []piece
	add := func(text, shown string) {
		out = append(out, piece{text: text, shown: shown, width: p.GetStringWidth(shown)})
	}
	var run []rune
	flush := func() {
		if len(run) > 0 {
			add(string(run), string(run))
			run = nil
		}
	}
	for _, r := range runes {
		switch {
		case invisible(r):
		case p.letters.has(r):
			run = append(run, r)
		default:
			flush()
			p.letters.missing[r] = true
			add(string(r), fmt.Sprintf("[U+%04X]", r))
		}
	}
	flush()
	return out
}

// say writes one line with its baseline at y, from x or, with "R", to x.
func (p *page) say(x, y float64, st style, align, s string) {
	if align == "R" {
		x -= p.width(st, s)
	}
	if p.ownText(s) {
		p.use(st)
		p.Text(x, y, s)
		return
	}
	for _, q := range p.pieces(st, s) {
		switch {
		case q.shaped != nil:
			p.actual(q.text, func() { p.outlines(x, y, st, q.shaped) })
		case q.shown != q.text:
			p.actual(q.text, func() {
				faint := st
				faint.color = rgb(quiet)
				p.use(faint)
				p.Text(x, y, q.shown)
			})
		default:
			p.use(st)
			p.Text(x, y, q.shown)
		}
		x += q.width
	}
}

// actual draws what stands for a text, and says which.
func (p *page) actual(text string, draw func()) { p.marked("Span", "ActualText", text, draw) }

// marked draws content that a text belongs to.
func (p *page) marked(kind, property, text string, draw func()) {
	var b strings.Builder
	fmt.Fprintf(&b, "/%s <</%s <FEFF", kind, property)
	for _, u := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">>> BDC")
	p.RawWriteStr(b.String())
	draw()
	p.RawWriteStr("EMC")
}

// outlines draws shaped glyphs, with an unseen letter of the page's font at their
// place: readers find ActualText by the letters that it stands for.
func (p *page) outlines(x, y float64, st style, out *shaping.Output) {
	p.use(st)
	p.SetTextRenderingMode(3)
	p.Text(x, y, "x")
	p.SetTextRenderingMode(0)
	p.SetFillColor(st.color[0], st.color[1], st.color[2])
	scale := st.size / float64(out.Face.Upem()) * 25.4 / 72
	mm := func(v fixed.Int26_6) float64 { return float64(v) / 64 * 25.4 / 72 }
	for _, g := range out.Glyphs {
		if o, ok := out.Face.GlyphDataOutline(tables.GlyphID(g.GlyphID)); ok {
			p.outline(o.Segments, x+mm(g.XOffset), y-mm(g.YOffset), scale)
		}
		x += mm(g.Advance)
	}
}

func (p *page) outline(segments []opentype.Segment, x, y, scale float64) {
	if len(segments) == 0 {
		return
	}
	at := func(q opentype.SegmentPoint) (float64, float64) {
		return x + float64(q.X)*scale, y - float64(q.Y)*scale
	}
	var cx, cy float64
	open := false
	for _, s := range segments {
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			if open {
				p.ClosePath()
			}
			cx, cy = at(s.Args[0])
			p.MoveTo(cx, cy)
			open = true
		case opentype.SegmentOpLineTo:
			cx, cy = at(s.Args[0])
			p.LineTo(cx, cy)
		case opentype.SegmentOpQuadTo:
			qx, qy := at(s.Args[0])
			ex, ey := at(s.Args[1])
			p.CurveBezierCubicTo(cx+(qx-cx)*2/3, cy+(qy-cy)*2/3, ex+(qx-ex)*2/3, ey+(qy-ey)*2/3, ex, ey)
			cx, cy = ex, ey
		case opentype.SegmentOpCubeTo:
			ax, ay := at(s.Args[0])
			bx, by := at(s.Args[1])
			cx, cy = at(s.Args[2])
			p.CurveBezierCubicTo(ax, ay, bx, by, cx, cy)
		}
	}
	p.ClosePath()
	p.DrawPath("F")
}

// lines breaks text to a width, where Unicode allows it (UAX 14), and inside of a
// word that is wider than the whole line. An empty text is one empty line.
func (p *page) lines(st style, s string, width float64) []string {
	var out []string
	for par := range strings.SplitSeq(s, "\n") {
		out = append(out, p.wrap(st, par, width)...)
	}
	return out
}

func (p *page) wrap(st style, s string, width float64) []string {
	if p.width(st, s) <= width {
		return []string{s}
	}
	p.letters.breaks.InitWithString(s)
	var words []string
	for it := p.letters.breaks.LineIterator(); it.Next(); {
		words = append(words, string(it.Line().Text))
	}
	plainText := p.ownText(s)
	var out []string
	line, long := "", 0.0
	for _, word := range words {
		trimmed := strings.TrimRight(word, " ")
		var wide float64
		if plainText { // no kerning: widths add up
			wide = long + p.width(st, trimmed)
		} else {
			wide = p.width(st, line+trimmed)
		}
		if wide <= width {
			line += word
			long += p.width(st, word)
			continue
		}
		if line != "" {
			out = append(out, strings.TrimRight(line, " "))
		}
		parts := p.chop(st, word, width)
		out = append(out, parts[:len(parts)-1]...)
		line = parts[len(parts)-1]
		long = p.width(st, line)
	}
	return append(out, strings.TrimRight(line, " "))
}

// chop cuts one word into lines.
func (p *page) chop(st style, word string, width float64) []string {
	if p.width(st, strings.TrimRight(word, " ")) <= width {
		return []string{word}
	}
	p.letters.breaks.InitWithString(word)
	var out []string
	line := ""
	for it := p.letters.breaks.GraphemeIterator(); it.Next(); {
		next := string(it.Grapheme().Text)
		if line != "" && p.width(st, line+next) > width {
			out = append(out, line)
			line = ""
		}
		line += next
	}
	return append(out, line)
}

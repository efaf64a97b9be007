package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// The page, in mm: A4.
const (
	pageWide = 210.0
	pageTall = 297.0
	side     = 18.0
	top      = 18.0
	bottom   = 20.0
	inner    = pageWide - 2*side
)

// shade is a colour of the page, by its red, green and blue.
type shade [3]int

func rgb(v int) shade { return shade{v >> 16, v >> 8 & 0xff, v & 0xff} }

const (
	ink    = 0x222222
	quiet  = 0x666666
	rule   = 0xcccccc
	panel  = 0xf2f2f2
	accent = 0x2368c4
)

// tones are a tone's text and ground.
func tones(t tone) (text, ground shade) {
	switch t {
	case green:
		return rgb(0x1d6b3c), rgb(0xcdebd8)
	case amber:
		return rgb(0x855600), rgb(0xf6e3bd)
	case red:
		return rgb(0x9c1f16), rgb(0xf7d9d6)
	case blue:
		return rgb(0x005a8e), rgb(0xd3e6f1)
	case warm:
		return rgb(0x9a4400), rgb(0xf8dfcd)
	case leaf:
		return rgb(0x00694c), rgb(0xcdebe1)
	case plum:
		return rgb(0x8b3d67), rgb(0xf3dde9)
	case plain:
	}
	return rgb(quiet), rgb(0xe6e6e6)
}

// swatch is a tone's colour in maps, as the overlay paints it.
func swatch(t tone) shade {
	switch t { //nolint:exhaustive // only makers are in maps
	case blue:
		return rgb(0x0072b2)
	case warm:
		return rgb(0xd55e00)
	case leaf:
		return rgb(0x009e73)
	case plum:
		return rgb(0xcc79a7)
	}
	return rgb(0xffffff)
}

// Styles of text.
func body() style           { return style{family: "go", size: 9.6, color: rgb(ink)} }
func small() style          { return style{family: "go", size: 8.4, color: rgb(quiet)} }
func strong() style         { return style{family: "go", bold: true, size: 9.6, color: rgb(ink)} }
func figures() style        { return style{family: "mono", size: 8.2, color: rgb(ink)} }
func tabular() style        { return style{family: "go", size: 7.6, color: rgb(ink)} }
func tabMono() style        { return style{family: "mono", size: 6.9, color: rgb(ink)} }
func lead(st style) float64 { return st.size * 0.3528 * 1.42 }

// page draws with fpdf, whose first error stays in it.
type page struct {
	*fpdf.Fpdf
	letters *letters
	y       float64
	foot    string
	name    string
	total   int   // pages of the pass before; 0 in the first one
	starts  []int // pages of the sections in the pass before
	links   []int
	// pictures that the file has so far
	pictures int
}

// PDF writes the report as A4 pages with bookmarks, links, page numbers and
// embedded fonts. The file's dates are Made. Errors are *InputError and the
// writer's.
func PDF(w io.Writer, r Report) error {
	d, err := build(&r)
	if err != nil {
		return err
	}
	ls, err := newLetters(r.Faces)
	if err != nil {
		return err
	}
	// Twice: the contents and the feet name pages that only the first pass knows.
	first, err := lay(d, ls, r.Made, 0, nil)
	if err != nil {
		return err
	}
	second, err := lay(d, ls, r.Made, first.PageCount(), first.starts)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := second.Output(&out); err != nil {
		return fmt.Errorf("authorship report: %w", err)
	}
	_, err = out.WriteTo(w)
	return err
}

func lay(d *document, ls *letters, made time.Time, total int, starts []int) (*page, error) {
	p := &page{
		Fpdf:    fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: pageWide, Ht: pageTall}}),
		letters: ls, foot: d.Foot, name: d.Cover.Name, total: total,
	}
	// Neither clock nor order of a map goes into the file.
	p.SetCatalogSort(true)
	p.SetCreationDate(made.UTC())
	p.SetModificationDate(made.UTC())
	p.SetTitle(d.Title, true)
	p.SetSubject(d.Subject, true)
	p.SetAuthor(d.Author, true)
	p.SetCreator("Selvage", true)
	p.SetProducer("Selvage", true)
	p.SetLang("en-GB")
	// Copies of the fonts, since fpdf writes into those that it is given.
	p.AddUTF8FontFromBytes("go", "", bytes.Clone(goregular.TTF))
	p.AddUTF8FontFromBytes("go", "B", bytes.Clone(gobold.TTF))
	p.AddUTF8FontFromBytes("mono", "", bytes.Clone(gomono.TTF))
	p.SetAutoPageBreak(false, 0)
	p.SetMargins(0, 0, 0)
	p.SetCellMargin(0)
	for range d.Sections {
		p.links = append(p.links, p.AddLink())
	}
	p.SetFooterFunc(p.footer)
	p.cover(&d.Cover)
	p.contents(d, starts)
	for i := range d.Sections {
		p.section(i, &d.Sections[i])
	}
	p.missing()
	p.Close()
	if err := p.Error(); err != nil {
		return nil, fmt.Errorf("authorship report: %w", err)
	}
	return p, nil
}

// footer stands on all pages but the first.
func (p *page) footer() {
	n := p.PageNo()
	if n == 1 {
		return
	}
	st := style{family: "go", size: 7.6, color: rgb(quiet)}
	number := strconv.Itoa(n)
	if p.total > 0 {
		number += " / " + strconv.Itoa(p.total)
	}
	y := pageTall - 10
	p.say(side, y, st, "", p.foot)
	p.say(pageWide-side, y, st, "R", number)
	name := p.name
	if cut := p.lines(st, name, 90); len(cut) > 1 {
		name = strings.TrimSpace(cut[0]) + " …"
	}
	p.say(pageWide/2-p.width(st, name)/2, y, st, "", name)
}

func (p *page) fresh() {
	p.AddPage()
	p.y = top
}

// need begins a new page where less than h is left on this one.
func (p *page) need(h float64) {
	if p.y+h > pageTall-bottom && p.y > top {
		p.fresh()
	}
}

// flow writes text that may run over pages, and leaves y below it.
func (p *page) flow(x, width float64, st style, text string) {
	for _, line := range p.lines(st, text, width) {
		h := lead(st)
		p.need(h)
		p.line(x, st, line)
		p.y += h
	}
}

// line writes one line whose top is y.
func (p *page) line(x float64, st style, line string) {
	p.lineAt(x, p.y, st, line)
}

func (p *page) lineAt(x, y float64, st style, line string) {
	base := y + lead(st)/2 + st.size*0.3528*0.34
	p.say(x, base, st, "", line)
}

func (p *page) rule(y float64, c shade, width float64) {
	p.SetDrawColor(c[0], c[1], c[2])
	p.SetLineWidth(width)
	p.Line(side, y, pageWide-side, y)
}

func (p *page) fill(c shade) { p.SetFillColor(c[0], c[1], c[2]) }

// image draws a picture that fills a box, cut at its edges.
func (p *page) image(f *figure, x, y, w, h float64) {
	p.marked("Figure", "Alt", f.Alt, func() { p.pixels(f.Picture, x, y, w, h) })
}

func (p *page) pixels(pic *picture, x, y, w, h float64) {
	opt := fpdf.ImageOptions{ImageType: pic.Type}
	if p.GetImageInfo(pic.Name) == nil {
		info := p.RegisterImageOptionsReader(pic.Name, opt, bytes.NewReader(pic.Data))
		if p.Err() {
			return
		}
		p.pictures++
		if err := inOrder(info, p.pictures); err != nil {
			p.SetError(err)
			return
		}
	}
	iw, ih := w, w*float64(pic.Height)/float64(pic.Width)
	if ih < h {
		iw, ih = h*float64(pic.Width)/float64(pic.Height), h
	}
	p.ClipRect(x, y, w, h, false)
	p.ImageOptions(pic.Name, x-(iw-w)/2, y-(ih-h)/2, iw, ih, false, opt, 0, "")
	p.ClipEnd()
}

// framed draws a whole picture of a width, with a hairline around it.
func (p *page) framed(f *figure, x, y, w, h float64) {
	p.image(f, x, y, w, h)
	p.SetDrawColor(0xcc, 0xcc, 0xcc)
	p.SetLineWidth(0.15)
	p.Rect(x, y, w, h, "D")
}

// fitted is the size of a picture inside of a box.
func fitted(pic *picture, w, h float64) (float64, float64) {
	tall := w * float64(pic.Height) / float64(pic.Width)
	if tall > h {
		return max(h*float64(pic.Width)/float64(pic.Height), 1), h
	}
	return w, max(tall, 1)
}

// badge draws a chip whose top is y, and returns its width.
func (p *page) badge(x, y float64, b badge, size float64) float64 {
	text, ground := tones(b.Tone)
	st := style{family: "go", size: size, color: text}
	w, h := p.width(st, b.Text)+size*0.5, size*0.3528*1.5
	p.fill(ground)
	p.RoundedRect(x, y, w, h, h/2, "1234", "F")
	p.say(x+size*0.25, y+h/2+size*0.3528*0.34, st, "", b.Text)
	return w
}

// cover is the first page: the picture to the edges, then who and what; problems
// take the picture's room.
func (p *page) cover(c *cover) {
	p.fresh()
	p.y = 26
	if c.Picture != nil {
		h := 118.0
		if len(c.Alarms) > 0 {
			h = 62
		}
		p.image(c.Picture, 0, 0, pageWide, h)
		p.y = h + 12
	}
	p.say(side, p.y+2, style{family: "go", size: 8.2, color: rgb(quiet)}, "", "AUTHORSHIP REPORT")
	p.y += 5
	title := style{family: "go", bold: true, size: 34, color: rgb(ink), auto: true}
	for title.size > 13 && len(p.lines(title, c.Name, inner)) > 2 {
		title.size--
	}
	p.flow(side, inner, title, c.Name)
	if c.Under != "" {
		p.y++
		p.flow(side, inner, style{family: "go", size: 11.5, color: rgb(quiet)}, c.Under)
	}
	p.y += 3.5
	x := side
	for _, b := range c.Badges {
		x += p.badge(x, p.y, b, 8.6) + 2
	}
	p.y += 8
	for i := range c.Alarms {
		p.callout(&c.Alarms[i])
	}
	p.rule(p.y, rgb(ink), 0.4)
	p.y += 3.5
	p.facts(c.Facts)
}

// contents lists the sections with their pages.
func (p *page) contents(d *document, starts []int) {
	p.fresh()
	p.SetFont("go", "", 10)
	p.Bookmark("Contents", 0, 0)
	p.flow(side, inner, style{family: "go", bold: true, size: 20, color: rgb(ink)}, "Contents")
	p.y += 4
	st := style{family: "go", size: 11, color: rgb(ink)}
	for i := range d.Sections {
		s := &d.Sections[i]
		p.need(7.5)
		p.lineAt(side, p.y, style{family: "mono", size: 9.5, color: rgb(quiet)}, s.Number)
		p.lineAt(side+11, p.y, st, s.Title)
		if i < len(starts) {
			p.say(pageWide-side, p.y+lead(st)/2+1.3, style{family: "mono", size: 9.5, color: rgb(quiet)}, "R", strconv.Itoa(starts[i]))
		}
		p.Link(side, p.y, inner, 6.5, p.links[i])
		p.rule(p.y+6.6, rgb(rule), 0.1)
		p.y += 7.5
	}
}

func (p *page) section(i int, s *section) {
	if i == 0 || p.y > pageTall-bottom-max(s.Keep, 60) || s.ID == "claim" || s.ID == "every-edit" {
		p.fresh()
	} else {
		p.y += 9
	}
	p.starts = append(p.starts, p.PageNo())
	p.SetLink(p.links[i], p.y, -1)
	p.SetFont("go", "", 10)
	p.Bookmark(s.Number+"  "+s.Title, 0, p.y)
	p.rule(p.y, rgb(ink), 0.5)
	p.y += 3.5
	st := style{family: "go", bold: true, size: 16, color: rgb(ink)}
	p.lineAt(side, p.y, style{family: "go", size: 16, color: rgb(quiet)}, s.Number)
	p.lineAt(side+11, p.y, st, s.Title)
	p.y += lead(st) + 3
	for _, b := range s.Blocks {
		p.block(b)
	}
}

// missing says in the end which letters could not be drawn.
func (p *page) missing() {
	if n := len(p.letters.missing); n > 0 {
		p.y += 6
		p.need(12)
		p.flow(side, inner, small(), fmt.Sprintf("%s of this report had no font on the computer that made the file, and stand in it as their Unicode numbers. They can be copied and searched, and the report as HTML shows them.", countOf(int64(n), "letter")))
	}
}

package report

import (
	"strconv"
	"strings"
)

func (p *page) block(b block) {
	switch b := b.(type) {
	case paragraph:
		st := body()
		switch {
		case b.Lead:
			st.size = 13.5
		case b.Quiet:
			st = small()
		}
		p.need(2 * lead(st))
		p.flow(side, inner, st, b.Text)
		p.y += 2.2
	case heading:
		p.heading(&b)
	case facts:
		p.facts(b.Rows)
	case table:
		p.table(&b)
	case gallery:
		p.gallery(&b)
	case pair:
		p.pair(&b)
	case callout:
		p.callout(&b)
	case quote:
		p.quote(b.Text)
	case points:
		for _, item := range b.Items {
			p.need(lead(body()))
			p.fill(rgb(quiet))
			p.Circle(side+1.2, p.y+lead(body())/2, 0.55, "F")
			p.flow(side+4.5, inner-4.5, body(), item)
			p.y += 1.4
		}
		p.y++
	case steps:
		p.steps(&b)
	case legend:
		p.legend(&b)
	}
}

func (p *page) heading(h *heading) {
	st := style{family: "go", bold: true, size: 10.8, color: rgb(ink), auto: true}
	aside := small()
	p.y += 2.5
	wide := inner
	w := p.width(aside, h.Aside)
	beside := h.Aside != "" && w < inner*0.62
	if beside {
		wide -= w + 5
	}
	p.need(lead(st)*float64(len(p.lines(st, h.Text, wide))) + max(h.Keep, 18))
	if beside {
		p.say(pageWide-side, p.y+lead(st)/2+1.1, aside, "R", h.Aside)
	}
	p.flow(side, wide, st, h.Text)
	if h.Aside != "" && !beside {
		p.flow(side, inner, aside, h.Aside)
	}
	p.rule(p.y+0.6, rgb(rule), 0.15)
	p.y += 2.8
}

// facts are two columns; a long value runs on below itself.
func (p *page) facts(rows []fact) {
	const names = 44.0
	for _, f := range rows {
		st := body()
		if f.Mono {
			st = figures()
		}
		st.auto = true
		label := small()
		labels := p.lines(label, f.Name, names-3)
		p.need(lead(body()) * float64(max(len(labels), 1)))
		y := p.y
		for i, l := range labels {
			p.lineAt(side, y+float64(i)*lead(label)+(lead(body())-lead(label))/2, label, l)
		}
		at := p.PageNo()
		p.flow(side+names, inner-names, st, f.Value)
		if p.PageNo() == at {
			p.y = max(p.y, y+lead(label)*float64(len(labels)))
		}
		p.y += 0.7
	}
	p.y += 2
}

// pad is the space between columns, lift that between rows.
const (
	pad  = 2.4
	lift = 1.3
)

type laid struct {
	lines []string
	st    style
	chip  *badge
}

func (p *page) table(t *table) {
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Width
	}
	widths := make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = inner * c.Width / sum
	}
	head := func() {
		st := style{family: "go", size: 7.4, color: rgb(quiet)}
		x := side
		for i, c := range t.Columns {
			p.lineAt(x, p.y, st, c.Title)
			x += widths[i]
		}
		p.y += lead(st) + 0.6
		p.rule(p.y, rgb(ink), 0.2)
		p.y += lift
	}
	p.need(18)
	head()
	step := lead(tabular())
	for _, r := range t.Rows {
		cells, most := p.cells(r, widths)
		whole := float64(most)*step + 2*lift
		if p.y+whole > pageTall-bottom && whole < pageTall-top-bottom-10 {
			p.fresh()
			head()
		}
		for from := 0; from < most; {
			room := int((pageTall - bottom - p.y) / step)
			if room < 1 {
				p.fresh()
				head()
				continue
			}
			to := min(most, from+room)
			x := side
			for i := range cells {
				p.cell(&cells[i], x, widths[i]-pad, from, to, step)
				x += widths[i]
			}
			p.y += float64(to-from) * step
			from = to
		}
		p.rule(p.y+lift*0.6, rgb(rule), 0.1)
		p.y += 2 * lift
	}
	p.y += 2.5
}

// cells breaks a row's cells into lines, and returns the largest number of them.
func (p *page) cells(row []cell, widths []float64) (out []laid, most int) {
	most = 1
	for i, c := range row {
		st := tabular()
		if c.Mono {
			st = tabMono()
		}
		if c.Quiet {
			st.color = rgb(quiet)
		}
		l := laid{st: st}
		if c.Tone != plain && p.width(st, c.Text)+4 < widths[i]-pad && c.Text != "" {
			l.chip = &badge{c.Text, c.Tone}
			l.lines = []string{""}
		} else {
			l.lines = p.lines(st, c.Text, widths[i]-pad)
		}
		most = max(most, len(l.lines))
		out = append(out, l)
	}
	return out, most
}

func (p *page) cell(l *laid, x, width float64, from, to int, step float64) {
	if l.chip != nil && from == 0 {
		p.badge(x, p.y, *l.chip, 7)
		return
	}
	for i := from; i < min(to, len(l.lines)); i++ {
		p.lineAt(x, p.y+float64(i-from)*step+(step-lead(l.st))/2, l.st, l.lines[i])
	}
}

func (p *page) gallery(g *gallery) {
	const gap = 4.0
	across := max(g.Across, 1)
	w := (inner - gap*float64(across-1)) / float64(across)
	tall := w
	if across == 1 {
		w, tall = inner*0.72, 130
	}
	for start := 0; start < len(g.Items); start += across {
		row := g.Items[start:min(start+across, len(g.Items))]
		high, words := 0.0, 0.0
		for _, f := range row {
			_, h := fitted(f.Picture, w, tall)
			high = max(high, h)
			words = max(words, p.caption(f, 0, 0, w, false))
		}
		// A caption that is longer than a page goes below, where it may run on.
		long := words > pageTall-top-bottom-high-10
		if long {
			p.need(high + 4)
		} else {
			p.need(high + words + 4)
		}
		for i, f := range row {
			x := side + float64(i)*(w+gap)
			fw, fh := fitted(f.Picture, w, tall)
			p.framed(f, x, p.y, fw, fh)
			if !long {
				p.caption(f, x, p.y+high+1.2, w, true)
			}
		}
		p.y += high + 1.2
		if long {
			for _, f := range row {
				p.flow(side, inner, small(), strings.Join(append(filled(f.Title, f.Badge.Text), f.Lines...), "  ·  "))
			}
			words = 0
		}
		p.y += words + 3.5
	}
}

// caption writes below a picture, or only measures; it returns the height.
func (p *page) caption(f *figure, x, y, w float64, write bool) float64 {
	from := y
	title := style{family: "go", bold: true, size: 8, color: rgb(ink), auto: true}
	line := style{family: "go", size: 7.8, color: rgb(quiet), auto: true}
	if f.Title != "" {
		for _, l := range p.lines(title, f.Title, w) {
			if write {
				p.lineAt(x, y, title, l)
			}
			y += lead(title)
		}
	}
	if f.Badge.Text != "" {
		if write {
			p.badge(x, y+0.3, f.Badge, 7)
		}
		y += 4.6
	}
	for _, t := range f.Lines {
		for _, l := range p.lines(line, t, w) {
			if write {
				p.lineAt(x, y, line, l)
			}
			y += lead(line)
		}
	}
	return y - from
}

// pair lays before and after side by side: large over the page, small with the
// words at their right.
func (p *page) pair(b *pair) {
	const gap = 4.0
	w, tall := 37.0, 44.0
	if b.Large {
		w, tall = (inner-gap)/2, 92
	}
	high := 14.0
	for _, f := range []*figure{b.Before, b.After} {
		if f != nil {
			_, h := fitted(f.Picture, w, tall)
			high = max(high, h)
		}
	}
	label := style{family: "go", size: 7.2, color: rgb(quiet)}
	p.need(high + 9)
	y := p.y
	for i, f := range []*figure{b.Before, b.After} {
		x := side + float64(i)*(w+gap)
		name := [...]string{"Before", "After"}[i]
		if f == nil {
			p.SetDrawColor(0xcc, 0xcc, 0xcc)
			p.SetLineWidth(0.15)
			p.SetDashPattern([]float64{1, 1}, 0)
			p.Rect(x, y, w, high, "D")
			p.SetDashPattern(nil, 0)
			name = "no picture " + strings.ToLower(name)
		} else {
			fw, fh := fitted(f.Picture, w, tall)
			p.framed(f, x, y, fw, fh)
		}
		p.lineAt(x, y+high+0.6, label, name)
	}
	below := y + high + 5
	if b.Large {
		p.y = below + 1.5
		return
	}
	x, wide := side+2*(w+gap), inner-2*(w+gap)
	page := p.PageNo()
	p.flow(x, wide, strong(), b.Title)
	if b.Badge.Text != "" {
		p.need(6)
		p.badge(x, p.y+0.6, b.Badge, 7.4)
		p.y += 5.6
	}
	for _, l := range b.Lines {
		p.flow(x, wide, small(), l)
	}
	if p.PageNo() == page {
		p.y = max(p.y, below)
	}
	p.y += 2.5
}

// callout is a box where it fits on a page, and a run of coloured lines otherwise.
func (p *page) callout(c *callout) {
	text, ground := tones(c.Tone)
	title, line := strong(), body()
	title.color = text
	const left = 5.0
	var lines []string
	for _, l := range c.Lines {
		lines = append(lines, p.lines(line, l, inner-2*left)...)
	}
	titles := p.lines(title, c.Title, inner-2*left)
	h := float64(len(titles))*lead(title) + float64(len(lines))*lead(line) + 6
	boxed := h < pageTall-top-bottom-20
	if boxed {
		p.need(h)
		p.fill(ground)
		p.Rect(side, p.y, inner, h, "F")
		p.fill(text)
		p.Rect(side, p.y, 1.2, h, "F")
	}
	p.y += 3
	for _, l := range titles {
		p.flow(side+left, inner-2*left, title, l)
	}
	for _, l := range lines {
		p.flow(side+left, inner-2*left, line, l)
	}
	p.y += 6
}

func (p *page) quote(text string) {
	st := style{family: "go", size: 10, color: rgb(ink), auto: true}
	for _, l := range p.lines(st, text, inner-7) {
		p.need(lead(st))
		p.fill(rgb(accent))
		p.Rect(side, p.y, 0.8, lead(st), "F")
		if rtl(l) {
			p.say(pageWide-side, p.y+lead(st)/2+1.2, st, "R", l)
		} else {
			p.lineAt(side+5, p.y, st, l)
		}
		p.y += lead(st)
	}
	p.y += 2.5
}

func (p *page) steps(s *steps) {
	code := style{family: "mono", size: 7.8, color: rgb(ink)}
	for i, item := range s.Items {
		p.need(24)
		p.lineAt(side, p.y, style{family: "mono", size: 9, color: rgb(quiet)}, strconv.Itoa(i+1))
		p.flow(side+7, inner-7, strong(), item.Title)
		p.flow(side+7, inner-7, body(), item.Text)
		for _, c := range item.Code {
			lines := p.lines(code, c, inner-13)
			p.y++
			for j, l := range lines {
				h := lead(code)
				if j == 0 || j == len(lines)-1 {
					h++
				}
				p.need(h)
				p.fill(rgb(panel))
				p.Rect(side+7, p.y, inner-7, h+0.05, "F")
				at := p.y
				if j == 0 {
					at++
				}
				if len(lines) == 1 {
					p.Rect(side+7, p.y+h, inner-7, 1, "F")
					p.lineAt(side+10, p.y+1, code, l)
					p.y += h + 1
					continue
				}
				p.lineAt(side+10, at, code, l)
				p.y += h
			}
		}
		p.y += 2.6
	}
}

func (p *page) legend(l *legend) {
	const across = 2
	w := inner / across
	for start := 0; start < len(l.Items); start += across {
		p.need(6)
		for i, item := range l.Items[start:min(start+across, len(l.Items))] {
			x := side + float64(i)*w
			p.fill(swatch(item.Tone))
			p.SetDrawColor(0xcc, 0xcc, 0xcc)
			p.SetLineWidth(0.15)
			p.Rect(x, p.y+0.6, 3.4, 3.4, "FD")
			p.lineAt(x+5.5, p.y, body(), item.Name)
			p.say(x+w-8, p.y+lead(body())/2+1.1, figures(), "R", item.Value)
		}
		p.y += 5.6
	}
	p.y += 2
}

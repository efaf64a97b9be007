package drawing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
)

// The bounds of what is read and drawn.
const (
	maxBytes    = 64 << 20
	maxElements = 500_000
	maxDepth    = 200
	maxDrawn    = 300_000 // elements drawn by reference, each as often as it is used
	maxRefs     = 32      // references that lead on from one another
)

// FormatError reports bytes that are no drawing that is read, or one beyond the
// bounds.
type FormatError struct {
	Reason string
	Err    error // may be nil
}

func (e *FormatError) Error() string {
	if e.Err != nil {
		return "drawing: " + e.Reason + ": " + e.Err.Error()
	}
	return "drawing: " + e.Reason
}

func (e *FormatError) Unwrap() error { return e.Err }

// element is a node of the drawing's tree.
type element struct {
	name     string
	attr     map[string]string // attributes, and over them what style says
	children []*element
}

// Drawing is a parsed SVG. Draw may be called by several goroutines at once.
type Drawing struct {
	root  *element
	ids   map[string]*element
	notes []string
}

// Is tells whether the bytes look like an SVG: an svg element, after nothing but
// a prologue.
func Is(data []byte) bool {
	head := data[:min(len(data), 4096)]
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimLeft(head, " \t\r\n")) == 0 || bytes.TrimLeft(head, " \t\r\n")[0] != '<' {
		return false
	}
	return bytes.Contains(head, []byte("<svg")) || bytes.Contains(head, []byte("<!DOCTYPE svg"))
}

// Parse reads an SVG. The error is a *FormatError.
func Parse(data []byte) (*Drawing, error) {
	if len(data) > maxBytes {
		return nil, &FormatError{Reason: fmt.Sprintf("it has %d bytes, and up to %d are read", len(data), maxBytes)}
	}
	x := xml.NewDecoder(bytes.NewReader(data))
	x.Entity = map[string]string{}
	x.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "us-ascii") || strings.EqualFold(charset, "iso-8859-1") {
			return in, nil
		}
		return nil, fmt.Errorf("its encoding %q is not read; save it as UTF-8", charset)
	}
	d := &Drawing{ids: map[string]*element{}}
	var stack []*element
	var sheet strings.Builder
	count := 0
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &FormatError{Reason: "it is no XML that can be read", Err: err}
		}
		switch t := token.(type) {
		case xml.Directive:
			entities(t, x.Entity)
		case xml.StartElement:
			if count++; count > maxElements || len(stack) >= maxDepth {
				return nil, &FormatError{Reason: fmt.Sprintf("it has more than %d elements, or %d inside of each other", maxElements, maxDepth)}
			}
			e := &element{name: t.Name.Local, attr: make(map[string]string, len(t.Attr))}
			for _, a := range t.Attr {
				if a.Name.Space != "" && a.Name.Local != "href" {
					continue // of other programs
				}
				e.attr[a.Name.Local] = a.Value
			}
			if id := e.attr["id"]; id != "" && d.ids[id] == nil {
				d.ids[id] = e
			}
			if len(stack) > 0 {
				p := stack[len(stack)-1]
				p.children = append(p.children, e)
			} else if d.root == nil {
				d.root = e
			}
			stack = append(stack, e)
		case xml.EndElement:
			if n := len(stack); n > 0 {
				stack = stack[:n-1]
			}
		case xml.CharData:
			if n := len(stack); n > 0 && stack[n-1].name == "style" {
				sheet.Write(t)
			}
		}
	}
	if d.root == nil || d.root.name != "svg" {
		return nil, &FormatError{Reason: "it has no svg element"}
	}
	rules := parseSheet(sheet.String())
	d.style(d.root, rules)
	return d, nil
}

// entities takes what a document type declares, as Illustrator does for its
// namespaces. Values are not expanded again, and long ones are left out.
func entities(directive []byte, into map[string]string) {
	if !bytes.HasPrefix(directive, []byte("DOCTYPE")) {
		return
	}
	for _, m := range entityPattern().FindAllSubmatch(directive, 200) {
		if len(m[2]) <= 256 {
			into[string(m[1])] = string(m[2])
		}
	}
}

func entityPattern() *regexp.Regexp {
	return regexp.MustCompile(`<!ENTITY\s+([A-Za-z_][\w.-]*)\s+["']([^"'<>]*)["']\s*>`)
}

// rule is one plain selector and its declarations.
type rule struct {
	tag, id     string
	classes     []string
	weight      int
	declaration [][2]string
}

// parseSheet reads rules of plain selectors: an element, classes and an id, in
// lists by commas. Others are passed over.
func parseSheet(s string) []rule {
	for {
		from := strings.Index(s, "/*")
		if from < 0 {
			break
		}
		to := strings.Index(s[from+2:], "*/")
		if to < 0 {
			s = s[:from]
			break
		}
		s = s[:from] + " " + s[from+2+to+2:]
	}
	var rules []rule
	for len(rules) < 10_000 {
		head, rest, ok := strings.Cut(s, "{")
		if !ok {
			break
		}
		body, after, _ := strings.Cut(rest, "}")
		s = after
		if strings.HasPrefix(strings.TrimSpace(head), "@") {
			continue
		}
		declarations := parseDeclarations(body)
		for sel := range strings.SplitSeq(head, ",") {
			sel = strings.TrimSpace(sel)
			if sel == "" || strings.ContainsAny(sel, " >+~:[") {
				continue
			}
			r := rule{declaration: declarations}
			for sel != "" {
				end := strings.IndexAny(sel[1:], ".#") + 1
				if end == 0 {
					end = len(sel)
				}
				part := sel[:end]
				sel = sel[end:]
				switch part[0] {
				case '.':
					r.classes = append(r.classes, part[1:])
					r.weight += 10
				case '#':
					r.id = part[1:]
					r.weight += 100
				case '*':
				default:
					r.tag = part
					r.weight++
				}
			}
			rules = append(rules, r)
		}
	}
	slices.SortStableFunc(rules, func(a, b rule) int { return a.weight - b.weight })
	return rules
}

func parseDeclarations(s string) [][2]string {
	var all [][2]string
	for one := range strings.SplitSeq(s, ";") {
		if k, v, ok := strings.Cut(one, ":"); ok {
			v = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "!important"))
			all = append(all, [2]string{strings.TrimSpace(k), v})
		}
	}
	return all
}

// style puts over each element's attributes what the sheet and its own style say.
func (d *Drawing) style(e *element, rules []rule) {
	classes := strings.Fields(e.attr["class"])
	for _, r := range rules {
		if r.tag != "" && r.tag != e.name || r.id != "" && r.id != e.attr["id"] {
			continue
		}
		if !slices.ContainsFunc(r.classes, func(c string) bool { return !slices.Contains(classes, c) }) {
			for _, kv := range r.declaration {
				e.attr[kv[0]] = kv[1]
			}
		}
	}
	for _, kv := range parseDeclarations(e.attr["style"]) {
		e.attr[kv[0]] = kv[1]
	}
	d.look(e)
	for _, c := range e.children {
		d.style(c, rules)
	}
}

// look notes what will be left out.
func (d *Drawing) look(e *element) {
	note := func(s string) {
		if !slices.Contains(d.notes, s) {
			d.notes = append(d.notes, s)
		}
	}
	switch e.name {
	case "text", "tspan", "textPath":
		note("text is left out: convert it to outlines where it was drawn")
	case "foreignObject":
		note("foreign objects are left out")
	case "animate", "animateTransform", "animateMotion", "set":
		note("animation is left out")
	}
	if v := e.attr["filter"]; v != "" && v != "none" {
		note("filters are left out")
	}
	for _, k := range []string{"marker", "marker-start", "marker-mid", "marker-end"} {
		if v := e.attr[k]; v != "" && v != "none" {
			note("markers are left out")
		}
	}
	if v := e.attr["mix-blend-mode"]; v != "" && v != "normal" {
		note("blend modes inside of the drawing are left out")
	}
	if e.name == "image" && !strings.HasPrefix(e.attr["href"], "data:") {
		note("a picture that is linked and not embedded is left out")
	}
}

// Notes say what of the drawing is left out.
func (d *Drawing) Notes() []string { return slices.Clone(d.notes) }

// box is the viewBox and the size in CSS pixels, 96 to the inch.
func (d *Drawing) box() (view [4]float64, w, h float64) {
	v := numbers(d.root.attr["viewBox"])
	has := len(v) == 4 && v[2] > 0 && v[3] > 0
	if has {
		copy(view[:], v)
	}
	base := [2]float64{view[2], view[3]}
	if !has {
		base = [2]float64{300, 150} // CSS 2.1's for what has no size
	}
	w, h = length(d.root.attr["width"], base[0], base[0]), length(d.root.attr["height"], base[1], base[1])
	if !(w > 0) || !(h > 0) {
		w, h = base[0], base[1]
	}
	if !has {
		view = [4]float64{0, 0, w, h}
	}
	return view, w, h
}

// Inches is the drawing's own size.
func (d *Drawing) Inches() (w, h float64) {
	_, w, h = d.box()
	return w / 96, h / 96
}

// Fit returns a size in pixels: width and height where they are given, the one
// that is 0 by the drawing's proportions, and its own size at dpi where both
// are 0.
func (d *Drawing) Fit(width, height int, dpi float64) (w, h int) {
	iw, ih := d.Inches()
	whole := func(v float64) int { return int(math.Min(math.Max(math.Round(v), 1), math.MaxInt32)) }
	switch {
	case width > 0 && height > 0:
		return width, height
	case width > 0:
		return width, whole(float64(width) * ih / iw)
	case height > 0:
		return whole(float64(height) * iw / ih), height
	}
	return whole(iw * dpi), whole(ih * dpi)
}

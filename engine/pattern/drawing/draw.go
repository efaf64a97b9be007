package drawing

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// inherited are the properties that children take from their parents.
func inherited(name string) bool {
	switch name {
	case "fill", "fill-opacity", "fill-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-linejoin", "stroke-linecap",
		"stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "color", "visibility", "clip-rule":
		return true
	}
	return false
}

type properties map[string]string

func (p properties) with(e *element) properties {
	out, copied := p, false
	for k, v := range e.attr {
		if inherited(k) && v != "inherit" && p[k] != v {
			if !copied {
				out, copied = make(properties, len(p)+4), true
				for a, b := range p {
					out[a] = b
				}
			}
			out[k] = v
		}
	}
	return out
}

// state is what an element is drawn under.
type state struct {
	m     matrix
	props properties
	clip  *mask // nil for none
	view  [2]float64
	depth int
	into  *canvas
	// silhouette draws all in plain white, whatever its paint, for a clip path.
	silhouette bool
}

// renderer draws one picture.
type renderer struct {
	d        *Drawing
	ctx      context.Context //nolint:containedctx // it lives as long as one call
	drawn    int
	live     int64 // pixels of canvases and masks in use
	most     int64
	pending  []*element // references being followed
	pictures map[*element]image.Image
}

// Draw draws at w x h pixels; where the proportions differ from the drawing's,
// preserveAspectRatio says what gives. The error is a *FormatError where the
// drawing is beyond the bounds, or that of ctx.
func (d *Drawing) Draw(ctx context.Context, w, h int) (*image.NRGBA64, error) {
	if w < 1 || h < 1 {
		return nil, &FormatError{Reason: fmt.Sprintf("%d x %d is no size", w, h)}
	}
	box := image.Rect(0, 0, w, h)
	r := &renderer{d: d, ctx: ctx, most: 12*int64(w)*int64(h) + 1<<22, pictures: map[*element]image.Image{}}
	view, _, _ := d.box()
	root := newCanvas(box)
	s := state{
		m:     fit(view, float64(w), float64(h), d.root.attr["preserveAspectRatio"]),
		props: properties{}, view: [2]float64{view[2], view[3]}, into: root,
	}
	s.props = s.props.with(d.root)
	for _, c := range d.root.children {
		if err := r.element(c, s); err != nil {
			return nil, err
		}
	}
	img := image.NewNRGBA64(box)
	for i := 0; i < len(root.pix); i += 4 {
		a := uint32(root.pix[i+3])
		if a == 0 {
			continue
		}
		for c := range 3 {
			v := uint32(root.pix[i+c])
			if a < 65535 {
				v = min((v*65535+a/2)/a, 65535)
			}
			binary.BigEndian.PutUint16(img.Pix[2*(i+c):], uint16(v))
		}
		binary.BigEndian.PutUint16(img.Pix[2*(i+3):], uint16(a))
	}
	return img, nil
}

// fit maps a viewBox onto w x h (SVG 1.1, 7.8).
func fit(view [4]float64, w, h float64, aspect string) matrix {
	sx, sy := w/view[2], h/view[3]
	f := strings.Fields(aspect)
	align := "xMidYMid"
	if len(f) > 0 {
		align = f[0]
	}
	dx, dy := 0.0, 0.0
	if align != "none" {
		s := math.Min(sx, sy)
		if len(f) > 1 && f[1] == "slice" {
			s = math.Max(sx, sy)
		}
		dx, dy = (w-s*view[2])/2, (h-s*view[3])/2
		if strings.HasPrefix(align, "xMin") {
			dx = 0
		} else if strings.HasPrefix(align, "xMax") {
			dx *= 2
		}
		if strings.HasSuffix(align, "YMin") {
			dy = 0
		} else if strings.HasSuffix(align, "YMax") {
			dy *= 2
		}
		sx, sy = s, s
	}
	return matrix{sx, 0, 0, sy, dx - sx*view[0], dy - sy*view[1]}
}

func (r *renderer) reserve(box image.Rectangle) error {
	r.live += int64(box.Dx()) * int64(box.Dy())
	if r.live > r.most {
		return &FormatError{Reason: "its groups, masks and clip paths lie too deep in each other for this size; draw it smaller"}
	}
	return nil
}

func (r *renderer) release(box image.Rectangle) { r.live -= int64(box.Dx()) * int64(box.Dy()) }

// follow draws what a reference leads to, unless it is being drawn already.
func (r *renderer) follow(e *element, f func() error) error {
	if slices.Contains(r.pending, e) || len(r.pending) >= maxRefs {
		return &FormatError{Reason: fmt.Sprintf("its element %q leads back to itself, or through more than %d others", e.attr["id"], maxRefs)}
	}
	r.pending = append(r.pending, e)
	err := f()
	r.pending = r.pending[:len(r.pending)-1]
	return err
}

func (r *renderer) element(e *element, s state) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if len(r.pending) > 0 { // what is drawn once is bounded by the file
		r.drawn++
	}
	if r.drawn > maxDrawn || s.depth > 2*maxDepth {
		return &FormatError{Reason: fmt.Sprintf("its references multiply its elements to more than %d", maxDrawn)}
	}
	s.depth++
	switch e.name {
	case "g", "a", "svg", "use", "switch", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "image":
	default:
		return nil
	}
	if e.attr["display"] == "none" {
		return nil
	}
	s.m = s.m.mul(transform(e.attr["transform"]))
	s.props = s.props.with(e)
	if c := r.d.ref(e.attr["clip-path"]); c != nil && c.name == "clipPath" {
		m, err := r.clipPath(c, e, s)
		if err != nil {
			return err
		}
		defer r.release(m.box)
		s.clip = m
	}
	alpha := ratio(e.attr["opacity"], 1)
	maskElement := r.d.ref(e.attr["mask"])
	if maskElement != nil && maskElement.name != "mask" {
		maskElement = nil
	}
	if maskElement == nil && (alpha == 1 || s.silhouette) {
		return r.content(e, s)
	}
	// A group of its own, laid over as a whole.
	box := s.into.box
	if s.clip != nil {
		box = box.Intersect(s.clip.box)
	}
	if box.Empty() {
		return nil
	}
	if err := r.reserve(box); err != nil {
		return err
	}
	defer r.release(box)
	outer := s.into
	s.into = newCanvas(box)
	if err := r.content(e, s); err != nil {
		return err
	}
	var by *mask
	if maskElement != nil {
		var err error
		if by, err = r.luminance(maskElement, e, s, box); err != nil {
			return err
		}
		defer r.release(box)
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			c := s.into.at(x, y)
			if c[3] == 0 {
				continue
			}
			k := float32(alpha)
			if by != nil {
				k *= by.at(x, y)
			}
			over(outer.at(x, y), [4]float32{float32(c[0]) / 65535, float32(c[1]) / 65535, float32(c[2]) / 65535, float32(c[3]) / 65535}, k)
		}
	}
	return nil
}

// content draws an element whose own opacity, clip and mask are seen to.
func (r *renderer) content(e *element, s state) error {
	switch e.name {
	case "g", "a":
		return r.children(e, s)
	case "switch":
		for _, c := range e.children {
			if c.attr["requiredExtensions"] == "" && c.name != "foreignObject" {
				return r.element(c, s)
			}
		}
		return nil
	case "svg":
		return r.viewport(e, e, s)
	case "use":
		target := r.d.ref(e.attr["href"])
		if target == nil {
			return nil
		}
		s.m = s.m.mul(matrix{1, 0, 0, 1, length(e.attr["x"], s.view[0], 0), length(e.attr["y"], s.view[1], 0)})
		return r.follow(target, func() error {
			if target.name == "symbol" || target.name == "svg" {
				s.props = s.props.with(target)
				return r.viewport(target, e, s)
			}
			return r.element(target, s)
		})
	case "image":
		return r.image(e, s)
	}
	return r.shape(e, s)
}

func (r *renderer) children(e *element, s state) error {
	for _, c := range e.children {
		if err := r.element(c, s); err != nil {
			return err
		}
	}
	return nil
}

// viewport draws a nested svg or a symbol; by is the element that gives its size.
func (r *renderer) viewport(e, by *element, s state) error {
	size := func(name string, of float64) float64 {
		return length(by.attr[name], of, length(e.attr[name], of, of))
	}
	w, h := size("width", s.view[0]), size("height", s.view[1])
	x, y := 0.0, 0.0
	if e == by {
		x, y = length(e.attr["x"], s.view[0], 0), length(e.attr["y"], s.view[1], 0)
	}
	if !(w > 0) || !(h > 0) {
		return nil
	}
	s.m = s.m.mul(matrix{1, 0, 0, 1, x, y})
	if e.attr["overflow"] != "visible" {
		t := tracer{}
		t.rectangle(0, 0, w, h, 0, 0)
		m, err := r.clip(t.all, s.m, false, s)
		if err != nil {
			return err
		}
		defer r.release(m.box)
		s.clip = m
	}
	if v := numbers(e.attr["viewBox"]); len(v) == 4 && v[2] > 0 && v[3] > 0 {
		s.m = s.m.mul(fit([4]float64(v), w, h, e.attr["preserveAspectRatio"]))
		w, h = v[2], v[3]
	}
	s.view = [2]float64{w, h}
	return r.children(e, s)
}

// outlines flattens a shape; scale is of s.m.
func (e *element) outlines(s state) []outline {
	t := tracer{scale: math.Sqrt(math.Abs(s.m.det()))}
	x := func(name string) float64 { return length(e.attr[name], s.view[0], 0) }
	y := func(name string) float64 { return length(e.attr[name], s.view[1], 0) }
	switch e.name {
	case "path":
		t.path(e.attr["d"])
	case "rect":
		rx, ry := length(e.attr["rx"], s.view[0], -1), length(e.attr["ry"], s.view[1], -1)
		if rx < 0 {
			rx = ry
		}
		if ry < 0 {
			ry = rx
		}
		t.rectangle(x("x"), y("y"), x("width"), y("height"), max(rx, 0), max(ry, 0))
	case "circle":
		r := length(e.attr["r"], math.Sqrt((s.view[0]*s.view[0]+s.view[1]*s.view[1])/2), 0)
		t.ellipse(x("cx"), y("cy"), r, r)
	case "ellipse":
		t.ellipse(x("cx"), y("cy"), x("rx"), y("ry"))
	case "line":
		t.move(point{x("x1"), y("y1")})
		t.line(point{x("x2"), y("y2")})
		t.finish(false)
	case "polyline", "polygon":
		v := numbers(e.attr["points"])
		for i := 0; i+1 < len(v); i += 2 {
			if i == 0 {
				t.move(point{v[0], v[1]})
				continue
			}
			t.line(point{v[i], v[i+1]})
		}
		if e.name == "polygon" && len(v) >= 2 {
			t.close()
		}
		t.finish(false)
	}
	return t.all
}

func bounds(all []outline) (box [4]float64, ok bool) {
	lo, hi := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, o := range all {
		for _, p := range o.points {
			lo, hi = point{math.Min(lo.x, p.x), math.Min(lo.y, p.y)}, point{math.Max(hi.x, p.x), math.Max(hi.y, p.y)}
		}
	}
	return [4]float64{lo.x, lo.y, hi.x - lo.x, hi.y - lo.y}, lo.x <= hi.x
}

func (r *renderer) shape(e *element, s state) error {
	if v := s.props["visibility"]; v == "hidden" || v == "collapse" {
		return nil
	}
	all := e.outlines(s)
	box, ok := bounds(all)
	if !ok {
		return nil
	}
	if s.silhouette {
		return r.fill(all, s, s.props["clip-rule"] == "evenodd", func(_, _ float64) [4]float32 { return [4]float32{1, 1, 1, 1} })
	}
	p, err := r.paint(s.props["fill"], "black", ratio(s.props["fill-opacity"], 1), s, box)
	if err != nil {
		return err
	}
	if p != nil && e.name != "line" {
		if err := r.fill(all, s, s.props["fill-rule"] == "evenodd", p); err != nil {
			return err
		}
	}
	p, err = r.paint(s.props["stroke"], "none", ratio(s.props["stroke-opacity"], 1), s, box)
	if err != nil || p == nil {
		return err
	}
	diagonal := math.Sqrt((s.view[0]*s.view[0] + s.view[1]*s.view[1]) / 2)
	k := pen{
		width: length(s.props["stroke-width"], diagonal, 1),
		join:  s.props["stroke-linejoin"], cap: s.props["stroke-linecap"],
		miter:      length(s.props["stroke-miterlimit"], 1, 4),
		dashOffset: length(s.props["stroke-dashoffset"], diagonal, 0),
	}
	if k.join == "" {
		k.join = "miter"
	}
	for _, v := range strings.FieldsFunc(s.props["stroke-dasharray"], func(r rune) bool { return r == ',' || r == ' ' }) {
		k.dashes = append(k.dashes, length(v, diagonal, 0))
	}
	c := newCover()
	k.strokes(all, math.Sqrt(math.Abs(s.m.det())), func(shape []point) { c.polygon(s.m, shape) })
	return r.cover(c, s, false, p)
}

func (r *renderer) fill(all []outline, s state, evenOdd bool, p paint) error {
	c := newCover()
	for _, o := range all {
		c.polygon(s.m, o.points)
	}
	return r.cover(c, s, evenOdd, p)
}

// cover paints what a cover covers, on all cores.
func (r *renderer) cover(c *cover, s state, evenOdd bool, p paint) error {
	area := s.into.box
	if s.clip != nil {
		area = area.Intersect(s.clip.box)
	}
	c.draw(area)
	if c.box.Empty() {
		return nil
	}
	workers := 1
	if c.box.Dx()*c.box.Dy() > 1<<16 {
		workers = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			line := make([]float32, c.box.Dx())
			for y := c.box.Min.Y + k; y < c.box.Max.Y && r.ctx.Err() == nil; y += workers {
				c.row(y, evenOdd, line)
				for i, v := range line {
					if v == 0 {
						continue
					}
					x := c.box.Min.X + i
					if s.clip != nil {
						if v *= s.clip.at(x, y); v == 0 {
							continue
						}
					}
					over(s.into.at(x, y), p(float64(x)+0.5, float64(y)+0.5), v)
				}
			}
		})
	}
	wg.Wait()
	return r.ctx.Err()
}

// paint finds what a fill or a stroke is made of; nil is none.
func (r *renderer) paint(value, fallback string, alpha float64, s state, box [4]float64) (paint, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		value = fallback
	}
	current := func() color.NRGBA64 {
		c, ok := parseColor(s.props["color"])
		if !ok {
			c = color.NRGBA64{A: 65535}
		}
		return c
	}
	if strings.HasPrefix(value, "url(") {
		_, after, _ := strings.Cut(value, ")")
		if e := r.d.ref(value); e != nil {
			switch e.name {
			case "linearGradient", "radialGradient":
				return r.d.gradient(e, s.m, box, alpha, current()), nil
			case "pattern":
				return r.pattern(e, s, box, alpha)
			}
		}
		if value = strings.TrimSpace(after); value == "" {
			value = "none"
		}
	}
	if value == "none" {
		return nil, nil //nolint:nilnil // no paint is no paint
	}
	c, ok := parseColor(value)
	if strings.EqualFold(value, "currentcolor") {
		c, ok = current(), true
	}
	if !ok {
		if c, ok = parseColor(fallback); !ok {
			return nil, nil //nolint:nilnil // as above
		}
	}
	solid := plain(c, alpha)
	return func(_, _ float64) [4]float32 { return solid }, nil
}

// maxTile bounds the side of one repeat of a pattern, in pixels.
const maxTile = 4096

// pattern draws one repeat of a pattern and paints with it.
func (r *renderer) pattern(e *element, s state, box [4]float64, alpha float64) (paint, error) {
	all := r.d.chain(e)
	get := func(name string) string {
		for _, p := range all {
			if v, ok := p.attr[name]; ok {
				return v
			}
		}
		return ""
	}
	source := e
	for _, p := range all {
		if len(p.children) > 0 {
			source = p
			break
		}
	}
	x, y := length(get("x"), s.view[0], 0), length(get("y"), s.view[1], 0)
	w, h := length(get("width"), s.view[0], 0), length(get("height"), s.view[1], 0)
	if get("patternUnits") != "userSpaceOnUse" {
		unit := func(name string) float64 { return length(get(name), 1, 0) }
		x, y, w, h = box[0]+unit("x")*box[2], box[1]+unit("y")*box[3], unit("width")*box[2], unit("height")*box[3]
	}
	m := s.m.mul(transform(get("patternTransform")))
	sx, sy := math.Hypot(m[0], m[1]), math.Hypot(m[2], m[3])
	inv, ok := m.inverse()
	if !ok || !(w > 0) || !(h > 0) || len(source.children) == 0 {
		return nil, nil //nolint:nilnil // no paint
	}
	pw, ph := int(math.Min(math.Max(math.Ceil(w*sx), 1), maxTile)), int(math.Min(math.Max(math.Ceil(h*sy), 1), maxTile))
	tile := image.Rect(0, 0, pw, ph)
	if err := r.reserve(tile); err != nil {
		return nil, err
	}
	defer r.release(tile)
	scale := matrix{float64(pw) / w, 0, 0, float64(ph) / h, 0, 0}
	inner := scale
	if v := numbers(get("viewBox")); len(v) == 4 && v[2] > 0 && v[3] > 0 {
		inner = scale.mul(fit([4]float64(v), w, h, get("preserveAspectRatio")))
	} else {
		inner = inner.mul(matrix{1, 0, 0, 1, -x, -y})
		if get("patternContentUnits") == "objectBoundingBox" {
			inner = inner.mul(matrix{box[2], 0, 0, box[3], box[0], box[1]})
		}
	}
	into := newCanvas(tile)
	err := r.follow(source, func() error {
		return r.children(source, state{m: inner, props: properties{}.with(source), view: s.view, depth: s.depth, into: into})
	})
	if err != nil {
		return nil, err
	}
	at := func(i, j int) []uint16 {
		return into.at(((i%pw)+pw)%pw, ((j%ph)+ph)%ph)
	}
	return func(dx, dy float64) [4]float32 {
		p := inv.at(point{dx, dy})
		u, v := (p.x-x)/w, (p.y-y)/h
		u, v = (u-math.Floor(u))*float64(pw)-0.5, (v-math.Floor(v))*float64(ph)-0.5
		if math.IsNaN(u + v) {
			return [4]float32{}
		}
		i, j := int(math.Floor(u)), int(math.Floor(v))
		fx, fy := float32(u-float64(i)), float32(v-float64(j))
		a, b, c, d := at(i, j), at(i+1, j), at(i, j+1), at(i+1, j+1)
		var out [4]float32
		for k := range out {
			top := float32(a[k])*(1-fx) + float32(b[k])*fx
			low := float32(c[k])*(1-fx) + float32(d[k])*fx
			out[k] = (top*(1-fy) + low*fy) / 65535 * float32(alpha)
		}
		return out
	}, nil
}

// clip makes a mask of outlines, within the clip that is there.
func (r *renderer) clip(all []outline, m matrix, evenOdd bool, s state) (*mask, error) {
	c := newCover()
	for _, o := range all {
		c.polygon(m, o.points)
	}
	area := s.into.box
	if s.clip != nil {
		area = area.Intersect(s.clip.box)
	}
	c.draw(area)
	if err := r.reserve(c.box); err != nil {
		return nil, err
	}
	out := &mask{box: c.box, pix: make([]uint16, c.box.Dx()*c.box.Dy())}
	line := make([]float32, c.box.Dx())
	for y := c.box.Min.Y; y < c.box.Max.Y; y++ {
		c.row(y, evenOdd, line)
		for i, v := range line {
			if s.clip != nil {
				v *= s.clip.at(c.box.Min.X+i, y)
			}
			out.pix[(y-c.box.Min.Y)*c.box.Dx()+i] = uint16(v*65535 + 0.5)
		}
	}
	return out, nil
}

// clipPath draws what a clip path holds as a silhouette. on is what it clips.
func (r *renderer) clipPath(c, on *element, s state) (*mask, error) {
	area := s.into.box
	if s.clip != nil {
		area = area.Intersect(s.clip.box)
	}
	if err := r.reserve(area); err != nil {
		return nil, err
	}
	out := &mask{box: area, pix: make([]uint16, area.Dx()*area.Dy())}
	if area.Empty() {
		return out, nil
	}
	if err := r.reserve(area); err != nil {
		return nil, err
	}
	defer r.release(area)
	inner := s
	inner.silhouette, inner.into, inner.props = true, newCanvas(area), properties{}.with(c)
	if c.attr["clipPathUnits"] == "objectBoundingBox" {
		box, ok := bounds(on.outlines(s))
		if !ok {
			return out, nil
		}
		inner.m = inner.m.mul(matrix{box[2], 0, 0, box[3], box[0], box[1]})
	}
	inner.m = inner.m.mul(transform(c.attr["transform"]))
	err := r.follow(c, func() error {
		if k := r.d.ref(c.attr["clip-path"]); k != nil && k.name == "clipPath" {
			m, err := r.clipPath(k, on, inner)
			if err != nil {
				return err
			}
			defer r.release(m.box)
			inner.clip = m
		}
		return r.children(c, inner)
	})
	if err != nil {
		return nil, err
	}
	for i := range out.pix {
		out.pix[i] = inner.into.pix[4*i+3]
	}
	return out, nil
}

// luminance draws a mask (SVG 1.1, 14.4). The caller releases box.
func (r *renderer) luminance(e, on *element, s state, box image.Rectangle) (*mask, error) {
	if err := r.reserve(box); err != nil {
		return nil, err
	}
	out := &mask{box: box, pix: make([]uint16, box.Dx()*box.Dy())}
	inner := s
	inner.into, inner.props, inner.clip = newCanvas(box), properties{}.with(e), nil
	if e.attr["maskContentUnits"] == "objectBoundingBox" {
		b, ok := bounds(on.outlines(s))
		if !ok {
			return out, nil
		}
		inner.m = inner.m.mul(matrix{b[2], 0, 0, b[3], b[0], b[1]})
	}
	if err := r.follow(e, func() error { return r.children(e, inner) }); err != nil {
		return nil, err
	}
	byAlpha := e.attr["mask-type"] == "alpha"
	for i := range out.pix {
		c := inner.into.pix[4*i : 4*i+4]
		if byAlpha {
			out.pix[i] = c[3]
			continue
		}
		out.pix[i] = uint16((2125*uint32(c[0]) + 7154*uint32(c[1]) + 721*uint32(c[2])) / 10000)
	}
	return out, nil
}

func (r *renderer) image(e *element, s state) error {
	if s.silhouette || s.props["visibility"] == "hidden" {
		return nil
	}
	img, known := r.pictures[e]
	if !known {
		img = picture(e.attr["href"])
		r.pictures[e] = img
	}
	if img == nil {
		return nil
	}
	b := img.Bounds()
	x, y := length(e.attr["x"], s.view[0], 0), length(e.attr["y"], s.view[1], 0)
	w, h := length(e.attr["width"], s.view[0], float64(b.Dx())), length(e.attr["height"], s.view[1], float64(b.Dy()))
	if !(w > 0) || !(h > 0) {
		return nil
	}
	m := s.m.mul(matrix{1, 0, 0, 1, x, y}).mul(fit([4]float64{0, 0, float64(b.Dx()), float64(b.Dy())}, w, h, e.attr["preserveAspectRatio"])).
		mul(matrix{float64(b.Dx()), 0, 0, float64(b.Dy()), 0, 0})
	p := sample(img, m, 1)
	if p == nil {
		return nil
	}
	c := newCover()
	c.polygon(m, []point{{0, 0}, {1, 0}, {1, 1}, {0, 1}})
	return r.cover(c, s, false, p)
}

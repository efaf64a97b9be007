package drawing

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
)

// paint gives the colour of a place of the device: premultiplied, 0..1.
type paint func(x, y float64) [4]float32

func plain(c color.NRGBA64, alpha float64) [4]float32 {
	a := float32(alpha) * float32(c.A) / 65535
	return [4]float32{float32(c.R) / 65535 * a, float32(c.G) / 65535 * a, float32(c.B) / 65535 * a, a}
}

// stop is a colour of a gradient, not multiplied by its alpha: SVG interpolates
// colour and opacity each for itself.
type stop struct {
	at    float64
	color [4]float32
}

func multiplied(c [4]float32) [4]float32 {
	return [4]float32{c[0] * c[3], c[1] * c[3], c[2] * c[3], c[3]}
}

// chain follows href from an element, and returns all on the way.
func (d *Drawing) chain(e *element) []*element {
	var all []*element
	for e != nil && len(all) < maxRefs {
		for _, seen := range all {
			if seen == e {
				return all
			}
		}
		all = append(all, e)
		e = d.ref(e.attr["href"])
	}
	return all
}

// ref finds "#id" and "url(#id)"; nil for anything else.
func (d *Drawing) ref(s string) *element {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "url("); ok {
		s, _, _ = strings.Cut(inner, ")")
		s = strings.Trim(s, `"' `)
	}
	id, ok := strings.CutPrefix(s, "#")
	if !ok {
		return nil
	}
	return d.ids[id]
}

// gradient makes the paint of a gradient for a shape with that box, in the space
// that m leads from. nil where there are no stops.
func (d *Drawing) gradient(e *element, m matrix, box [4]float64, alpha float64, current color.NRGBA64) paint {
	all := d.chain(e)
	get := func(name, fallback string) string {
		for _, g := range all {
			if v, ok := g.attr[name]; ok {
				return v
			}
		}
		return fallback
	}
	var stops []stop
	for _, g := range all {
		for _, s := range g.children {
			if s.name != "stop" || len(stops) > 10_000 {
				continue
			}
			c, ok := parseColor(s.attr["stop-color"])
			if s.attr["stop-color"] == "currentColor" {
				c, ok = current, true
			}
			if !ok {
				c = color.NRGBA64{A: 65535}
			}
			at := ratio(s.attr["offset"], 0)
			if n := len(stops); n > 0 {
				at = max(at, stops[n-1].at)
			}
			a := float64(c.A) / 65535 * alpha * ratio(s.attr["stop-opacity"], 1)
			stops = append(stops, stop{at, [4]float32{float32(c.R) / 65535, float32(c.G) / 65535, float32(c.B) / 65535, float32(a)}})
		}
		if len(stops) > 0 {
			break
		}
	}
	if len(stops) == 0 {
		return nil
	}
	w, h := 1.0, 1.0
	if get("gradientUnits", "objectBoundingBox") != "userSpaceOnUse" {
		m = m.mul(matrix{box[2], 0, 0, box[3], box[0], box[1]})
	} else {
		_, w, h = d.box()
	}
	m = m.mul(transform(get("gradientTransform", "")))
	inv, ok := m.inverse()
	last := multiplied(stops[len(stops)-1].color)
	if !ok {
		return func(_, _ float64) [4]float32 { return last }
	}
	spread := get("spreadMethod", "pad")
	look := func(t float64) [4]float32 {
		switch spread {
		case "repeat":
			t -= math.Floor(t)
		case "reflect":
			if t = math.Abs(t - 2*math.Floor(t/2)); t > 1 {
				t = 2 - t
			}
		}
		if !(t > stops[0].at) {
			return multiplied(stops[0].color)
		}
		for i := 1; i < len(stops); i++ {
			if b := stops[i]; t < b.at {
				a := stops[i-1]
				k := float32((t - a.at) / (b.at - a.at))
				var c [4]float32
				for j := range c {
					c[j] = a.color[j] + k*(b.color[j]-a.color[j])
				}
				return multiplied(c)
			}
		}
		return last
	}
	coordinate := func(name, fallback string, of float64) float64 { return length(get(name, fallback), of, 0) }
	if all[0].name == "linearGradient" {
		x1, y1 := coordinate("x1", "0%", w), coordinate("y1", "0%", h)
		dx, dy := coordinate("x2", "100%", w)-x1, coordinate("y2", "0%", h)-y1
		l := dx*dx + dy*dy
		if l == 0 {
			return func(_, _ float64) [4]float32 { return last }
		}
		return func(x, y float64) [4]float32 {
			p := inv.at(point{x, y})
			return look(((p.x-x1)*dx + (p.y-y1)*dy) / l)
		}
	}
	diagonal := math.Sqrt((w*w + h*h) / 2)
	cx, cy, r := coordinate("cx", "50%", w), coordinate("cy", "50%", h), coordinate("r", "50%", diagonal)
	fx, fy := cx, cy
	if get("fx", "") != "" {
		fx = coordinate("fx", "", w)
	}
	if get("fy", "") != "" {
		fy = coordinate("fy", "", h)
	}
	if !(r > 0) {
		return func(_, _ float64) [4]float32 { return last }
	}
	if l := math.Hypot(fx-cx, fy-cy); l > 0.999*r { // the focus lies in the circle
		fx, fy = cx+(fx-cx)*0.999*r/l, cy+(fy-cy)*0.999*r/l
	}
	return func(x, y float64) [4]float32 {
		p := inv.at(point{x, y})
		dx, dy, gx, gy := p.x-fx, p.y-fy, fx-cx, fy-cy
		a := dx*dx + dy*dy
		if a == 0 {
			return look(0)
		}
		// Where the ray from the focus through p meets the circle.
		b, c := dx*gx+dy*gy, gx*gx+gy*gy-r*r
		k := (-b + math.Sqrt(math.Max(0, b*b-a*c))) / a
		return look(1 / k)
	}
}

// picture unpacks an embedded PNG or JPEG of a moderate size; nil for others.
func picture(href string) image.Image {
	head, body, ok := strings.Cut(href, ",")
	if !ok || !strings.HasSuffix(head, ";base64") || len(body) > maxBytes {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, body))
	if err != nil {
		return nil
	}
	decode, config := png.Decode, png.DecodeConfig
	if bytes.HasPrefix(data, []byte("\xff\xd8")) {
		decode, config = jpeg.Decode, jpeg.DecodeConfig
	}
	c, err := config(bytes.NewReader(data))
	if err != nil || c.Width > 1<<14 || c.Height > 1<<14 || c.Width*c.Height > min(1<<26, 9000*len(data)) {
		return nil
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return img
}

// sample makes the paint of a picture that fills the unit square of m.
func sample(img image.Image, m matrix, alpha float64) paint {
	b := img.Bounds()
	inv, ok := m.mul(matrix{1 / float64(b.Dx()), 0, 0, 1 / float64(b.Dy()), 0, 0}).inverse()
	if !ok {
		return nil
	}
	at := func(x, y int) [4]float32 {
		x, y = min(max(x, 0), b.Dx()-1), min(max(y, 0), b.Dy()-1)
		r, g, bl, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
		k := float32(alpha) / 65535
		return [4]float32{float32(r) * k, float32(g) * k, float32(bl) * k, float32(a) * k}
	}
	return func(x, y float64) [4]float32 {
		p := inv.at(point{x, y})
		px, py := p.x-0.5, p.y-0.5
		if !(math.Abs(px) < 1e6 && math.Abs(py) < 1e6) {
			return [4]float32{}
		}
		x0, y0 := int(math.Floor(px)), int(math.Floor(py))
		fx, fy := float32(px-float64(x0)), float32(py-float64(y0))
		c00, c10, c01, c11 := at(x0, y0), at(x0+1, y0), at(x0, y0+1), at(x0+1, y0+1)
		var c [4]float32
		for i := range c {
			c[i] = (c00[i]*(1-fx)+c10[i]*fx)*(1-fy) + (c01[i]*(1-fx)+c11[i]*fx)*fy
		}
		return c
	}
}

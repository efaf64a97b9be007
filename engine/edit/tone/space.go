package tone

import (
	"math"
	"sync"

	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// lab is a colour of three coordinates: OKLab, or CIELAB where a name says so.
type lab [3]float64

func (a lab) distance2(b lab) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return float64(x*x) + float64(y*y) + float64(z*z)
}

// light8 is the light of the 8 bit components, with one more at the end so that
// values between can be interpolated.
var light8 = sync.OnceValue(func() *[257]float64 { //nolint:gochecknoglobals // a table, made once and never changed
	t := new([257]float64)
	for v := range 256 {
		t[v] = oklab.Linear(uint16(v * 257))
	}
	t[256] = t[255]
	return t
})

// cbrt is the cube root of x from 0 to a few: a first guess from the exponent, and
// two steps of Halley, of which each triples the digits: good to 1e-14. It is many
// times as fast as exact.Cbrt and as reproducible.
func cbrt(x float64) float64 {
	if x < 1e-30 {
		return 0
	}
	y := math.Float64frombits(math.Float64bits(x)/3 + 0x2a9f7893782da1ce)
	for range 2 {
		c := float64(float64(y*y) * y)
		y *= (c + float64(2*x)) / (float64(2*c) + x)
	}
	return y
}

// okLight converts light to OKLab.
func okLight(r, g, b float64) lab {
	l := cbrt(float64(0.4122214708*r) + float64(0.5363325363*g) + float64(0.0514459929*b))
	m := cbrt(float64(0.2119034982*r) + float64(0.6806995451*g) + float64(0.1073969566*b))
	s := cbrt(float64(0.0883024619*r) + float64(0.2817188376*g) + float64(0.6299787005*b))
	return lab{
		float64(0.2104542553*l) + float64(0.7936177850*m) - float64(0.0040720468*s),
		float64(1.9779984951*l) - float64(2.4285922050*m) + float64(0.4505937099*s),
		float64(0.0259040371*l) + float64(0.7827717662*m) - float64(0.8086757660*s),
	}
}

// ok8 is the OKLab of 0xRRGGBB.
func ok8(t *[257]float64, v uint32) lab {
	return okLight(t[v>>16&255], t[v>>8&255], t[v&255])
}

// cie8 is the CIELAB (D65/2) of 0xRRGGBB.
func cie8(t *[257]float64, v uint32) lab {
	r, g, b := t[v>>16&255], t[v>>8&255], t[v&255]
	f := func(x float64) float64 {
		if x > 216./24389 {
			return cbrt(x)
		}
		return float64(x*(841./108)) + 4./29
	}
	x := f((float64(0.4124564*r) + float64(0.3575761*g) + float64(0.1804375*b)) / 0.9504700)
	y := f(float64(0.2126729*r) + float64(0.7151522*g) + float64(0.0721750*b))
	z := f((float64(0.0193339*r) + float64(0.1191920*g) + float64(0.9503041*b)) / 1.0888300)
	return lab{float64(116*y) - 16, 500 * (x - y), 200 * (y - z)}
}

const steps90 = 1024

// hues are the parts of CIEDE2000 that depend on the mean hue alone: T, and the
// sine that turns the blues. They stand by the place of the direction (x, y) on the
// square |x| + |y| = 1, which takes no arcus tangent: see square.
var hues = sync.OnceValue(func() *[4*steps90 + 2][2]float64 { //nolint:gochecknoglobals // a table, made once and never changed
	t := new([4*steps90 + 2][2]float64)
	cos := func(deg float64) float64 {
		_, c := exact.Sincos(deg * math.Pi / 180)
		return c
	}
	for k := range t {
		quarter, u := k/steps90%4, float64(k%steps90)/steps90
		h := exact.Atan2(u, 1-u)*(180/math.Pi) + float64(90*quarter)
		t[k][0] = 1 - float64(0.17*cos(h-30)) + float64(0.24*cos(2*h)) + float64(0.32*cos(float64(3*h)+6)) - float64(0.20*cos(float64(4*h)-63))
		v := (h - 275) / 25
		t[k][1], _ = exact.Sincos(60 * math.Pi / 180 * exact.Exp(-min(float64(v*v), 600)))
	}
	return t
})

// square is how far around the square |x| + |y| = 1 a direction lies, 0 to
// 4·steps90, against the clock from (1, 0).
func square(x, y float64) float64 {
	switch u := math.Abs(y) / (math.Abs(x) + math.Abs(y)); {
	case y >= 0 && x > 0:
		return u * steps90
	case y > 0:
		return (2 - u) * steps90
	case x < 0:
		return (2 + u) * steps90
	default:
		return (4 - u) * steps90
	}
}

// delta2000 is color.Delta2000 in arithmetic that is the same everywhere, to
// about 1e-4 (the parts by mean hue are interpolated).
func delta2000(t *[4*steps90 + 2][2]float64, p, q lab) float64 {
	if p == q {
		return 0
	}
	c1 := math.Sqrt(float64(p[1]*p[1]) + float64(p[2]*p[2]))
	c2 := math.Sqrt(float64(q[1]*q[1]) + float64(q[2]*q[2]))
	g := 0.5 * (1 - chromaShare((c1+c2)/2))
	a1, a2 := float64((1+g)*p[1]), float64((1+g)*q[1])
	c1 = math.Sqrt(float64(a1*a1) + float64(p[2]*p[2]))
	c2 = math.Sqrt(float64(a2*a2) + float64(q[2]*q[2]))
	dl, dc := q[0]-p[0], c2-c1
	// The mean hue is the direction between the two; a grey has none, and the mean
	// is the other's.
	x, y, dh := a1+a2, p[2]+q[2], 0.0
	if c1 > 0 && c2 > 0 {
		x, y = float64(a1*c2)+float64(a2*c1), float64(p[2]*c2)+float64(q[2]*c1)
		// 2√(c1·c2)·sin(Δh/2) is √(2(c1·c2 - dot product)), with the sign of the cross product.
		dh = math.Sqrt(max(0, 2*(float64(c1*c2)-float64(a1*a2)-float64(p[2]*q[2]))))
		if float64(a1*q[2])-float64(a2*p[2]) < 0 {
			dh = -dh
		}
	}
	at := 0.0
	if x != 0 || y != 0 {
		at = square(x, y)
	}
	k := int(at)
	u := at - float64(k)
	tt := t[k][0] + float64(u*(t[k+1][0]-t[k][0]))
	turn := t[k][1] + float64(u*(t[k+1][1]-t[k][1]))
	l, c := (p[0]+q[0])/2-50, (c1+c2)/2
	l50 := float64(l * l)
	sl := dl / (1 + 0.015*l50/math.Sqrt(20+l50))
	sc := dc / (1 + float64(0.045*c))
	sh := dh / (1 + float64(float64(0.015*c)*tt))
	v := float64(sl*sl) + float64(sc*sc) + float64(sh*sh) - float64(float64(float64(turn*2)*chromaShare(c))*float64(sc*sh))
	return math.Sqrt(max(0, v))
}

// chromaShare is √(c⁷/(c⁷+25⁷)).
func chromaShare(c float64) float64 {
	c2 := float64(c * c)
	c7 := float64(float64(c2*c2)*c2) * c
	return math.Sqrt(c7 / (c7 + 6103515625))
}

// code is a chip as 0xRRGGBB.
func code(c color.Chip) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }

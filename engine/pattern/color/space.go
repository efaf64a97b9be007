package color

import "math"

// RGB is a colour in sRGB's primaries: gamma-encoded where a name says sRGB,
// proportional to light where it says linear. Components run from 0 to 1.
type RGB [3]float64

// Lab is lightness and two opponent axes, in OKLab (L from 0 to 1) or CIELAB
// (L from 0 to 100); functions say which.
type Lab [3]float64

// Linear decodes one gamma-encoded sRGB component (IEC 61966-2-1). It extends
// below zero as an odd function.
func Linear(v float64) float64 {
	switch {
	case v < 0:
		return -Linear(-v)
	case v <= 0.04045:
		return v / 12.92
	default:
		return math.Pow((v+0.055)/1.055, 2.4)
	}
}

// Encode is the inverse of Linear.
func Encode(v float64) float64 {
	switch {
	case v < 0:
		return -Encode(-v)
	case v <= 0.0031308:
		return v * 12.92
	default:
		return 1.055*math.Pow(v, 1/2.4) - 0.055
	}
}

// Linear decodes a gamma-encoded colour.
func (c RGB) Linear() RGB { return RGB{Linear(c[0]), Linear(c[1]), Linear(c[2])} }

// Encode gamma-encodes a linear colour.
func (c RGB) Encode() RGB { return RGB{Encode(c[0]), Encode(c[1]), Encode(c[2])} }

// Clamp moves every component into 0 to 1.
func (c RGB) Clamp() RGB {
	for i, v := range c {
		c[i] = min(max(v, 0), 1)
	}
	return c
}

// XYZ of linear sRGB, D65 white, Y of white 1 (IEC 61966-2-1).
func (c RGB) xyz() (x, y, z float64) {
	return 0.4124564*c[0] + 0.3575761*c[1] + 0.1804375*c[2],
		0.2126729*c[0] + 0.7151522*c[1] + 0.0721750*c[2],
		0.0193339*c[0] + 0.1191920*c[1] + 0.9503041*c[2]
}

// OKLab converts a linear colour to OKLab (B. Ottosson, "A perceptual color
// space for image processing", 2020).
func (c RGB) OKLab() Lab {
	l := math.Cbrt(0.4122214708*c[0] + 0.5363325363*c[1] + 0.0514459929*c[2])
	m := math.Cbrt(0.2119034982*c[0] + 0.6806995451*c[1] + 0.1073969566*c[2])
	s := math.Cbrt(0.0883024619*c[0] + 0.2817188376*c[1] + 0.6299787005*c[2])
	return Lab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// FromOKLab returns the linear colour of an OKLab value; it may lie outside
// of sRGB.
func FromOKLab(c Lab) RGB {
	l := c[0] + 0.3963377774*c[1] + 0.2158037573*c[2]
	m := c[0] - 0.1055613458*c[1] - 0.0638541728*c[2]
	s := c[0] - 0.0894841775*c[1] - 1.2914855480*c[2]
	l, m, s = l*l*l, m*m*m, s*s*s
	return RGB{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
}

// CIELAB converts a linear colour to CIE 1976 L*a*b*, D65 white.
func (c RGB) CIELAB() Lab {
	x, y, z := c.xyz()
	fx, fy, fz := labF(x/0.9504700), labF(y), labF(z/1.0888300)
	return Lab{116*fy - 16, 500 * (fx - fy), 200 * (fy - fz)}
}

func labF(t float64) float64 {
	const delta = 6.0 / 29
	if t > delta*delta*delta {
		return math.Cbrt(t)
	}
	return t/(3*delta*delta) + 4.0/29
}

// DeltaOK is the distance of two OKLab values; about 0.02 is just noticeable
// side by side.
func DeltaOK(a, b Lab) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

// Delta2000 is the CIEDE2000 difference of two CIELAB values with unit
// weights (G. Sharma, W. Wu, E. Dalal, "The CIEDE2000 color-difference
// formula", Color Research & Application 30, 2005); 1 is just noticeable.
func Delta2000(p, q Lab) float64 {
	c1, c2 := math.Hypot(p[1], p[2]), math.Hypot(q[1], q[2])
	mean7 := math.Pow((c1+c2)/2, 7)
	g := 0.5 * (1 - math.Sqrt(mean7/(mean7+math.Pow(25, 7))))
	a1, a2 := (1+g)*p[1], (1+g)*q[1]
	c1, c2 = math.Hypot(a1, p[2]), math.Hypot(a2, q[2])
	h1, h2 := hue(a1, p[2]), hue(a2, q[2])

	dl, dc := q[0]-p[0], c2-c1
	dh, sum := 0.0, h1+h2
	if c1*c2 != 0 {
		dh = h2 - h1
		switch {
		case dh > 180:
			dh -= 360
		case dh < -180:
			dh += 360
		}
		switch {
		case math.Abs(h1-h2) <= 180:
			sum /= 2
		case sum < 360:
			sum = (sum + 360) / 2
		default:
			sum = (sum - 360) / 2
		}
	}
	bigH := 2 * math.Sqrt(c1*c2) * math.Sin(radians(dh)/2)

	l, c, h := (p[0]+q[0])/2, (c1+c2)/2, sum
	t := 1 - 0.17*math.Cos(radians(h-30)) + 0.24*math.Cos(radians(2*h)) + 0.32*math.Cos(radians(3*h+6)) - 0.20*math.Cos(radians(4*h-63))
	c7 := math.Pow(c, 7)
	turn := -math.Sin(2*radians(30*math.Exp(-((h-275)/25)*((h-275)/25)))) * 2 * math.Sqrt(c7/(c7+math.Pow(25, 7)))
	l50 := (l - 50) * (l - 50)
	sl := dl / (1 + 0.015*l50/math.Sqrt(20+l50))
	sc := dc / (1 + 0.045*c)
	sh := bigH / (1 + 0.015*c*t)
	return math.Sqrt(sl*sl + sc*sc + sh*sh + turn*sc*sh)
}

func hue(a, b float64) float64 {
	if a == 0 && b == 0 {
		return 0
	}
	h := math.Atan2(b, a) * 180 / math.Pi
	if h < 0 {
		h += 360
	}
	return h
}

func radians(deg float64) float64 { return deg * math.Pi / 180 }

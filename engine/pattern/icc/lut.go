package icc

import (
	"encoding/binary"
)

// maxChannels is how many channels a profile may have (ICC.1:2010, 10.10).
const maxChannels = 15

// values is a pixel on its way through a pipeline.
type values [maxChannels]float64

// stage is one step of a pipeline; it changes v in place.
type stage interface{ apply(v *values) }

type curves []curve

func (c curves) apply(v *values) {
	for i := range c {
		v[i] = c[i].at(v[i])
	}
}

// matrix is rows of three factors and an offset.
type matrix [3][4]float64

func (m *matrix) apply(v *values) {
	a, b, c := v[0], v[1], v[2]
	for i := range m {
		v[i] = m[i][0]*a + m[i][1]*b + m[i][2]*c + m[i][3]
	}
}

// table is a colour look-up table over n inputs, the last of which varies
// fastest.
type table struct {
	grid   []int // points along each input, at least 1
	stride []int // in values, along each input
	out    int
	data   []float32 // 0..1
	// linear interpolates along every axis in turn, for tables over Lab: their
	// neutral colours do not lie on the diagonal that simplices keep straight.
	linear bool
}

func newTable(grid []int, out int, data []float32) *table {
	t := &table{grid: grid, out: out, data: data, stride: make([]int, len(grid))}
	s := out
	for i := len(grid) - 1; i >= 0; i-- {
		t.stride[i] = s
		s *= grid[i]
	}
	return t
}

// apply interpolates over simplices: the cell is cut along its diagonal, and a
// point lies among n + 1 of the 2ⁿ corners, found by sorting its fractions. For
// three inputs this is the tetrahedral interpolation that colour engines use;
// neutral colours stay neutral, and fifteen inputs cost sixteen looks.
// For four inputs and more, the first is interpolated linearly between the
// simplices of the rest, as Little CMS does, so that both agree.
func (t *table) apply(v *values) {
	var frac [maxChannels]float64
	var step [maxChannels]int
	base := 0
	for i, g := range t.grid {
		x := v[i]
		if !(x > 0) {
			x = 0
		} else if x > 1 {
			x = 1
		}
		p := x * float64(g-1)
		k := int(p)
		if k >= g-1 {
			k = max(g-2, 0)
		}
		frac[i] = p - float64(k)
		base += k * t.stride[i]
		if g > 1 {
			step[i] = t.stride[i]
		} else {
			frac[i] = 0
		}
	}
	n := len(t.grid)
	var res values
	if t.linear && n == 3 {
		t.trilinear(&res, &frac, &step, base)
		copy(v[:t.out], res[:t.out])
		return
	}
	t.blend(&res, &frac, &step, base, 0, n)
	copy(v[:t.out], res[:t.out])
}

func (t *table) blend(res *values, frac *[maxChannels]float64, step *[maxChannels]int, base, from, n int) {
	if n-from == 4 {
		var hi values
		t.simplex(res, frac, step, base, from+1, n)
		if f := frac[from]; f > 0 {
			t.simplex(&hi, frac, step, base+step[from], from+1, n)
			for i := range t.out {
				res[i] += f * (hi[i] - res[i])
			}
		}
		return
	}
	t.simplex(res, frac, step, base, from, n)
}

func (t *table) trilinear(res *values, frac *[maxChannels]float64, step *[maxChannels]int, base int) {
	for corner := range 8 {
		w, at := 1.0, base
		for i := range 3 {
			if corner>>i&1 == 1 {
				w *= frac[i]
				at += step[i]
			} else {
				w *= 1 - frac[i]
			}
		}
		if w > 0 {
			for i, x := range t.data[at : at+t.out] {
				res[i] += w * float64(x)
			}
		}
	}
}

func (t *table) simplex(res *values, frac *[maxChannels]float64, step *[maxChannels]int, base, from, n int) {
	var order [maxChannels]int
	m := 0
	for i := from; i < n; i++ {
		j := m
		for ; j > 0 && frac[order[j-1]] < frac[i]; j-- {
			order[j] = order[j-1]
		}
		order[j] = i
		m++
	}
	at := base
	prev := 1.0
	for i := range t.out {
		res[i] = 0
	}
	for k := 0; k <= m; k++ {
		next := 0.0
		if k < m {
			next = frac[order[k]]
		}
		if w := prev - next; w > 0 {
			d := t.data[at : at+t.out]
			for i, x := range d {
				res[i] += w * float64(x)
			}
		}
		if k < m {
			at += step[order[k]]
		}
		prev = next
	}
}

// lut is a profile's table of one direction and intent.
type lut struct {
	in, out int
	stages  []stage
	// legacy says that Lab in 16 bit has 100 at 0xff00, as in lut16Type.
	legacy bool
}

// parseLUT reads a table. toDevice says that it is a BToA table.
func (p *Profile) parseLUT(tag string) (*lut, error) {
	d := p.tags[tag]
	if len(d) < 32 {
		return nil, p.fail("its table %s is cut short", tag)
	}
	l := &lut{in: int(d[8]), out: int(d[9])}
	if l.in < 1 || l.out < 1 || l.in > maxChannels || l.out > maxChannels {
		return nil, p.fail("its table %s has %d inputs and %d outputs", tag, l.in, l.out)
	}
	var ok bool
	switch string(d[:4]) {
	case "mft1", "mft2":
		l.legacy = d[3] == '2'
		l.stages, ok = parseMFT(d, l.in, l.out, d[3] == '2')
	case "mAB ", "mBA ":
		l.stages, ok = parseMAB(d, l.in, l.out, d[1] == 'A')
	default:
		return nil, p.fail("its table %s is of the unknown type %q", tag, d[:4])
	}
	if !ok {
		return nil, p.fail("its table %s is broken", tag)
	}
	if tag[0] == 'B' && p.Connection == Lab || p.Space == Lab {
		for _, s := range l.stages {
			if t, ok := s.(*table); ok {
				t.linear = true
			}
		}
	}
	return l, nil
}

// parseMFT reads lut8Type and lut16Type (ICC.1:2010, 10.8 and 10.9).
func parseMFT(d []byte, in, out int, wide bool) ([]stage, bool) {
	be := binary.BigEndian
	if len(d) < 52 {
		return nil, false
	}
	grid := int(d[10])
	if grid < 1 {
		return nil, false
	}
	var m matrix
	for i := range 9 {
		m[i/3][i%3] = s15Fixed16(d[12+4*i:])
	}
	inEntries, outEntries, at, unit := 256, 256, 48, 1
	if wide {
		inEntries, outEntries, at, unit = int(be.Uint16(d[48:])), int(be.Uint16(d[50:])), 52, 2
		if inEntries < 2 || outEntries < 2 || inEntries > 4096 || outEntries > 4096 {
			return nil, false
		}
	}
	points := int64(1)
	for range in {
		if points *= int64(grid); points > maxProfile {
			return nil, false
		}
	}
	need := int64(at) + int64(unit)*(int64(in)*int64(inEntries)+points*int64(out)+int64(out)*int64(outEntries))
	if need > int64(len(d)) {
		return nil, false
	}
	read := func() float64 {
		if wide {
			v := be.Uint16(d[at:])
			at += 2
			return float64(v) / 65535
		}
		at++
		return float64(d[at-1]) / 255
	}
	readCurves := func(n, entries int) curves {
		c := make(curves, n)
		for i := range c {
			c[i].samples = make([]float64, entries)
			for j := range entries {
				c[i].samples[j] = read()
			}
		}
		return c
	}
	var stages []stage
	if in == 3 && m != (matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}) {
		stages = append(stages, &m)
	}
	stages = append(stages, readCurves(in, inEntries))
	data := make([]float32, points*int64(out))
	for i := range data {
		data[i] = float32(read())
	}
	g := make([]int, in)
	for i := range g {
		g[i] = grid
	}
	return append(stages, newTable(g, out, data), readCurves(out, outEntries)), true
}

// parseMAB reads lutAToBType, and with reverse lutBToAType (ICC.1:2010, 10.10
// and 10.11): A curves, table, M curves, matrix, B curves, or the other way.
func parseMAB(d []byte, in, out int, toConnection bool) ([]stage, bool) {
	be := binary.BigEndian
	offset := func(i int) int64 { return int64(be.Uint32(d[12+4*i:])) }
	bAt, mAt, mcAt, clutAt, aAt := offset(0), offset(1), offset(2), offset(3), offset(4)
	readCurves := func(at int64, n int) (curves, bool) {
		c := make(curves, n)
		for i := range c {
			if at < 0 || at > int64(len(d)) {
				return nil, false
			}
			one, size, ok := parseCurve(d[at:])
			if !ok {
				return nil, false
			}
			c[i] = one
			at += int64(size+3) &^ 3
		}
		return c, true
	}
	device, connection := in, out
	if !toConnection {
		device, connection = out, in
	}
	if connection != 3 {
		return nil, false
	}
	var a, table, m, mat, b stage
	var ok bool
	if bAt == 0 {
		return nil, false
	}
	if b, ok = readCurves(bAt, 3); !ok {
		return nil, false
	}
	if mcAt != 0 {
		if m, ok = readCurves(mcAt, 3); !ok {
			return nil, false
		}
	}
	if mAt != 0 {
		if mAt+48 > int64(len(d)) {
			return nil, false
		}
		var x matrix
		for i := range 9 {
			x[i/3][i%3] = s15Fixed16(d[mAt+int64(4*i):])
		}
		for i := range 3 {
			x[i][3] = s15Fixed16(d[mAt+36+int64(4*i):])
		}
		mat = &x
	}
	if clutAt != 0 {
		if table, ok = parseCLUT(d, clutAt, in, out); !ok {
			return nil, false
		}
	} else if in != out {
		return nil, false
	}
	if aAt != 0 {
		if a, ok = readCurves(aAt, device); !ok {
			return nil, false
		}
	}
	order := []stage{a, table, m, mat, b}
	if !toConnection {
		order = []stage{b, mat, m, table, a}
	}
	var stages []stage
	for _, s := range order {
		if s != nil {
			stages = append(stages, s)
		}
	}
	return stages, true
}

func parseCLUT(d []byte, at int64, in, out int) (*table, bool) {
	if at+20 > int64(len(d)) {
		return nil, false
	}
	grid := make([]int, in)
	points := int64(1)
	for i := range grid {
		if grid[i] = int(d[at+int64(i)]); grid[i] < 1 {
			return nil, false
		}
		if points *= int64(grid[i]); points > maxProfile {
			return nil, false
		}
	}
	unit := int64(d[at+16])
	if unit != 1 && unit != 2 || at+20+points*int64(out)*unit > int64(len(d)) {
		return nil, false
	}
	raw := d[at+20:]
	data := make([]float32, points*int64(out))
	for i := range data {
		if unit == 1 {
			data[i] = float32(raw[i]) / 255
		} else {
			data[i] = float32(binary.BigEndian.Uint16(raw[2*i:])) / 65535
		}
	}
	return newTable(grid, out, data), true
}

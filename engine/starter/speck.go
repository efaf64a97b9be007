package starter

import (
	"image"
	"sort"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/screen"
)

// speckles are the islands of a cell: connected samples, over the edges of the
// cell, that are mostly of one position.
type speckles struct {
	f     *screen.Fields
	r     pattern.Repeat
	label []int // the position that a sample is mostly of
	of    []int // the island that a sample lies in
	all   []island
}

type island struct {
	samples []int
	speck   bool
}

// despeckle gives islands of fewer than Speck samples to the position that most of
// their neighbours have. What goes where is decided for all of them before any of
// it is done, so that it is the same wherever the repeat is cut.
func (k Inking) despeckle(f *screen.Fields, r pattern.Repeat) {
	s := &speckles{f: f, r: r}
	s.find(k.Speck)
	n := f.Width * f.Height
	// heirOf says, by position and sample, to whom what a speck has there goes.
	heirOf := map[int]int{}
	give := func(position, sample, heir int) {
		at := position*n + sample
		if before, ok := heirOf[at]; !ok || heir < before {
			heirOf[at] = heir
		}
	}
	for _, one := range s.all {
		if !one.speck {
			continue
		}
		mine := s.label[one.samples[0]]
		heir, ok := s.heir(one)
		if !ok {
			continue // nothing else is there
		}
		for _, i := range one.samples {
			give(mine, i, heir)
			// The soft rim of the island would still show through at a large
			// enlargement: it goes as well.
			s.around(i, func(j int) {
				if s.label[j] != mine {
					give(mine, j, heir)
				}
			})
		}
	}
	taken := make(map[int]float32, len(heirOf))
	for at := range heirOf {
		taken[at] = f.Data[at]
	}
	places := make([]int, 0, len(heirOf))
	for at := range heirOf {
		places = append(places, at)
	}
	sort.Ints(places)
	for _, at := range places {
		f.Data[at] -= taken[at]
		f.Data[heirOf[at]*n+at%n] += taken[at]
	}
}

// find fills label, of and all; an island of fewer than most samples is a speck.
func (s *speckles) find(most int) {
	n := s.f.Width * s.f.Height
	s.label, s.of = make([]int, n), make([]int, n)
	for i := range n {
		for p := 1; p < s.f.Positions; p++ {
			if s.f.Data[p*n+i] > s.f.Data[s.label[i]*n+i] {
				s.label[i] = p
			}
		}
		s.of[i] = -1
	}
	for start := range n {
		if s.of[start] >= 0 {
			continue
		}
		id := len(s.all)
		s.of[start] = id
		samples := []int{start}
		for at := 0; at < len(samples); at++ {
			s.around(samples[at], func(j int) {
				if s.of[j] < 0 && s.label[j] == s.label[start] {
					s.of[j] = id
					samples = append(samples, j)
				}
			})
		}
		s.all = append(s.all, island{samples, len(samples) < most && !s.reaches(start, most)})
	}
}

// around calls do with the four neighbours of a sample in the plane of the repeat.
func (s *speckles) around(i int, do func(j int)) {
	w, h := s.f.Width, s.f.Height
	for _, d := range [...]image.Point{{X: 1}, {X: -1}, {Y: 1}, {Y: -1}} {
		if x, y, ok := s.r.Source(i%w+d.X, i/w+d.Y, w, h); ok {
			do(y*w + x)
		}
	}
}

// heir is the position that most neighbours of a speck have: those that stay, or
// where there are none, any. Of equals the first is taken.
func (s *speckles) heir(one island) (position int, ok bool) {
	mine := s.label[one.samples[0]]
	stay, all := make([]int, s.f.Positions), make([]int, s.f.Positions)
	for _, i := range one.samples {
		s.around(i, func(j int) {
			if s.label[j] == mine {
				return
			}
			all[s.label[j]]++
			if !s.all[s.of[j]].speck {
				stay[s.label[j]]++
			}
		})
	}
	for _, counts := range [][]int{stay, all} {
		best := 0
		for p, c := range counts {
			if c > counts[best] {
				best = p
			}
		}
		if counts[best] > 0 {
			return best, true
		}
	}
	return 0, false
}

// reaches says whether the island that start lies in has most samples in the plane of
// the repeat. Where a mirror lies across an island, the cell holds only a half or
// a quarter of it.
func (s *speckles) reaches(start, most int) bool {
	if s.r.Kind != pattern.Mirror {
		return false
	}
	w, h := s.f.Width, s.f.Height
	first := image.Pt(start%w, start/w)
	seen := map[image.Point]bool{first: true}
	queue := []image.Point{first}
	for at := 0; at < len(queue) && len(queue) < most; at++ {
		for _, d := range [...]image.Point{{X: 1}, {X: -1}, {Y: 1}, {Y: -1}} {
			to := queue[at].Add(d)
			if x, y, ok := s.r.Source(to.X, to.Y, w, h); ok && s.label[y*w+x] == s.label[start] && !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return len(queue) >= most
}

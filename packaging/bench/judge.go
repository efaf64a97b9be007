package main

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// startOfProcess is when the system started this process.
func startOfProcess() time.Time {
	stat, err := os.ReadFile("/proc/self/stat")
	uptime, err2 := os.ReadFile("/proc/uptime")
	if err != nil || err2 != nil {
		return time.Now()
	}
	// Field 22, counted behind the name, which may hold spaces.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const startTime, ticks = 19, 100.0
	began, _ := strconv.ParseFloat(fields[startTime], 64)
	up, _ := strconv.ParseFloat(strings.Fields(string(uptime))[0], 64)
	return time.Now().Add(-time.Duration((up - began/ticks) * float64(time.Second)))
}

// followed says whether a picture of screens shows what can be checked of its
// prompt.
func (t told) followed(pic *pattern.Planes) bool {
	const least = 0.015 // of the cell, to count as a position
	n := pic.Width * pic.Height
	var area [4]int // ground and three positions
	position := make([]int, n)
	for k := range n {
		r, g, b := pic.Data[k], pic.Data[n+k], pic.Data[2*n+k]
		best := 0
		switch {
		case r > 0.5 && g > 0.5 && b > 0.5, max(r, g, b) < 0.5:
		case r >= g && r >= b:
			best = 1
		case g >= b:
			best = 2
		default:
			best = 3
		}
		position[k] = best
		area[best]++
	}
	colors := 0
	for _, a := range area[1:] {
		if float64(a) > least*float64(n) {
			colors++
		}
	}
	if colors != t.colors {
		return false
	}
	if !t.across && !t.down {
		return true
	}
	// Stripes change along one axis and stand still along the other.
	var dx, dy int
	for y := range pic.Height {
		for x := range pic.Width {
			here := position[y*pic.Width+x] != 0
			if x+1 < pic.Width && here != (position[y*pic.Width+x+1] != 0) {
				dx++
			}
			if y+1 < pic.Height && here != (position[(y+1)*pic.Width+x] != 0) {
				dy++
			}
		}
	}
	if t.across {
		return dy > 2*dx
	}
	return dx > 2*dy
}

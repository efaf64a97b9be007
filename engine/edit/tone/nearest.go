package tone

import (
	"sync/atomic"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// nearest finds the chip that is closest to a colour in OKLab, the earlier of two
// that are equally close, and remembers it. It may be used by several goroutines.
type nearest struct {
	light *[257]float64
	chips []lab
	known []uint32 // for every 24 bit colour one byte, four in a word: the chip + 1
}

func newNearest(chips []color.Chip) *nearest {
	n := &nearest{light: light8(), known: make([]uint32, 1<<22)}
	for _, c := range chips {
		n.chips = append(n.chips, ok8(n.light, code(c)))
	}
	return n
}

func (n *nearest) of(v uint32) uint8 {
	word, shift := &n.known[v>>2], v&3*8
	if k := uint8(atomic.LoadUint32(word) >> shift); k != 0 {
		return k - 1
	}
	c := ok8(n.light, v)
	best, d := 0, c.distance2(n.chips[0])
	for k := 1; k < len(n.chips); k++ {
		if e := c.distance2(n.chips[k]); e < d {
			best, d = k, e
		}
	}
	// Whoever comes first writes what any other would write.
	atomic.OrUint32(word, uint32(best+1)<<shift)
	return uint8(best)
}

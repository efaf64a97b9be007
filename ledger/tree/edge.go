package tree

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// Edge is the right side of a growing tree: the hashes of the tiles that are not full
// yet, and the roots of the perfect subtrees that the tree is made of. The zero value
// is the empty tree. It is not safe for concurrent use.
type Edge struct {
	size int64
	// levels are the hashes of the partial tile at each level, 255 at most.
	levels [][]tlog.Hash
	// peaks are the roots of the perfect subtrees, the largest first.
	peaks []tlog.Hash
}

// Full is a tile that became full.
type Full struct {
	Level  int
	Index  int64
	Hashes []byte // TileWidth hashes
	// Root is the hash of the subtree that the tile stands for, which is a hash of a
	// tile of the next level.
	Root blob.Hash
}

// Append adds a leaf, and gives the tiles that became full by it to keep, which may
// hold on to them.
func (e *Edge) Append(leaf blob.Hash, keep func(Full)) {
	h := tlog.Hash(leaf)
	e.put(0, h)
	// The subtrees that end here are put together. Those of a tile's height are the hashes of the next level.
	for size, height := e.size, 1; size&1 == 1; size, height = size>>1, height+1 {
		last := len(e.peaks) - 1
		h = tlog.NodeHash(e.peaks[last], h)
		e.peaks = e.peaks[:last]
		if height%TileHeight != 0 {
			continue
		}
		level := height/TileHeight - 1
		if keep != nil {
			keep(Full{level, e.size >> height, join(e.levels[level]), blob.Hash(h)})
		}
		e.levels[level] = e.levels[level][:0]
		e.put(level+1, h)
	}
	e.peaks = append(e.peaks, h)
	e.size++
}

// put adds a hash to the partial tile of a level.
func (e *Edge) put(level int, h tlog.Hash) {
	if level == len(e.levels) {
		e.levels = append(e.levels, make([]tlog.Hash, 0, TileWidth))
	}
	e.levels[level] = append(e.levels[level], h)
}

// Size is the number of leaves.
func (e *Edge) Size() int64 { return e.size }

// Root is the tree's MTH of RFC 6962, which for the empty tree is the hash of nothing.
func (e *Edge) Root() blob.Hash {
	if e.size == 0 {
		return blob.Of(nil)
	}
	h := e.peaks[len(e.peaks)-1]
	for _, left := range slices.Backward(e.peaks[:len(e.peaks)-1]) {
		h = tlog.NodeHash(left, h)
	}
	return blob.Hash(h)
}

// EdgeOf makes the edge of a tree of size leaves from the partial tiles of a log: read
// returns the width hashes at the right end of a level, of which the first has the
// index from. The error is that of read, or a *TileError.
func EdgeOf(size int64, read func(level int, from int64, width int) ([]blob.Hash, error)) (*Edge, error) {
	if size < 0 {
		return nil, &TileError{Reason: "a tree has no negative size"}
	}
	e := &Edge{size: size}
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		n := size >> (TileHeight * level)
		width := int(n % TileWidth)
		hashes, err := read(level, n-int64(width), width)
		if err != nil {
			return nil, err
		}
		if len(hashes) != width {
			return nil, &TileError{Tile: Tile{level, n / TileWidth, width}, Reason: "it has another number of hashes"}
		}
		part := make([]tlog.Hash, width)
		for i, h := range hashes {
			part[i] = tlog.Hash(h)
		}
		e.levels = append(e.levels, part)
	}
	for _, part := range slices.Backward(e.levels) {
		// A width in binary is the perfect subtrees inside a partial tile.
		for rest, bit := part, TileWidth/2; bit > 0; bit /= 2 {
			if len(rest)&bit != 0 {
				e.peaks = append(e.peaks, rootOf(rest[:bit]))
				rest = rest[bit:]
			}
		}
	}
	return e, nil
}

// rootOf hashes a power of two of hashes together.
func rootOf(hashes []tlog.Hash) tlog.Hash {
	level := slices.Clone(hashes)
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}

func join(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

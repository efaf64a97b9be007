package tree

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// TileHeight is the height of the subtree that a tile stands for, as C2SP tlog-tiles
// has it, and TileWidth the number of hashes in one that is full.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// Tile names a row of consecutive hashes of a tree: Width hashes, of which the first has
// the number Index*TileWidth among those of its level. A hash of level 0 is that of a leaf, one of
// level l+1 the root over a full tile of level l.
type Tile struct {
	Level int
	Index int64
	Width int // 1 to TileWidth
}

// Path is where C2SP tlog-tiles has the tile, such as tile/0/x001/234.p/17.
func (t Tile) Path() string { return t.path(fmt.Sprint(t.Level)) }

// EntriesPath is where C2SP tlog-tiles has the bundle of the entries whose hashes are
// the tile's, which is of level 0.
func (t Tile) EntriesPath() string { return t.path("entries") }

func (t Tile) path(level string) string {
	const group = 1000
	n := fmt.Sprintf("%03d", t.Index%group)
	for rest := t.Index / group; rest > 0; rest /= group {
		n = fmt.Sprintf("x%03d/%s", rest%group, n)
	}
	if t.Width < TileWidth {
		n += fmt.Sprintf(".p/%d", t.Width)
	}
	return strings.Join([]string{"tile", level, n}, "/")
}

// Tiles is where the tiles of one log are read from. Tile returns Width hashes of 32 bytes each,
// also where the log meanwhile has more of them. Nobody has to believe what it
// returns: Include and Extend check it.
type Tiles interface {
	Tile(ctx context.Context, t Tile) ([]byte, error)
}

// TileError reports a tile that is not what the tree has.
type TileError struct {
	Tile   Tile
	Reason string
}

func (e *TileError) Error() string {
	return fmt.Sprintf("tree: %s: %s; rebuild the indexes of the library", e.Tile.Path(), e.Reason)
}

// reader is tlog.TileReader over Tiles.
type reader struct {
	ctx   context.Context
	tiles Tiles
}

func (r reader) Height() int { return TileHeight }

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		tile := Tile{t.L, t.N, t.W}
		hashes, err := r.tiles.Tile(r.ctx, tile)
		if err != nil {
			return nil, err
		}
		if len(hashes) != t.W*tlog.HashSize {
			return nil, &TileError{tile, fmt.Sprintf("it has %d bytes", len(hashes))}
		}
		data[i] = hashes
	}
	return data, nil
}

// hashesOf reads hashes that are proved to belong to the tree of the root.
func hashesOf(ctx context.Context, tiles Tiles, size int64, root blob.Hash) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: size, Hash: tlog.Hash(root)}, reader{ctx, tiles})
}

// ProofError reports a proof that does not prove, or cannot be made.
type ProofError struct {
	Reason string
	Err    error
}

func (e *ProofError) Error() string {
	if e.Err == nil {
		return "tree: " + e.Reason
	}
	return fmt.Sprintf("tree: %s: %v", e.Reason, e.Err)
}

func (e *ProofError) Unwrap() error { return e.Err }

// Include makes the proof that the tree of the head has the leaf with that index: RFC 6962's
// audit path, the leaf's sibling first. The error is a *ProofError, and says so where the tiles do not
// lead to the root.
func Include(ctx context.Context, tiles Tiles, h Head, index int64) ([]blob.Hash, error) {
	if index < 0 || index >= h.Size {
		return nil, &ProofError{Reason: fmt.Sprintf("a log of %d entries has no entry %d", h.Size, index)}
	}
	proof, err := tlog.ProveRecord(h.Size, index, hashesOf(ctx, tiles, h.Size, h.Root))
	if err != nil {
		return nil, &ProofError{"no proof can be made", err}
	}
	return ours(proof), nil
}

// CheckInclusion checks what Include made: a *ProofError where it does not lead from
// the leaf to the root of the head.
func CheckInclusion(proof []blob.Hash, h Head, index int64, leaf blob.Hash) error {
	if err := tlog.CheckRecord(theirs(proof), h.Size, tlog.Hash(h.Root), index, tlog.Hash(leaf)); err != nil {
		return &ProofError{fmt.Sprintf("the proof does not show that entry %d is in %s", index, h.Origin), err}
	}
	return nil
}

// Extend makes the proof that the tree of head begins with that of old: RFC 6962's
// consistency proof. The error is a *ProofError.
func Extend(ctx context.Context, tiles Tiles, old, head Head) ([]blob.Hash, error) {
	if old.Size < 0 || old.Size > head.Size {
		return nil, &ProofError{Reason: fmt.Sprintf("a log of %d entries does not go on from one of %d", head.Size, old.Size)}
	}
	if old.Size == 0 {
		return nil, nil
	}
	proof, err := tlog.ProveTree(head.Size, old.Size, hashesOf(ctx, tiles, head.Size, head.Root))
	if err != nil {
		return nil, &ProofError{"no proof can be made", err}
	}
	return ours(proof), nil
}

// CheckExtension checks what Extend made: a *ProofError where the two heads are not
// shown to be of one growing log. Every tree goes on from the empty one.
func CheckExtension(proof []blob.Hash, old, head Head) error {
	fail := fmt.Sprintf("the head of %d entries of %s does not go on from that of %d", head.Size, head.Origin, old.Size)
	switch {
	case old.Origin != head.Origin:
		return &ProofError{Reason: fmt.Sprintf("%s and %s are two logs", old.Origin, head.Origin)}
	case old.Size == 0 && (old.Root != blob.Of(nil) || len(proof) > 0):
		return &ProofError{Reason: fail}
	case old.Size == 0:
		return nil
	}
	if err := tlog.CheckTree(theirs(proof), head.Size, tlog.Hash(head.Root), old.Size, tlog.Hash(old.Root)); err != nil {
		return &ProofError{fail, err}
	}
	return nil
}

// RootAt is the root that a log had when it had size entries, from tiles that lead to the
// root of a later head. The error is a *ProofError.
func RootAt(ctx context.Context, tiles Tiles, h Head, size int64) (blob.Hash, error) {
	if size < 0 || size > h.Size {
		return blob.Hash{}, &ProofError{Reason: fmt.Sprintf("a log of %d entries did not have %d", h.Size, size)}
	}
	if size == 0 {
		return blob.Of(nil), nil
	}
	root, err := tlog.TreeHash(size, hashesOf(ctx, tiles, h.Size, h.Root))
	if err != nil {
		return blob.Hash{}, &ProofError{"the earlier root cannot be told", err}
	}
	return blob.Hash(root), nil
}

func ours(hashes []tlog.Hash) []blob.Hash {
	all := make([]blob.Hash, len(hashes))
	for i, h := range hashes {
		all[i] = blob.Hash(h)
	}
	return all
}

func theirs(hashes []blob.Hash) []tlog.Hash {
	all := make([]tlog.Hash, len(hashes))
	for i, h := range hashes {
		all[i] = tlog.Hash(h)
	}
	return all
}

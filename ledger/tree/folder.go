package tree

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// MaxEntry is how many bytes an entry may have to stand in a bundle of tlog-tiles.
const MaxEntry = math.MaxUint16

// checkpointFile holds the head in a tiled log.
const checkpointFile = "checkpoint"

// Source is a log that can be written out: its texts from one index to before another, in order.
type Source interface {
	Tiles
	Texts(ctx context.Context, from, to int64) iter.Seq2[[]byte, error]
}

// Write lays a log out in a folder as C2SP tlog-tiles has it: tiles, bundles of entries
// and last the checkpoint, which is the head as it was signed and cosigned. Files that
// are full and there already stay as they are, so that a later state is added in the time of what is
// new; what a reader of the state before needs stays too.
func Write(ctx context.Context, dir string, log Source, checkpoint []byte) error {
	h, err := Read(checkpoint)
	if err != nil {
		return err
	}
	for level := 0; h.Size>>(TileHeight*level) > 0; level++ {
		if err := writeLevel(ctx, dir, log, level, h.Size>>(TileHeight*level)); err != nil {
			return err
		}
	}
	if err := writeEntries(ctx, dir, log, h); err != nil {
		return err
	}
	return put(dir, checkpointFile, checkpoint)
}

// writeLevel writes the tiles of the first n hashes of a level that are not there yet. They are written in order, so that
// whatever stands before one that is full is there as well, also after a failure.
func writeLevel(ctx context.Context, dir string, log Source, level int, n int64) error {
	full := n / TileWidth
	first := full
	for first > 0 && !exists(dir, Tile{level, first - 1, TileWidth}.Path()) {
		first--
	}
	for index := first; index*TileWidth < n; index++ {
		t := Tile{level, index, int(min(TileWidth, n-index*TileWidth))}
		hashes, err := log.Tile(ctx, t)
		if err != nil {
			return err
		}
		if err := put(dir, t.Path(), hashes); err != nil {
			return err
		}
	}
	return nil
}

// widthBefore is the width of the tile in which the n-th hash of a level is the last.
func widthBefore(n int64) int {
	if w := int(n % TileWidth); w > 0 {
		return w
	}
	return TileWidth
}

func writeEntries(ctx context.Context, dir string, log Source, h Head) error {
	// The first bundle that is not there yet: bundles are written in order.
	full := h.Size / TileWidth
	first := full
	for first > 0 && !exists(dir, Tile{0, first - 1, TileWidth}.EntriesPath()) {
		first--
	}
	var bundle []byte
	n := first * TileWidth
	for text, err := range log.Texts(ctx, n, h.Size) {
		if err != nil {
			return err
		}
		if len(text) > MaxEntry {
			return &ProofError{Reason: fmt.Sprintf("entry %d has %d bytes, and a bundle takes %d", n, len(text), MaxEntry)}
		}
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(text)))
		bundle = append(bundle, text...)
		n++
		if n%TileWidth == 0 || n == h.Size {
			if err := put(dir, Tile{0, (n - 1) / TileWidth, widthBefore(n)}.EntriesPath(), bundle); err != nil {
				return err
			}
			bundle = bundle[:0]
		}
	}
	if n != h.Size {
		return &ProofError{Reason: fmt.Sprintf("the log ends at entry %d, its head has %d", n, h.Size)}
	}
	return nil
}

func exists(dir, path string) bool {
	_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(path)))
	return err == nil
}

// put writes a file whole or not at all: whoever serves the folder may do so meanwhile.
func put(dir, path string, content []byte) (err error) {
	name := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("tree: %w", err), os.Remove(f.Name()))
		}
	}()
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// Folder reads a tiled log that Write, or somebody else's program, laid out.
type Folder struct{ dir string }

// OpenFolder is the tiled log in dir.
func OpenFolder(dir string) *Folder { return &Folder{dir} }

// Checkpoint is the signed note.
func (f *Folder) Checkpoint() ([]byte, error) { return f.read(checkpointFile, maxNote) }

// Tile is Tiles'. A tile that meanwhile became full stands for its parts.
func (f *Folder) Tile(ctx context.Context, t Tile) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	const size = len(blob.Hash{})
	b, err := f.read(t.Path(), TileWidth*size)
	if errors.Is(err, fs.ErrNotExist) && t.Width < TileWidth {
		b, err = f.read(Tile{t.Level, t.Index, TileWidth}.Path(), TileWidth*size)
	}
	if err != nil {
		return nil, err
	}
	if len(b) < t.Width*size {
		return nil, &TileError{t, fmt.Sprintf("its file has %d bytes", len(b))}
	}
	return b[:t.Width*size], nil
}

// Texts reads the entries from one index to before another from a log that has size entries.
func (f *Folder) Texts(ctx context.Context, from, to, size int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for n := from; n < to && n >= 0 && to <= size; {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			t := Tile{0, n / TileWidth, int(min(TileWidth, size-n/TileWidth*TileWidth))}
			texts, err := f.bundle(t)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, text := range texts[n%TileWidth:] {
				if n == to || !yield(text, nil) {
					return
				}
				n++
			}
		}
	}
}

// bundle reads the entries of a tile of level 0.
func (f *Folder) bundle(t Tile) ([][]byte, error) {
	const limit = TileWidth * (2 + MaxEntry)
	b, err := f.read(t.EntriesPath(), limit)
	if errors.Is(err, fs.ErrNotExist) && t.Width < TileWidth {
		b, err = f.read(Tile{0, t.Index, TileWidth}.EntriesPath(), limit)
	}
	if err != nil {
		return nil, err
	}
	texts, err := Unbundle(b)
	if err != nil {
		return nil, err
	}
	if len(texts) < t.Width {
		return nil, &TileError{t, fmt.Sprintf("its bundle has %d entries", len(texts))}
	}
	return texts[:t.Width], nil
}

// Unbundle cuts a bundle of entries, each of which is preceded by its length in two
// bytes. They share the bundle's memory. The error is a *ProofError.
func Unbundle(b []byte) ([][]byte, error) {
	var texts [][]byte
	for len(b) > 0 {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) || len(texts) == TileWidth {
			return nil, &ProofError{Reason: fmt.Sprintf("the bundle is cut off, or has more than %d entries", TileWidth)}
		}
		n := int(binary.BigEndian.Uint16(b))
		texts = append(texts, b[2:2+n:2+n])
		b = b[2+n:]
	}
	return texts, nil
}

func (f *Folder) read(path string, limit int) ([]byte, error) {
	name := filepath.Join(f.dir, filepath.FromSlash(path))
	st, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("tree: %w", err)
	}
	if !st.Mode().IsRegular() || st.Size() > int64(limit) {
		return nil, &ProofError{Reason: fmt.Sprintf("%s is no plain file of at most %d bytes", path, limit)}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("tree: %w", err)
	}
	return b, nil
}

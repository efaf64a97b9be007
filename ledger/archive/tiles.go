package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

const hashSize = len(blob.Hash{})

// Tiles is where the tiles of a log are read from.
func (a *Archive) Tiles(log Log) tree.Tiles { return source{a, log} }

// Write lays a log out as a tiled log in dir, as other people's tools read it, up to its latest head and with its
// cosignatures.
func (a *Archive) Write(ctx context.Context, log Log, dir string) error {
	s, err := a.LatestHead(ctx, log)
	if err != nil {
		return err
	}
	checkpoint, err := a.Cosigned(ctx, log, s)
	if err != nil {
		return err
	}
	return tree.Write(ctx, dir, source{a, log}, checkpoint)
}

// source is a log as the tree reads it. Full tiles are kept; what is not full yet is read from the
// entries and from the roots of the tiles below.
type source struct {
	a   *Archive
	log Log
}

func (s source) Texts(ctx context.Context, from, to int64) iter.Seq2[[]byte, error] {
	return s.a.texts(ctx, s.log, from, to)
}

func (s source) Tile(ctx context.Context, t tree.Tile) ([]byte, error) {
	hashes, err := s.full(ctx, t)
	if err != nil || hashes != nil {
		return hashes, err
	}
	from := t.Index * tree.TileWidth
	parts, err := s.partial(ctx, t.Level, from, t.Width)
	if err != nil {
		return nil, err
	}
	if len(parts) != t.Width {
		return nil, &tree.TileError{Tile: t, Reason: fmt.Sprintf("the library has %d of its hashes", len(parts))}
	}
	b := make([]byte, 0, t.Width*hashSize)
	for _, h := range parts {
		b = append(b, h[:]...)
	}
	return b, nil
}

// full is the beginning of a tile that is full meanwhile, nil where there is none.
func (s source) full(ctx context.Context, t tree.Tile) (hashes []byte, err error) {
	rows, err := s.a.db.QueryContext(ctx, `SELECT `+text("hashes", tree.TileWidth*hashSize)+` FROM tiles WHERE log = ? AND level = ? AND number = ?`, s.log.Number, t.Level, t.Index)
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = errors.Join(err, failed(rows.Err()), rows.Close()) }()
	if !rows.Next() {
		return nil, nil
	}
	if err := rows.Scan(&hashes); err != nil {
		return nil, failed(err)
	}
	if len(hashes) != tree.TileWidth*hashSize {
		return nil, &tree.TileError{Tile: t, Reason: fmt.Sprintf("it has %d bytes", len(hashes))}
	}
	return hashes[:t.Width*hashSize], nil
}

// partial is up to width hashes of a level, from the entries or the tiles below.
func (s source) partial(ctx context.Context, level int, from int64, width int) (all []blob.Hash, err error) {
	if level == 0 {
		for text, err := range s.Texts(ctx, from, from+int64(width)) {
			if err != nil {
				return nil, err
			}
			all = append(all, record.Hash(text))
		}
		return all, nil
	}
	rows, err := s.a.db.QueryContext(ctx, `SELECT number, `+text("root", hashSize)+` FROM tiles WHERE log = ? AND level = ? AND number >= ? AND number < ? ORDER BY number`, s.log.Number, level-1, from, from+int64(width))
	if err != nil {
		return nil, failed(err)
	}
	defer func() { err = errors.Join(err, failed(rows.Err()), rows.Close()) }()
	for rows.Next() {
		var number int64
		var root []byte
		if err := rows.Scan(&number, &root); err != nil {
			return nil, failed(err)
		}
		if number != from+int64(len(all)) || len(root) != hashSize {
			return nil, &tree.TileError{Tile: tree.Tile{Level: level - 1, Index: number, Width: tree.TileWidth}, Reason: "it has no root, or the one before it is missing"}
		}
		all = append(all, blob.Hash(root))
	}
	return all, nil
}

// Edge is the right side of a log's tree when it has size entries.
func (a *Archive) Edge(ctx context.Context, log Log, size int64) (*tree.Edge, error) {
	s := source{a, log}
	return tree.EdgeOf(size, func(level int, from int64, width int) ([]blob.Hash, error) { return s.partial(ctx, level, from, width) })
}

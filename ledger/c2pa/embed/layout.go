package embed

import (
	"context"
	"fmt"
	"io"
)

// piece is a range of the old file, or new bytes.
type piece struct {
	old  Range
	data []byte
}

func (p piece) length() int64 { return p.old.Length + int64(len(p.data)) }

// Layout is a file that will be written: what lies before its store, and after.
type Layout struct {
	before, after []piece
	length        int64 // of the container
	store         int   // length of the store
	wrap          func(store []byte) []byte
}

func (l *Layout) start() (n int64) {
	for _, p := range l.before {
		n += p.length()
	}
	return n
}

// Exclusion is the range of the new file that the store's container will take; a
// data hash leaves it out.
func (l *Layout) Exclusion() Range { return Range{l.start(), l.length} }

// Hash writes everything but the container into w, in the order of the file; w is a
// hash, and in is the old file.
func (l *Layout) Hash(ctx context.Context, in io.ReaderAt, w io.Writer) error {
	if err := write(ctx, in, w, l.before); err != nil {
		return err
	}
	return write(ctx, in, w, l.after)
}

// Write writes the new file with the store in it, which has the length of the plan.
func (l *Layout) Write(ctx context.Context, in io.ReaderAt, out io.Writer, store []byte) error {
	if len(store) != l.store {
		return fmt.Errorf("embed: a store of %d bytes, where the layout has %d", len(store), l.store)
	}
	if err := write(ctx, in, out, l.before); err != nil {
		return err
	}
	if _, err := out.Write(l.wrap(store)); err != nil {
		return fmt.Errorf("embed: %w", err)
	}
	return write(ctx, in, out, l.after)
}

// copyBuffer is how much is read at once, in bytes.
const copyBuffer = 1 << 20

func write(ctx context.Context, in io.ReaderAt, out io.Writer, pieces []piece) error {
	var buffer []byte
	for _, p := range pieces {
		if _, err := out.Write(p.data); err != nil {
			return fmt.Errorf("embed: %w", err)
		}
		for at := p.old.Start; at < p.old.End(); {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(copyBuffer, p.old.End()-at)
			if int64(len(buffer)) < n {
				buffer = make([]byte, n)
			}
			b := buffer[:n]
			if err := readAt(in, b, at); err != nil {
				return err
			}
			if _, err := out.Write(b); err != nil {
				return fmt.Errorf("embed: %w", err)
			}
			at += int64(len(b))
		}
	}
	return nil
}

// HashRanges writes the file without the excluded ranges into w. They are in order
// and inside the file.
func HashRanges(ctx context.Context, in io.ReaderAt, size int64, excluded []Range, w io.Writer) error {
	at := int64(0)
	var pieces []piece
	for _, x := range excluded {
		if x.Start > at {
			pieces = append(pieces, piece{old: Range{at, x.Start - at}})
		}
		at = max(at, x.End())
	}
	return write(ctx, in, w, append(pieces, piece{old: Range{at, max(0, size-at)}}))
}

package store

import (
	"context"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// watermark is what the device last signed here, as it remembers.
func (s *Store) watermark(ctx context.Context, o Owner) (record.HeadRef, bool, error) {
	if s.options.Watermark == nil {
		return record.HeadRef{}, false, nil
	}
	head, ok, err := s.options.Watermark.Get(ctx, s.options.Library, o.Author, o.Device)
	if err != nil {
		return record.HeadRef{}, false, &WatermarkError{err}
	}
	return head, ok, nil
}

// mark remembers a log's last head.
func (s *Store) mark(ctx context.Context, l *Log) error {
	if s.options.Watermark == nil {
		return nil
	}
	return s.options.Watermark.Set(ctx, s.options.Library, l.owner.Author, l.owner.Device, l.last)
}

// compare says whether the library goes on from what the device signed last: a *RolledBackError where it does not.
func (s *Store) compare(ctx context.Context, mine []archive.Log, known record.HeadRef) error {
	for _, l := range mine {
		if l.ID != known.Log {
			continue
		}
		if l.Size < known.Size {
			return &RolledBackError{Known: known, Held: l.Size}
		}
		h, err := s.archive.LatestHead(ctx, l)
		if err != nil {
			return err
		}
		root, err := tree.RootAt(ctx, s.archive.Tiles(l), h.Head, known.Size)
		if err != nil {
			return &BrokenLogError{l.ID, "its tree", err}
		}
		if root != known.Root {
			return &RolledBackError{Known: known, Held: l.Size, Forked: true}
		}
		return nil
	}
	return &RolledBackError{Known: known}
}

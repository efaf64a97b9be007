package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// recordExport records files that left a library. What was written stays, whatever
// becomes of the record: then a warning says so. Subjects are what the export is found by,
// beside the pattern and the files.
func (s *Session) recordExport(ctx context.Context, lib *library.Library, e *record.Export, out *Exported, subjects ...string) {
	if err := s.tryRecordExport(ctx, lib, e, out, subjects); err != nil {
		out.Warnings = append(out.Warnings, fmt.Sprintf("the export is not on record: %v", err))
	}
}

func (s *Session) tryRecordExport(ctx context.Context, lib *library.Library, e *record.Export, out *Exported, subjects []string) (err error) {
	if e.Pattern != "" {
		subjects = append(subjects, e.Pattern)
	}
	for _, f := range out.Files {
		one, err := exportedFile(f)
		if err != nil {
			return err
		}
		e.Files = append(e.Files, one)
		if len(subjects) < record.MaxSubjects {
			subjects = append(subjects, one.Hash.String())
		}
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	_, err = pen.Record(ctx, record.Draft{Subjects: subjects, Body: e})
	return err
}

func exportedFile(f ExportedFile) (one record.ExportedFile, err error) {
	one.Hash, one.Bytes, err = hashFile(f.Path)
	if err != nil {
		return one, err
	}
	one.Format = strings.TrimPrefix(strings.ToLower(filepath.Ext(f.Path)), ".")
	one.What = fmt.Sprintf("%.200s", f.What)
	one.Name, err = record.SealText(filepath.Base(f.Path))
	return one, err
}

// hashFile is the SHA-256 of a file, and its size in bytes.
func hashFile(path string) (h blob.Hash, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return h, 0, err
	}
	sum := sha256.New()
	size, err = io.Copy(sum, f)
	return blob.Hash(sum.Sum(nil)), size, errors.Join(err, f.Close())
}

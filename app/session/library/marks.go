package library

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// marks are the heads that this device signed last, kept where no library is: one
// small file for each library and device. They tell when an older copy was put back.
type marks struct{ dir string }

func (m marks) path(library, author, device string) string {
	name := blob.Of([]byte(author + "\n" + device)).String()
	return filepath.Join(m.dir, library+"-"+strings.TrimPrefix(name, "sha256:")[:16]+".json")
}

// Get implements store.Watermark.
func (m marks) Get(_ context.Context, library, author, device string) (h record.HeadRef, ok bool, err error) {
	text, err := os.ReadFile(m.path(library, author, device))
	if errors.Is(err, fs.ErrNotExist) {
		return h, false, nil
	}
	if err != nil {
		return h, false, err
	}
	// What was lost with the power is worth no more than none: it is written anew.
	ok = json.Unmarshal(text, &h) == nil
	return h, ok, nil
}

// Set implements store.Watermark. It is renamed into place, and not waited for: an older
// mark still finds most of what it is there for.
func (m marks) Set(_ context.Context, library, author, device string, h record.HeadRef) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	path := m.path(library, author, device)
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

package bundle

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// mostNames is the most files that a bundle may hold.
	mostNames = 4 << 20
	// Nothing that a bundle holds packs better than this: an archive that claims to is a bomb.
	mostRatio, mostMore = 200, 64 << 20
)

// Is reports whether a file is an archive that may be a bundle. What cannot be read is none.
func Is(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	var begin [4]byte
	_, err = io.ReadFull(f, begin[:])
	magic := string(begin[:])
	return errors.Join(err, f.Close()) == nil && (magic == "PK\x03\x04" || magic == "PK\x05\x06")
}

// Unpack lays the files of a bundle into an empty folder, and returns their names, with slashes,
// in the order of the archive. The error is an *Error where the archive is at fault; what was laid
// out before stays for the caller to remove.
func Unpack(ctx context.Context, path, dir string) (names []string, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrInsecurePath) || errors.Is(err, zip.ErrAlgorithm) {
			return nil, &Error{Path: path, Reason: "it is no ZIP archive that can be read", Err: err}
		}
		return nil, err
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	if err := check(path, z.File); err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if err := unpack(ctx, path, dir, f); err != nil {
			return nil, err
		}
		names = append(names, f.Name)
	}
	return names, nil
}

// check looks at all names and sizes before anything is written.
func check(path string, files []*zip.File) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if len(files) > mostNames {
		return &Error{Path: path, Reason: fmt.Sprintf("it holds %d files, more than %d", len(files), mostNames)}
	}
	seen := map[string]bool{}
	var all uint64
	for _, f := range files {
		bad := func(reason string) error { return &Error{Path: path, Name: f.Name, Reason: reason} }
		name := strings.TrimSuffix(f.Name, "/")
		switch folded := strings.ToLower(name); {
		case !fs.ValidPath(name) || name == "." || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\:\x00"):
			return bad("has a name that leads elsewhere")
		case seen[folded]:
			return bad("is there twice")
		case f.Flags&1 != 0:
			return bad("is encrypted; unlock it with the program that locked it")
		case !f.Mode().IsRegular() && !f.Mode().IsDir():
			return bad("is no plain file")
		default:
			seen[folded] = true
		}
		if f.UncompressedSize64 > 1<<50 {
			return bad("claims a size that no disk has")
		}
		all += f.UncompressedSize64
	}
	if all > mostRatio*uint64(st.Size())+mostMore {
		return &Error{Path: path, Reason: fmt.Sprintf("its %d bytes claim to unpack to %d", st.Size(), all)}
	}
	return nil
}

func unpack(ctx context.Context, path, dir string, f *zip.File) (err error) {
	bad := func(err error) error { return &Error{Path: path, Name: f.Name, Reason: "is damaged", Err: err} }
	to := filepath.Join(dir, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	r, err := f.Open()
	if err != nil {
		return bad(err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	from := &marked{r: &until{ctx, r}}
	n, err := io.Copy(w, io.LimitReader(from, int64(f.UncompressedSize64)+1)) //nolint:gosec // checked before
	if from.err != nil && ctx.Err() == nil {
		err = bad(from.err)
	} else if err == nil && uint64(n) != f.UncompressedSize64 { //nolint:gosec // a length
		err = bad(errors.New("it has another size than the archive says"))
	}
	return errors.Join(err, w.Close())
}

// marked remembers whose fault an error was: the archive's, or the disk's that is written to.
type marked struct {
	r   io.Reader
	err error
}

func (m *marked) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

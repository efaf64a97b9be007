// Package shelf keeps the models that a person has installed: each in a folder
// of its own inside one directory, with its card.
//
//	s, err := shelf.Open(dir)
//	e, err := s.Add(ctx, "downloads/sd15.safetensors", shelf.AddOptions{})
//	m, err := weights.Open(e.Path())
//
// A model comes onto the shelf whole or not at all: its files are copied into
// a folder with a temporary name, hashed while they are copied, made durable,
// and the folder is renamed. What an interrupted copy left behind is removed
// when the shelf is opened next. Nothing on the shelf is ever written again,
// so that a mapped model cannot change under the program.
package shelf

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/selvage-studio/selvage/engine/weights"
)

// tempPrefix begins the names of folders that are being filled.
const tempPrefix = ".incoming-"

// Shelf is a directory of models. Methods may be called from several
// goroutines; two processes may use one shelf.
type Shelf struct {
	dir string
	// create makes a new file; a field, so that tests can fill the disk.
	create func(name string) (file, error)
}

// file is what Add writes to.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// Entry is a model on the shelf.
type Entry struct {
	ID   string // the name of its folder
	Dir  string
	Card weights.Card
	Err  error // why its card cannot be read; the other fields but Dir and ID are empty
}

// Path is what weights.Open or a LoRA takes.
func (e Entry) Path() string {
	if e.Card.Open == "" {
		return e.Dir
	}
	return filepath.Join(e.Dir, filepath.FromSlash(e.Card.Open))
}

// Size is the sum of its files in bytes.
func (e Entry) Size() int64 {
	var n int64
	for _, f := range e.Card.Files {
		n += f.Size
	}
	return n
}

// NotFoundError says that no model, or more than one, has that name.
type NotFoundError struct {
	Name  string
	Among []string // the models that it may mean, or all there are
}

func (e *NotFoundError) Error() string {
	switch {
	case len(e.Among) == 0:
		return fmt.Sprintf("no model %q: none is installed; add one with \"selvage models add\"", e.Name)
	default:
		return fmt.Sprintf("no model is called %q; there are %s", e.Name, strings.Join(e.Among, ", "))
	}
}

// ExistsError says that a model is on the shelf already.
type ExistsError struct{ Entry Entry }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("this model is installed already, as %q", e.Entry.ID)
}

// FullError says that a disk has no room for a model.
type FullError struct {
	Dir  string
	Need int64 // bytes that the model takes
	Err  error
}

func (e *FullError) Error() string {
	return fmt.Sprintf("no room in %s: the model takes %.1f GB (%v); make room and add it again, nothing was left behind", e.Dir, float64(e.Need)/1e9, e.Err)
}

func (e *FullError) Unwrap() error { return e.Err }

// DefaultDir is where a person's models lie: SELVAGE_MODELS if set, else the
// folder "selvage/models" of the system's place for a program's data.
func DefaultDir() (string, error) {
	if dir := os.Getenv("SELVAGE_MODELS"); dir != "" {
		return dir, nil
	}
	var base string
	switch runtime.GOOS {
	case "windows":
		base = os.Getenv("LocalAppData")
	case "darwin", "ios":
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("shelf: %w", err)
		}
		base = filepath.Join(home, "Library", "Application Support")
	default:
		if base = os.Getenv("XDG_DATA_HOME"); !filepath.IsAbs(base) {
			home, err := os.UserHomeDir()
			if err != nil {
				return "", fmt.Errorf("shelf: %w", err)
			}
			base = filepath.Join(home, ".local", "share")
		}
	}
	if base == "" {
		return "", errors.New("shelf: the system names no folder for data; set SELVAGE_MODELS")
	}
	return filepath.Join(base, "selvage", "models"), nil
}

// Open opens the shelf in dir, which is made when it does not exist.
func Open(dir string) (*Shelf, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	s := &Shelf{dir: dir, create: func(name string) (file, error) {
		return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	}}
	return s, s.sweep()
}

// Dir is the shelf's directory.
func (s *Shelf) Dir() string { return s.dir }

// sweep removes what interrupted copies left: folders with a temporary name
// whose lock nobody holds any more.
func (s *Shelf) sweep() error {
	names, err := filepath.Glob(filepath.Join(s.dir, tempPrefix+"*"))
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	var errs []error
	for _, name := range names {
		if abandoned(name) {
			errs = append(errs, os.RemoveAll(name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("shelf: removing what an interrupted copy left: %w", err)
	}
	return nil
}

// List returns all models, sorted by their ids. One whose card cannot be read
// is listed with its error.
func (s *Shelf) List() ([]Entry, error) {
	dirs, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("shelf: %w", err)
	}
	var out []Entry
	for _, d := range dirs {
		if d.IsDir() && !strings.HasPrefix(d.Name(), ".") {
			out = append(out, s.entry(d.Name()))
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (s *Shelf) entry(id string) Entry {
	e := Entry{ID: id, Dir: filepath.Join(s.dir, id)}
	b, err := os.ReadFile(filepath.Join(e.Dir, weights.CardFile))
	if err == nil {
		e.Card, err = weights.ParseCard(b)
	}
	if err != nil {
		e.Err = fmt.Errorf("shelf: %s: %w", id, err)
	}
	return e
}

// Find returns the model with that id, or whose name on its card it is, or
// the only one whose id begins so.
func (s *Shelf) Find(name string) (Entry, error) {
	all, err := s.List()
	if err != nil {
		return Entry{}, err
	}
	var begins, ids []string
	var found Entry
	for _, e := range all {
		ids = append(ids, e.ID)
		if e.ID == name || e.Err == nil && strings.EqualFold(e.Card.Name, name) {
			return e, e.Err
		}
		if name != "" && strings.HasPrefix(e.ID, strings.ToLower(name)) {
			begins = append(begins, e.ID)
			found = e
		}
	}
	if len(begins) == 1 {
		return found, found.Err
	}
	if len(begins) > 1 {
		ids = begins
	}
	return Entry{}, &NotFoundError{Name: name, Among: ids}
}

// Remove takes a model off the shelf and deletes its files. It fails, with the
// model still whole, where a system does not let go of files that are in use.
func (s *Shelf) Remove(name string) error {
	e, err := s.Find(name)
	if err != nil && e.ID == "" {
		return err
	}
	// First out of sight in one step, so that no half a model stays behind.
	gone, err := os.MkdirTemp(s.dir, tempPrefix+"removed-")
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	if err := os.Rename(e.Dir, filepath.Join(gone, e.ID)); err != nil {
		return errors.Join(fmt.Errorf("shelf: %s may be in use: %w", e.ID, err), os.Remove(gone))
	}
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	return nil
}

// AddOptions say what the files themselves do not; the zero value suits.
type AddOptions struct {
	Name      string // instead of the card's
	Publisher string
	Source    string // where the files come from, such as an address
	Licence   string // an identifier or name, where the files give none
	// Open is how the model is opened to be checked.
	Open []weights.Option
	// Progress is told how many bytes are copied of how many.
	Progress func(done, total int64)
}

// Add checks a model or LoRA and copies it onto the shelf: a folder or a
// single file, and of a folder only what is needed. When ctx ends, the disk is
// full, or anything else fails, nothing stays behind.
func (s *Shelf) Add(ctx context.Context, path string, o AddOptions) (Entry, error) {
	d, err := weights.Describe(path, o.Open...)
	if err != nil {
		return Entry{}, err
	}
	card := d.Card
	if o.Name != "" {
		card.Name = o.Name
	}
	if o.Publisher != "" {
		card.Publisher = o.Publisher
	}
	if o.Source != "" {
		card.Source = o.Source
	}
	if o.Licence != "" {
		card.SetLicence(o.Licence)
	}
	var total int64
	for _, p := range d.Pieces {
		st, err := os.Stat(p.From)
		if err != nil {
			return Entry{}, fmt.Errorf("shelf: %w", err)
		}
		total += st.Size()
	}
	temp, err := os.MkdirTemp(s.dir, tempPrefix)
	if err != nil {
		return Entry{}, s.full(err, total)
	}
	release, err := occupy(temp)
	if err != nil {
		return Entry{}, errors.Join(s.full(err, total), os.RemoveAll(temp))
	}
	entry, err := s.fill(ctx, temp, card, d.Pieces, total, o.Progress)
	err = errors.Join(err, release())
	if err != nil {
		return Entry{}, errors.Join(s.full(err, total), os.RemoveAll(temp))
	}
	return entry, nil
}

// fill copies the pieces into temp and gives it its name.
func (s *Shelf) fill(ctx context.Context, temp string, card weights.Card, pieces []weights.Piece, total int64, progress func(done, total int64)) (Entry, error) {
	card.Files = nil
	var done int64
	for _, p := range pieces {
		f, err := s.copy(ctx, p, temp, func(n int64) {
			done += n
			if progress != nil {
				progress(done, total)
			}
		})
		if err != nil {
			return Entry{}, err
		}
		card.Files = append(card.Files, f)
	}
	if err := s.known(card.Files); err != nil {
		return Entry{}, err
	}
	b, err := card.JSON()
	if err != nil {
		return Entry{}, err
	}
	f, err := s.create(filepath.Join(temp, weights.CardFile))
	if err != nil {
		return Entry{}, fmt.Errorf("shelf: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Entry{}, fmt.Errorf("shelf: %w", err)
	}
	id, err := s.name(temp, card)
	if err != nil {
		return Entry{}, err
	}
	return Entry{ID: id, Dir: filepath.Join(s.dir, id), Card: card}, syncDir(s.dir)
}

// known refuses files that an installed model consists of already.
func (s *Shelf) known(files []weights.FileHash) error {
	all, err := s.List()
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Err == nil && slices.Equal(e.Card.Files, files) {
			return &ExistsError{Entry: e}
		}
	}
	return nil
}

// name renames temp to the model's id, numbered where the name is taken.
func (s *Shelf) name(temp string, card weights.Card) (string, error) {
	base := slug(card.Name)
	for i := 1; i < 1000; i++ {
		id := base
		if i > 1 {
			id = fmt.Sprintf("%s-%d", base, i)
		}
		// A folder that exists is never replaced: rename refuses one that has
		// files, and every model has.
		if _, err := os.Lstat(filepath.Join(s.dir, id)); err == nil {
			continue
		}
		err := os.Rename(temp, filepath.Join(s.dir, id))
		if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("shelf: %w", err)
		}
		return id, nil
	}
	return "", fmt.Errorf("shelf: a thousand models are called %s", base)
}

// copy copies one piece into dir and hashes it on the way.
func (s *Shelf) copy(ctx context.Context, p weights.Piece, dir string, progress func(int64)) (_ weights.FileHash, err error) {
	in, err := os.Open(p.From)
	if err != nil {
		return weights.FileHash{}, fmt.Errorf("shelf: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	to := filepath.Join(dir, filepath.FromSlash(p.To))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return weights.FileHash{}, fmt.Errorf("shelf: %w", err)
	}
	out, err := s.create(to)
	if err != nil {
		return weights.FileHash{}, fmt.Errorf("shelf: %w", err)
	}
	h := sha256.New()
	var size int64
	buf := make([]byte, 1<<20)
	for err == nil {
		if err = ctx.Err(); err != nil {
			break
		}
		var n int
		n, err = in.Read(buf)
		h.Write(buf[:n]) // never fails
		if _, werr := out.Write(buf[:n]); werr != nil {
			err = werr
			break
		}
		size += int64(n)
		progress(int64(n))
	}
	if errors.Is(err, io.EOF) {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return weights.FileHash{}, fmt.Errorf("shelf: copying %s: %w", p.From, err)
	}
	return weights.FileHash{Path: p.To, Size: size, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// full says what a full disk needs.
func (s *Shelf) full(err error, need int64) error {
	if diskFull(err) {
		return &FullError{Dir: s.dir, Need: need, Err: err}
	}
	return err
}

// Changed is a file that is not what its card says.
type Changed struct {
	Path   string
	Reason string
}

// Verify reads all files of a model again and returns those that differ from
// its card.
func (s *Shelf) Verify(ctx context.Context, name string, progress func(done, total int64)) ([]Changed, error) {
	e, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	var out []Changed
	var done int64
	for _, f := range e.Card.Files {
		size, sum, err := weights.HashFile(ctx, filepath.Join(e.Dir, filepath.FromSlash(f.Path)), func(n int64) {
			done += n
			if progress != nil {
				progress(done, e.Size())
			}
		})
		switch {
		case errors.Is(err, fs.ErrNotExist):
			out = append(out, Changed{f.Path, "is missing"})
		case err != nil:
			return nil, err
		case size != f.Size:
			out = append(out, Changed{f.Path, fmt.Sprintf("has %d bytes, not %d", size, f.Size)})
		case sum != f.SHA256:
			out = append(out, Changed{f.Path, "has other contents"})
		}
	}
	return out, nil
}

// slug makes a folder's name of a model's name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)), r == '.' && b.Len() > 0, r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	out := strings.Trim(b.String(), "-.")
	if out == "" {
		return "model"
	}
	// Names that mean a device on Windows.
	stem, _, _ := strings.Cut(out, ".")
	if slices.Contains([]string{"con", "prn", "aux", "nul"}, stem) || len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) {
		return "model-" + out
	}
	return out
}

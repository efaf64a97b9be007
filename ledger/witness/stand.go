package witness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// The protocol's answers, as HTTP counts them.
const (
	ok            = 200
	bad           = 400
	forbidden     = 403
	notFound      = 404
	conflict      = 409
	unprocessable = 422
	failed        = 500
)

// Statuses are the answers, beside 200, that say something to Judge.
func Statuses() []int { return []int{bad, forbidden, notFound, conflict, unprocessable} }

// MaxRequest bounds a body: a proof, and a note with many signatures.
const MaxRequest = 1 << 20

// Witness gives cosignatures. It is safe for concurrent use by one process.
type Witness struct {
	dir  string
	key  *tree.CosignatureKey
	logs func(origin string) (note.Verifier, bool)

	mu sync.Mutex // from reading what was signed last to writing what is signed next
}

// New stands witness with key for the logs that logs knows, and remembers in dir what it
// signed.
func New(dir string, key *tree.CosignatureKey, logs func(origin string) (note.Verifier, bool)) *Witness {
	return &Witness{dir: dir, key: key, logs: logs}
}

// Add judges a request and signs, as the protocol has it.
func (w *Witness) Add(body []byte) Answer {
	say := func(status int, reason string) Answer { return Answer{status, TextType, []byte(reason + "\n")} }
	r, wrong := parse(body)
	if wrong != "" {
		return say(bad, wrong)
	}
	claimed, err := tree.Read(r.note)
	if err != nil {
		return say(bad, err.Error())
	}
	log, known := w.logs(claimed.Origin)
	if !known {
		return say(notFound, "the log is not known here")
	}
	head, _, err := tree.Open(r.note, log)
	if err != nil {
		return say(forbidden, "the head is not signed by the log's key")
	}
	if r.old > head.Size {
		return say(bad, "the old size is larger than that of the head")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last, err := w.last(head.Origin)
	if err != nil {
		return say(failed, "what was signed before cannot be read")
	}
	if r.old != last.Size {
		return Answer{conflict, SizeType, fmt.Appendf(nil, "%d\n", last.Size)}
	}
	if head.Size == 0 && head.Root != blob.Of(nil) || r.old == 0 && len(r.proof) > 0 {
		return say(unprocessable, "the proof does not hold")
	}
	if r.old > 0 {
		if err := tree.CheckExtension(r.proof, last, head); err != nil {
			return say(unprocessable, "the proof does not hold")
		}
	}
	n, err := note.Sign(&note.Note{Text: head.Text()}, w.key)
	if err != nil {
		return say(failed, "it cannot be signed")
	}
	if err := w.remember(head); err != nil {
		return say(failed, "it cannot be remembered")
	}
	_, signature, _ := strings.Cut(string(n), "\n\n")
	return Answer{ok, TextType, []byte(signature)}
}

func (w *Witness) path(origin string) (string, error) {
	log, err := tree.LogOf(origin)
	if err != nil {
		return "", err
	}
	return filepath.Join(w.dir, strings.TrimPrefix(log.String(), "sha256:")), nil
}

// last is the head that was signed last, without its time; the empty log's before that.
func (w *Witness) last(origin string) (tree.Head, error) {
	h := tree.Head{Origin: origin, Root: blob.Of(nil)}
	path, err := w.path(origin)
	if err != nil {
		return h, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	size, root, found := strings.Cut(strings.TrimSuffix(string(text), "\n"), " ")
	if h.Size, err = strconv.ParseInt(size, 10, 64); err != nil || !found {
		return h, fmt.Errorf("witness: %s is damaged", path)
	}
	h.Root, err = blob.Parse(root)
	return h, err
}

// remember puts a head on the disk before anybody is told.
func (w *Witness) remember(h tree.Head) (err error) {
	path, err := w.path(h.Origin)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(w.dir, ".new-")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%d %v\n", h.Size, h.Root)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(w.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

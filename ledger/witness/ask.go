package witness

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Media types of the protocol.
const (
	SizeType = "text/x.tlog.size"
	TextType = "text/plain; charset=utf-8"
)

// Path is what the address of a witness is followed by.
const Path = "/add-checkpoint"

// maxProof is the most hashes of a proof.
const maxProof = 63

// Ask makes the body of a request for a cosignature on a head: its note, and the proof
// that it goes on from old, the head that the witness signed last (its zero value where it
// signed none). The errors are those of package tree.
func Ask(ctx context.Context, tiles tree.Tiles, old tree.Head, signed []byte) ([]byte, error) {
	head, err := tree.Read(signed)
	if err != nil {
		return nil, err
	}
	proof, err := tree.Extend(ctx, tiles, old, head)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old.Size)
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(signed)
	return []byte(b.String()), nil
}

// ConflictError reports that a witness saw the log at another size last: ask again
// from there. A size beyond the log's own is a log that was rolled back.
type ConflictError struct{ Size int64 }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("witness: it signed this log at %d entries last", e.Size)
}

// RefusedError reports an answer that is no cosignature.
type RefusedError struct {
	Status int
	Reason string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("witness: it refuses (%d): %s", e.Status, e.Reason)
}

// Answer is what a witness says to a request.
type Answer struct {
	Status int // of HTTP
	Type   string
	Body   []byte
}

// Judge reads an answer and returns the note with the cosignature of who in it. The
// error is a *ConflictError, a *RefusedError or a *tree.HeadError.
func Judge(signed []byte, a Answer, log note.Verifier, who *tree.Witness) ([]byte, tree.Cosignature, error) {
	var none tree.Cosignature
	switch a.Status {
	case ok:
	case conflict:
		size, err := strconv.ParseInt(strings.TrimSuffix(string(a.Body), "\n"), 10, 64)
		if err != nil || size < 0 {
			return nil, none, &RefusedError{a.Status, "it names another size that is none"}
		}
		return nil, none, &ConflictError{size}
	case notFound:
		return nil, none, &RefusedError{a.Status, "it does not know the log; give it the log's key"}
	case forbidden:
		return nil, none, &RefusedError{a.Status, "it does not know the key that signed the head"}
	case unprocessable:
		return nil, none, &RefusedError{a.Status, "the log does not go on from what it saw: it was rolled back or written anew"}
	default:
		return nil, none, &RefusedError{a.Status, fmt.Sprintf("%.200q", a.Body)}
	}
	cosigned, err := tree.Cosign(signed, lines(a.Body)...)
	if err != nil {
		return nil, none, err
	}
	_, seen, err := tree.Open(cosigned, log, who)
	if err != nil {
		return nil, none, err
	}
	for _, c := range seen {
		if c.Witness == who.Name() && c.ID == who.KeyHash() {
			// Signatures of others that came along are nobody's whom we know.
			cosigned, err = tree.Cosign(signed, c.Line)
			return cosigned, c, err
		}
	}
	return nil, none, &RefusedError{a.Status, "its answer has no signature of " + who.Name()}
}

func lines(body []byte) []string {
	text := strings.TrimSuffix(string(body), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// request is a body, read.
type request struct {
	old   int64
	proof []blob.Hash
	note  []byte
}

// parse reads what Ask writes; the text says what is wrong.
func parse(body []byte) (r request, wrong string) {
	head, signed, found := strings.Cut(string(body), "\n\n")
	if !found {
		return r, "no checkpoint follows the proof"
	}
	all := strings.Split(head, "\n")
	digits, named := strings.CutPrefix(all[0], "old ")
	old, err := strconv.ParseInt(digits, 10, 64)
	if !named || err != nil || old < 0 || strconv.FormatInt(old, 10) != digits {
		return r, "the first line is no old size"
	}
	if len(all)-1 > maxProof {
		return r, "the proof has more than 63 lines"
	}
	r.old, r.note = old, []byte(signed)
	for _, l := range all[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(l)
		if err != nil || len(raw) != len(blob.Hash{}) || strings.Contains(l, "\r") {
			return r, "a line of the proof is no hash"
		}
		r.proof = append(r.proof, blob.Hash(raw))
	}
	return r, ""
}

package tree

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// originPrefix begins the origin of every log of this format.
const originPrefix = "selvage-ledger/"

// Origin is the name of a log in its heads, and of the key that signs them.
func Origin(log blob.Hash) string { return originPrefix + hex.EncodeToString(log[:]) }

// LogOf reads what Origin writes. The error is a *HeadError.
func LogOf(origin string) (blob.Hash, error) {
	digits, found := strings.CutPrefix(origin, originPrefix)
	log, err := blob.Parse("sha256:" + digits)
	if !found || err != nil {
		return blob.Hash{}, &HeadError{Reason: fmt.Sprintf("%.80q is no origin of a ledger's log", origin)}
	}
	return log, nil
}

// Head is a state of a log that somebody signed.
type Head struct {
	Origin string
	Size   int64 // entries
	Root   blob.Hash
	// Time is when it was signed. Its clock may have been wrong: only a cosignature
	// or a time stamp is somebody else's word for it.
	Time record.Time
	// More are lines that a later program signed as well.
	More []string
}

const (
	timeLine = "time "
	// maxNote bounds a note: a head and a hundred signatures, the largest kinds included.
	maxNote = 1 << 20
	maxLine = 1 << 10
)

// Text is the note's text: origin, size and root as C2SP tlog-checkpoint has them, and a line
// with the time and its clock.
func (h Head) Text() string {
	const usual = 256 // bytes
	b := append(append(make([]byte, 0, usual), h.Origin...), '\n')
	b = append(strconv.AppendInt(b, h.Size, 10), '\n')
	b = append(base64.StdEncoding.AppendEncode(b, h.Root[:]), '\n')
	b = append(record.AppendTime(append(b, timeLine...), h.Time.At), ' ')
	b = append(append(b, h.Time.Clock...), '\n')
	for _, m := range h.More {
		b = append(append(b, m...), '\n')
	}
	return string(b)
}

// HeadError reports a note that is no signed head, or not one of those who are believed.
type HeadError struct {
	Reason string
	Err    error
}

func (e *HeadError) Error() string {
	if e.Err == nil {
		return "tree: no head: " + e.Reason
	}
	return fmt.Sprintf("tree: no head: %s: %v", e.Reason, e.Err)
}

func (e *HeadError) Unwrap() error { return e.Err }

// ParseText reads what Text writes, and nothing else. The error is a *HeadError.
func ParseText(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(text) > maxNote || len(lines) < 5 || lines[len(lines)-1] != "" {
		return Head{}, &HeadError{Reason: "it has not its four lines"}
	}
	lines = lines[:len(lines)-1]
	h := Head{Origin: lines[0]}
	for _, l := range lines {
		if l == "" || len(l) > maxLine {
			return Head{}, &HeadError{Reason: fmt.Sprintf("its lines have 1 to %d bytes", maxLine)}
		}
	}
	if _, err := LogOf(h.Origin); err != nil {
		return Head{}, err
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Head{}, &HeadError{Reason: fmt.Sprintf("%.40q is no size", lines[1])}
	}
	h.Size = size
	if h.Root, err = parseHash(lines[2]); err != nil {
		return Head{}, &HeadError{Reason: "its root", Err: err}
	}
	at, clock, _ := strings.Cut(strings.TrimPrefix(lines[3], timeLine), " ")
	h.Time.Clock = record.Clock(clock)
	var isTime bool
	if h.Time.At, isTime = record.ParseTime(at); !isTime || h.Time.Clock != record.LocalClock && h.Time.Clock != record.StudioClock {
		return Head{}, &HeadError{Reason: fmt.Sprintf("%.80q is no time and clock", lines[3])}
	}
	if len(lines) > 4 {
		h.More = lines[4:]
	}
	if h.Text() != text {
		return Head{}, &HeadError{Reason: "it is not written in its one way"}
	}
	return h, nil
}

// parseHash reads a hash in base64, which has one way to be written.
func parseHash(line string) (blob.Hash, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil || len(raw) != len(blob.Hash{}) || strings.ContainsAny(line, "\r\n") {
		return blob.Hash{}, &HeadError{Reason: fmt.Sprintf("%.60q is no hash in base64", line)}
	}
	return blob.Hash(raw), nil
}

// Sign writes the head as a signed note. The signers' first is the log's own, whose
// name is the origin. The error is a *HeadError.
func (h Head) Sign(signers ...note.Signer) ([]byte, error) {
	text := h.Text()
	if _, err := ParseText(text); err != nil {
		return nil, err
	}
	if len(signers) == 0 || signers[0].Name() != h.Origin {
		return nil, &HeadError{Reason: "the key of a log is called by its origin"}
	}
	n, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return nil, &HeadError{"it cannot be signed", err}
	}
	return n, nil
}

// Open reads a note that the log's own key has to have signed. It returns the
// cosignatures of those of the witnesses that signed it as well; other signatures are
// passed over, and a wrong one of a key that is known is an error. The error is a
// *HeadError.
func Open(text []byte, log note.Verifier, witnesses ...*Witness) (Head, []Cosignature, error) {
	if len(text) > maxNote {
		return Head{}, nil, &HeadError{Reason: fmt.Sprintf("it has more than %d bytes", maxNote)}
	}
	known := []note.Verifier{log}
	for _, w := range witnesses {
		known = append(known, w)
	}
	n, err := note.Open(text, note.VerifierList(known...))
	if err != nil {
		return Head{}, nil, &HeadError{"its signatures", err}
	}
	h, err := ParseText(n.Text)
	if err != nil {
		return Head{}, nil, err
	}
	signed := false
	var seen []Cosignature
	for _, s := range n.Sigs {
		if s.Name == log.Name() && s.Hash == log.KeyHash() {
			signed = h.Origin == log.Name()
			continue
		}
		if c, err := cosignature(s); err == nil {
			seen = append(seen, c)
		}
	}
	if !signed {
		return Head{}, nil, &HeadError{Reason: fmt.Sprintf("the key of %s has not signed it", h.Origin)}
	}
	return h, seen, nil
}

// Read reads a note whose signatures nobody has checked yet. The error is a *HeadError.
func Read(text []byte) (Head, error) {
	if len(text) > maxNote {
		return Head{}, &HeadError{Reason: fmt.Sprintf("it has more than %d bytes", maxNote)}
	}
	n, err := note.Open(text, nil)
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		n, err = unverified.Note, nil
	}
	if err != nil {
		return Head{}, &HeadError{"it is no signed note", err}
	}
	return ParseText(n.Text)
}

// LogKey is what checks the signatures of a log's heads by the device's public key.
func LogKey(origin string, key ed25519.PublicKey) (note.Verifier, error) {
	text, err := note.NewEd25519VerifierKey(origin, key)
	if err != nil {
		return nil, &HeadError{"the log's key", err}
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, &HeadError{"the log's key", err}
	}
	return v, nil
}

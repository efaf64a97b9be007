package tree

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// ProofExtension ends the name of a proof's file.
const ProofExtension = ".tlog-proof"

const (
	proofLine = "c2sp.org/tlog-proof@v1"
	// maxPath is the longest path from a leaf of a tree whose size is an int64.
	maxPath  = 63
	maxExtra = 1 << 20
)

// Proof is a file that shows that an entry is in a log (C2SP tlog-proof): the entry's path to a
// head, and the head as it was signed and cosigned.
type Proof struct {
	// Extra is whatever an application wants to hand on with it; nothing proves it.
	Extra []byte
	Index int64 // of the entry
	Path  []blob.Hash
	Head  []byte // signed note
}

// Marshal writes the file.
func (p *Proof) Marshal() []byte {
	var b strings.Builder
	b.WriteString(proofLine + "\n")
	if len(p.Extra) > 0 {
		b.WriteString("extra " + base64.StdEncoding.EncodeToString(p.Extra) + "\n")
	}
	fmt.Fprintf(&b, "index %d\n", p.Index)
	for _, h := range p.Path {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(p.Head)
	return []byte(b.String())
}

// ParseProof reads what Marshal writes. The error is a *ProofError; it does not say that
// anything is proved, which is Check's.
func ParseProof(text []byte) (*Proof, error) {
	fail := func(reason string) (*Proof, error) { return nil, &ProofError{Reason: "no tlog-proof: " + reason} }
	const header = maxPath*64 + 2*maxLine + (maxExtra+2)/3*4
	if len(text) > header+maxNote {
		return fail("it is too long")
	}
	path, head, found := strings.Cut(string(text), "\n\n")
	if !found {
		return fail("no head follows the path")
	}
	lines := strings.Split(path, "\n")
	if lines[0] != proofLine {
		return fail("its first line is not " + proofLine)
	}
	lines = lines[1:]
	p := &Proof{Head: []byte(head)}
	if len(lines) > 0 {
		if extra, has := strings.CutPrefix(lines[0], "extra "); has {
			raw, err := base64.StdEncoding.Strict().DecodeString(extra)
			if err != nil || len(raw) == 0 || len(raw) > maxExtra {
				return fail("its extra data are no base64")
			}
			p.Extra, lines = raw, lines[1:]
		}
	}
	if len(lines) == 0 || len(lines) > 1+maxPath {
		return fail("it has an index and at most 63 hashes")
	}
	digits, has := strings.CutPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if !has || err != nil || index < 0 || strconv.FormatInt(index, 10) != digits {
		return fail(fmt.Sprintf("%.40q is no index", lines[0]))
	}
	p.Index = index
	for _, l := range lines[1:] {
		h, err := parseHash(l)
		if err != nil {
			return nil, &ProofError{"no tlog-proof", err}
		}
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// Check says whether the entry with that hash is in the log whose key signed the head, and
// who of the witnesses cosigned it. The error is a *HeadError or a *ProofError.
func (p *Proof) Check(leaf blob.Hash, log note.Verifier, witnesses ...*Witness) (Head, []Cosignature, error) {
	h, seen, err := Open(p.Head, log, witnesses...)
	if err != nil {
		return Head{}, nil, err
	}
	if err := CheckInclusion(p.Path, h, p.Index, leaf); err != nil {
		return Head{}, nil, err
	}
	return h, seen, nil
}

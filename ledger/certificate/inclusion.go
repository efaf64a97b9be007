package certificate

import (
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Inclusion shows that the entry of the export is in a log that the certificate's
// maker keeps.
type Inclusion struct {
	Entry  blob.Hash `json:"entry"`  // leaf of the tree: RFC 6962's hash of the entry
	Origin string    `json:"origin"` // of the log
	Proof  string    `json:"tlogProof"`
}

// read checks all but signatures: that the text is a proof (C2SP tlog-proof), of that
// log, and leads from the entry to the head. The error is one of ledger/tree.
func (i *Inclusion) read() error {
	p, err := tree.ParseProof([]byte(i.Proof))
	if err != nil {
		return err
	}
	text, _, found := strings.Cut(string(p.Head), "\n\n")
	if !found {
		return &tree.HeadError{Reason: "nobody signed it"}
	}
	head, err := tree.ParseText(text + "\n")
	if err != nil {
		return err
	}
	if head.Origin != i.Origin {
		return &tree.HeadError{Reason: "it is of another log than the certificate says"}
	}
	return tree.CheckInclusion(p.Path, head, p.Index, i.Entry)
}

// Check says whether the key of the log signed the head that the proof leads to, and
// who of the witnesses cosigned it. The error is one of ledger/tree.
func (i *Inclusion) Check(log note.Verifier, witnesses ...*tree.Witness) (tree.Head, []tree.Cosignature, error) {
	p, err := tree.ParseProof([]byte(i.Proof))
	if err != nil {
		return tree.Head{}, nil, err
	}
	head, seen, err := p.Check(i.Entry, log, witnesses...)
	if err != nil {
		return tree.Head{}, nil, err
	}
	if head.Origin != i.Origin {
		return tree.Head{}, nil, &tree.HeadError{Reason: "it is of another log than the certificate says"}
	}
	return head, seen, nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/verify"
)

type problemJSON struct {
	Code   verify.Code `json:"code"`
	Entry  string      `json:"entry"`
	Detail string      `json:"detail"`
}

// seenJSON is somebody else's word that a log had a size.
type seenJSON struct {
	By   string    `json:"by"`
	Log  string    `json:"log"`
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
}

// most is the most bytes of a proof or a note that are read.
const most = 2 << 20

// signed is what the signatures under a head say.
type signed struct {
	head     tree.Head
	signer   string // the device, "" where nobody who is believed signed
	seen     []seenJSON
	problems []problemJSON
	lines    []string
}

// signatures judges who signed a head: the log's device, where it was named, and the witnesses.
func signatures(note []byte, t trust) (s signed, err error) {
	if s.head, err = tree.Read(note); err != nil {
		return s, err
	}
	log := strings.Replace(s.head.Origin, "selvage-ledger/", "sha256:", 1)
	for _, did := range t.people {
		key, kerr := identity.ParseDID(did)
		if kerr != nil {
			continue // it was looked at when it was read
		}
		if v, verr := tree.LogKey(s.head.Origin, key); verr == nil {
			if _, _, oerr := tree.Open(note, v); oerr == nil {
				s.signer = did
			}
		}
	}
	problem := func(c verify.Code, detail string) {
		s.problems = append(s.problems, problemJSON{c, log, detail})
		s.lines = append(s.lines, string(c)+": "+detail)
	}
	cosigned, wrong := tree.Cosigners(note, t.witnesses...)
	if wrong != nil {
		problem(verify.CosignatureInvalid, wrong.Error())
	}
	for _, c := range cosigned {
		s.seen = append(s.seen, seenJSON{c.Witness, log, s.head.Size, c.At})
		s.lines = append(s.lines, fmt.Sprintf("%s saw %d entries at %s", c.Witness, s.head.Size, c.At.Format("2006-01-02 15:04:05 MST")))
	}
	if len(t.witnesses) > 0 && len(cosigned) == 0 {
		problem(verify.CosignatureMissing, fmt.Sprintf("the head of %d entries is cosigned by none of the witnesses", s.head.Size))
	}
	if s.signer == "" {
		s.lines = append(s.lines, "who signed the head was not judged: name the device's did:key with --trust")
	} else {
		s.lines = append(s.lines, "the head is signed by "+s.signer)
	}
	return s, nil
}

// found is the finding on something that ends in a head; wrong is what is wrong with the way there.
func (s signed) found(kind string, wrong error, more map[string]any) finding {
	intact := wrong == nil && len(s.problems) == 0
	out := map[string]any{
		"kind": kind, "state": map[bool]string{true: "Valid", false: "Invalid"}[intact], "trusted": s.signer != "" && intact, "log": s.head.Origin, "size": s.head.Size,
		"problems": append([]problemJSON{}, s.problems...), "seen": append([]seenJSON{}, s.seen...),
	}
	lines := s.lines
	if wrong != nil {
		out["detail"] = wrong.Error()
		lines = append([]string{"the " + kind + " does not hold: " + wrong.Error()}, lines...)
	}
	for k, v := range more {
		out[k] = v
	}
	return finding{json: out, lines: lines, intact: intact, trusted: s.signer != "" && intact}
}

// noHead is the finding on something that should end in a head, and does not.
func noHead(kind string, wrong error) finding {
	return finding{
		json:  map[string]any{"kind": kind, "state": "Invalid", "trusted": false, "detail": wrong.Error()},
		lines: []string{"the " + kind + " does not hold: " + wrong.Error()},
	}
}

// inclusion judges a proof with the entry that lies beside it.
func inclusion(path string, t trust) (finding, error) {
	text, err := readAll(path, most)
	if err != nil {
		return finding{}, err
	}
	entry, err := readAll(path+".json", record.MaxEntry)
	if err != nil {
		return finding{}, err
	}
	proof, err := tree.ParseProof(text)
	if err != nil {
		return finding{}, err
	}
	s, wrong := signatures(proof.Head, t)
	if wrong != nil {
		return noHead("proof", wrong), nil
	}
	_, err = record.Parse(entry)
	if err == nil {
		err = tree.CheckInclusion(proof.Path, s.head, proof.Index, record.Hash(entry))
	}
	if err == nil {
		s.lines = append([]string{fmt.Sprintf("entry %d is in the log %s, under a head of %d entries", proof.Index, s.head.Origin, s.head.Size)}, s.lines...)
	}
	return s.found("proof", err, map[string]any{"index": proof.Index}), nil
}

// isHead reports whether a file is a signed head of a ledger's log.
func isHead(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	begin := make([]byte, len("selvage-ledger/"))
	_, err = io.ReadFull(f, begin)
	return errors.Join(err, f.Close()) == nil && string(begin) == "selvage-ledger/"
}

// head judges a head by itself: who signed it, and who cosigned it.
func head(path string, t trust) (finding, error) {
	text, err := readAll(path, most)
	if err != nil {
		return finding{}, err
	}
	s, wrong := signatures(text, t)
	if wrong != nil {
		return noHead("head", wrong), nil
	}
	s.lines = append([]string{fmt.Sprintf("a head of %d entries of the log %s, of %s", s.head.Size, s.head.Origin, s.head.Time.At.Format("2006-01-02 15:04:05 MST"))}, s.lines...)
	return s.found("head", nil, nil), nil
}

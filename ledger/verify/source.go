package verify

import (
	"context"
	"crypto/x509"
	"fmt"
	"iter"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Source is a ledger as it lies on a disk. Texts are not changed afterwards.
type Source interface {
	// Logs lists the ids under which logs stand.
	Logs(ctx context.Context) ([]blob.Hash, error)
	// Texts yields the entries of a log, in order. It ends with a *GapError where one is
	// missing and others follow.
	Texts(ctx context.Context, log blob.Hash) iter.Seq2[[]byte, error]
	// Heads yields the notes of a log, with the cosignatures that came to them.
	Heads(ctx context.Context, log blob.Hash) iter.Seq2[[]byte, error]
	// Stamps yields the time stamps of a log's heads.
	Stamps(ctx context.Context, log blob.Hash) iter.Seq2[Stamp, error]
	// Openings yields what sealed values were made of, as far as they are there.
	Openings(ctx context.Context) iter.Seq2[record.Opening, error]
}

// Stamp is an RFC 3161 token over the text of a head.
type Stamp struct {
	Size  int64 // of the head
	Token []byte
}

// Contents is where the contents lie that entries name.
type Contents interface {
	Has(h blob.Hash) bool
	// Verify reads the content: a *blob.NotFoundError or a *blob.DamagedError.
	Verify(ctx context.Context, h blob.Hash) error
}

// Options say what is known beside the ledger.
type Options struct {
	// Library is the id that the logs have to name; "" takes any one.
	Library string
	// Heads are signed notes that were kept elsewhere: by a device, a witness, a certificate.
	Heads [][]byte
	// Witnesses are those whose cosignatures count.
	Witnesses []*tree.Witness
	// Cosigned asks that one of the witnesses has cosigned a head of every log, and every one of Heads.
	Cosigned bool
	// Authorities are the roots of time-stamp authorities; with nil no stamp is judged.
	Authorities *x509.CertPool
	// Contents are looked for where it is given, and read where Deep is set.
	Contents Contents
	Deep     bool
	// Progress is told how many entries have been read.
	Progress func(entries int64)
}

// Verdict is what was found.
type Verdict struct {
	Library  string
	Logs     []Log
	Entries  int64
	Heads    int64
	Openings int64 // that are there
	Problems []Problem
	// Remarks are no problems: clocks that were wrong, above all.
	Remarks []Problem
	// People is who may do what, as the statements of all logs make it.
	People identity.State
}

// Intact reports whether nothing is wrong.
func (v *Verdict) Intact() bool { return len(v.Problems) == 0 }

// Log is what was found of one log.
type Log struct {
	ID     blob.Hash
	Author string // did:key
	Device string // did:key
	Epoch  int
	Size   int64
	Root   blob.Hash
	// First and Last are the times of the first and the last entry, as the machine said.
	First, Last record.Time
	// Seen is what others say of when a head was there: the earliest word for the
	// largest size.
	Seen []Seen
}

// Seen is somebody else's word that a log had a size.
type Seen struct {
	By   string // the witness, or the authority
	Size int64
	At   time.Time
}

// GapError reports that an entry is missing, although others follow it.
type GapError struct {
	Log   blob.Hash
	Index int64 // of the missing one
}

func (e *GapError) Error() string {
	return fmt.Sprintf("verify: entry %d of the log %v is missing; take the library from a back-up", e.Index, e.Log)
}

package verify

import (
	"fmt"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// Code names a kind of problem. FORMAT.md lists them.
type Code string

// The codes.
const (
	// EntryMalformed: bytes that are no entry, or a body that is not its kind's.
	EntryMalformed Code = "entry.malformed"
	// EntryMissing: a gap. What stands behind it is not looked at.
	EntryMissing Code = "entry.missing"
	// EntryForeign: an entry that belongs to another log.
	EntryForeign Code = "entry.foreign"
	// LogForeign: a log of another library.
	LogForeign Code = "log.foreign"
	// LogMalformed: a log whose first entry is none, or that stands under another id.
	LogMalformed Code = "log.malformed"
	// LogRepeated: two logs of one author, device and epoch.
	LogRepeated Code = "log.repeated"
	// LogPrevious: an epoch that goes on from a head that is not that of its predecessor's entries.
	LogPrevious Code = "log.previous"
	// HeadMissing: entries that no signed head covers.
	HeadMissing Code = "head.missing"
	// HeadMalformed: a note that is no head of this log.
	HeadMalformed Code = "head.malformed"
	// HeadSignature: a head that the log's device did not sign.
	HeadSignature Code = "head.signature"
	// HeadMismatch: a signed head that is not that of the entries.
	HeadMismatch Code = "head.mismatch"
	// HeadBeyond: a signed head of more entries than there are.
	HeadBeyond Code = "head.beyond"
	// RolledBack: a head from elsewhere of more entries than there are.
	RolledBack Code = "log.rolled-back"
	// Forked: a head from elsewhere, signed by the log's device, that is not that of the entries.
	Forked Code = "log.forked"
	// LogMissing: a head from elsewhere of a log that is not there.
	LogMissing Code = "log.missing"
	// DeviceUnauthorised: a log whose device the author did not authorise, or no longer.
	DeviceUnauthorised Code = "device.unauthorised"
	// StatementInvalid: a statement about people that does not hold.
	StatementInvalid Code = "statement.invalid"
	// OpeningMismatch: an opening that does not open its commitment.
	OpeningMismatch Code = "opening.mismatch"
	// BlobMissing: a content that is in use and not there.
	BlobMissing Code = "blob.missing"
	// BlobDamaged: a content that does not have its hash.
	BlobDamaged Code = "blob.damaged"
	// StampInvalid: a time stamp that is not over the head that it lies with.
	StampInvalid Code = "stamp.invalid"
	// CosignatureInvalid: a cosignature of a witness who is known that is not over the head.
	CosignatureInvalid Code = "cosignature.invalid"
	// CosignatureMissing: a log or a head that none of the witnesses who are known has cosigned, where that is asked for.
	CosignatureMissing Code = "cosignature.missing"
)

// The codes of remarks: what is worth knowing, and wrong in an honest ledger as well.
const (
	// ClockBack: an entry states an earlier time than one before it.
	ClockBack Code = "clock.back"
	// ClockAhead: an entry states a later time than a witness or an authority saw it at.
	ClockAhead Code = "clock.ahead"
	// BlobErased: a content that is in use, not there, and erased by an entry that says so.
	BlobErased Code = "blob.erased"
)

// Problem is one thing that is not as it should be.
type Problem struct {
	Code Code      `json:"code"`
	Log  blob.Hash `json:"log,omitzero"`
	// Index is the entry's place in its log, -1 where it is about no entry.
	Index  int64  `json:"-"`
	Detail string `json:"detail"`
}

// Entry names the entry for people and for JSON: the log and the place in it.
func (p Problem) Entry() string {
	switch {
	case p.Log == blob.Hash{}:
		return ""
	case p.Index < 0:
		return p.Log.String()
	}
	return fmt.Sprintf("%v#%d", p.Log, p.Index)
}

func (p Problem) String() string {
	if at := p.Entry(); at != "" {
		return fmt.Sprintf("%s: %s: %s", p.Code, at, p.Detail)
	}
	return fmt.Sprintf("%s: %s", p.Code, p.Detail)
}

package record

import (
	"encoding/json"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// HeadRef is a state of a log: how many entries, and the root of the tree of them.
type HeadRef struct {
	Log  blob.Hash `json:"log"`
	Root blob.Hash `json:"root"`
	Size int64     `json:"size"`
}

// Log is the first entry of a log: whose it is, on which device, in which library.
// Its hash is the log's id, so that nothing can be moved under another name.
type Log struct {
	// Author and Device are did:keys: of the person, and of the key that signs heads.
	Author string `json:"author"`
	Device string `json:"device"`
	// Epoch counts the logs of an author on a device. A library that was restored
	// from a back-up goes on in a new one.
	Epoch   int    `json:"epoch"`
	Library string `json:"library"`
	// Nonce is 32 random bytes, so that no two logs begin alike.
	Nonce []byte `json:"nonce"`
	// Previous is the last head of the epoch before, where there was one.
	Previous *HeadRef `json:"previous,omitempty"`
	// Reason says why there is a new epoch.
	Reason string `json:"reason,omitempty"`
}

// Kind is KindLog.
func (*Log) Kind() Kind { return KindLog }

// Library founds the library or changes its rules. Statement is one of ledger/identity,
// signed by an owner.
type Library struct {
	Name      Sealed          `json:"name"`
	Statement json.RawMessage `json:"statement,omitempty"`
}

// Kind is KindLibrary.
func (*Library) Kind() Kind { return KindLibrary }

// Actor says something about a person or a device: authorised, given a role,
// rotated, lost, compromised. Statement is one of ledger/identity.
type Actor struct {
	Name      Sealed          `json:"name"`
	Statement json.RawMessage `json:"statement"`
}

// Kind is KindActor.
func (*Actor) Kind() Kind { return KindActor }

// Milestone is a state of a pattern that somebody stands for. Statement is one of
// ledger/identity, signed by the person's own key.
type Milestone struct {
	Milestone string          `json:"milestone"` // concept, draft, review, approved
	Pattern   string          `json:"pattern"`
	Statement json.RawMessage `json:"statement"`
	Version   blob.Hash       `json:"version"`
}

// Kind is KindMilestone.
func (*Milestone) Kind() Kind { return KindMilestone }

// Review is what somebody said of a version.
type Review struct {
	Decision string    `json:"decision"` // changes, approved, comment
	Note     Sealed    `json:"note"`
	Pattern  string    `json:"pattern"`
	Reviewer string    `json:"reviewer"` // did:key
	Version  blob.Hash `json:"version"`
}

// Kind is KindReview.
func (*Review) Kind() Kind { return KindReview }

// Note is a remark that has no other place.
type Note struct {
	About string `json:"about,omitempty"`
	Text  Sealed `json:"text"`
}

// Kind is KindNote.
func (*Note) Kind() Kind { return KindNote }

// Erased says that the opening of a commitment was destroyed, and why.
type Erased struct {
	Commitment blob.Hash `json:"commitment"`
	Reason     string    `json:"reason,omitempty"`
}

// Kind is KindErased.
func (*Erased) Kind() Kind { return KindErased }

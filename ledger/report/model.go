package report

import (
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// Report is what is known about one version of one pattern. What is left out is
// said to be not on record; only Made and the pattern's name are needed.
type Report struct {
	Made    time.Time // when the report was made; the date inside the PDF
	Program string    // name and version of the program that made it

	Pattern   Pattern
	Library   Library
	Picture   *Picture // the pattern, on the first page
	Authors   []Author
	Period    Period
	Statement string // the author's own words; optional

	// Verification is the outcome for the ledger behind the report.
	Verification Verification

	Events     []Event
	Prompts    []Prompt
	Candidates []Candidate
	Sessions   []Session
	// Selection says which edits have pictures where not all have; then all that have are shown, as far as there is room.
	Selection   string
	Map         *Map
	Milestones  []Milestone
	Reviews     []Review
	Imports     []Import
	Models      []Model
	Disclosures []Disclosure
	Deposit     *Deposit
	Proof       Proof

	// Faces finds faces for letters that the fonts of the PDF lack. Without it such
	// letters are shown by their number there; they can be copied and searched.
	Faces Faces
}

// Pattern names what the report is about.
type Pattern struct {
	Name       string
	ID         string
	Version    blob.Hash // of the version that the report describes
	Collection string
	Repeat     string // layout and size, in words: "half-drop 1/2, 24.0 x 24.0 cm"
}

// Library is where the pattern lives.
type Library struct {
	Name string
	ID   string
}

// Author is a person who took part.
type Author struct {
	Name string
	DID  string // did:key of the person
	Role string // designer, art director, studio…
	// Devices are the did:keys of the devices whose logs this person wrote.
	Devices []string
}

// Source says whose clock gave a time.
type Source string

// The sources of a time. A local clock is whatever its owner set it to.
const (
	LocalClock Source = "local clock"
	StudioTime Source = "studio"
	Authority  Source = "time-stamp authority"
)

// Moment is a time with its source. The zero value is a time that is not on record.
type Moment struct {
	Time   time.Time
	Source Source
	By     string // the studio's or the authority's name, where there is one
}

// Period is from the first act on record to the last.
type Period struct{ From, To Moment }

// Ref is the place of an entry: the log's name as Proof.Logs has it, and the
// entry's index from 0. The zero value refers to nothing.
type Ref struct {
	Log   string
	Index int64
}

// State is the outcome of a verification.
type State string

// The outcomes of a verification. The zero value is NotVerified.
const (
	NotVerified State = ""
	Intact      State = "intact"
	NotIntact   State = "not intact"
)

// Verification says what was found when the ledger was checked for this report.
type Verification struct {
	State    State
	When     Moment
	Entries  int64 // that were checked
	Heads    int64
	Problems []Problem
}

// Problem is something that verification found.
type Problem struct {
	Code   string
	Entry  Ref
	Detail string
}

// Event is one line of the time line.
type Event struct {
	When  Moment
	Who   string
	Kind  string // of the entry: prompt, generation, edit…
	What  string
	Entry Ref
}

// Secret is a content that may be withheld. With Text it is disclosed; with a
// Commitment alone it is withheld, and the salted hash binds what was withheld.
type Secret struct {
	Text       string
	Commitment blob.Hash
}

// Prompt is one version of the instructions to a model.
type Prompt struct {
	Version  int
	When     Moment
	Who      string
	Text     Secret
	Negative Secret
	Note     string // why it was withheld, for instance
	Entry    Ref
}

// Verdict is what a person decided about a candidate.
type Verdict string

// The verdicts on a candidate. The zero value is Undecided.
const (
	Undecided Verdict = ""
	Kept      Verdict = "kept"
	Rejected  Verdict = "rejected"
)

// Candidate is a picture that a model offered.
type Candidate struct {
	Name    string // as the studio shows it: "A", "14 B"
	Picture *Picture
	Hash    blob.Hash // of the model's output
	Model   string    // as Models names it
	Prompt  int       // the prompt's version; 0 where there was none
	Seed    Secret
	Verdict Verdict
	When    Moment // of the verdict
	Who     string
	Reason  string
	Entry   Ref // of the verdict
}

// Session is a stretch of work without a long pause.
type Session struct {
	Title    string
	From, To Moment
	Who      string
	Before   *Picture
	After    *Picture
	Edits    []Edit
}

// Class says what an edit is in the account of who made a pattern.
type Class string

// The classes of edits.
const (
	// Drawing: marks of a hand, that is strokes, fills and shapes.
	Drawing Class = "drawing"
	// Arrangement: motifs and layers chosen, placed, turned, scaled, combined.
	Arrangement Class = "arrangement"
	// Recolouring: the same forms in other colours.
	Recolouring Class = "recolouring"
	// Layout: the repeat, its size, crops, turns of the whole.
	Layout Class = "layout"
	// Mechanical: resizing, healing of seams, whatever follows without choice.
	Mechanical Class = "mechanical"
	// ModelMade: a model filled a region, varied or enlarged the picture, or a
	// candidate of it was placed.
	ModelMade Class = "model"
	// RuleMade: drawn by rule from a specification, without a model.
	RuleMade Class = "rule"
	// Imported: a picture from a file was placed.
	Imported Class = "import"
	// Unclassified: an operation that this version does not know.
	Unclassified Class = "unclassified"
)

// Edit is one operation on the pattern.
type Edit struct {
	When   Moment
	Class  Class
	Tool   string
	What   string // in words: "41 strokes on the large leaf"
	Region string // where in the cell
	Before *Picture
	After  *Picture
	// Undone says that the edit is on record and has no part in the version that
	// the report describes. It is told and not counted.
	Undone bool
	// Why says why it is shown with pictures where not all edits are: "the milestone draft".
	Why   string
	Entry Ref
}

// Maker is who made pixels.
type Maker string

// The makers. The zero value is Mixed.
const (
	Mixed    Maker = ""
	Person   Maker = "person"
	ByModel  Maker = "model"
	ByRule   Maker = "rule"
	ByImport Maker = "import"
)

// Map says who made which pixels of the version.
type Map struct {
	Picture *Picture // the overlay: person blue, model vermilion, rule green, import purple
	Pixels  Pixels
	Regions []Region
}

// Pixels counts those of the cell, each divided by the shares of its makers.
type Pixels struct{ All, Open, Person, Model, Rule, Import, Nobody int64 }

// Region is a part of the picture, and the facts about it.
type Region struct {
	Name  string
	Where string // in the cell, in words or pixels
	Maker Maker
	Facts string
	Edits int // that touched it
}

// Milestone is a stage that somebody signed.
type Milestone struct {
	Stage string // concept, draft, review, approved
	When  Moment
	Who   string
	Role  string
	Key   string // did:key that signed
	Entry Ref
}

// Review is what somebody said about the pattern.
type Review struct {
	When    Moment
	Who     string
	Role    string
	Verdict string
	Text    string
	Entry   Ref
}

// Owner says whose an import is, as the person who imported it stated.
type Owner string

// The owners of imports. The zero value is OwnerUnknown.
const (
	OwnerUnknown Owner = ""
	OwnWork      Owner = "own work"
	OthersWork   Owner = "work of others"
	PublicDomain Owner = "public domain"
)

// Import is a picture from outside. The program cannot know who made a file; all
// of this is what was stated.
type Import struct {
	Name     string
	Picture  *Picture
	Hash     blob.Hash
	When     Moment
	Who      string // imported it
	Owner    Owner
	Author   string
	Origin   string
	Rights   string
	Declared string // what the file itself says about a model; empty for nothing
	// Published and Registration are of an own work: where and when it was
	// published before, and the number under which it is registered.
	Published    string
	Registration string
	// Unused says that nothing of it is in the version that the report describes.
	Unused bool
	Entry  Ref
}

// Model is a generative model that took part.
type Model struct {
	Name    string
	Version string
	Hash    blob.Hash // of the weights
	Card    string    // where its card is
	Lineage string    // what it was trained on
	// Proved says that the lineage is proved, because the training is on record;
	// otherwise the publisher declares it.
	Proved bool
	Entry  Ref
}

// Disclosure is a time when the pattern left the studio.
type Disclosure struct {
	When      Moment
	Published bool // else disclosed without being published, to one client say
	What      string
	Place     string
	Country   string
	Note      string
	Entry     Ref
}

// Deposit is the picture that goes to a registrar with the claim.
type Deposit struct {
	File   string // its name
	Media  string // image/tiff…
	Hash   blob.Hash
	Bytes  int64
	Width  int // pixels
	Height int
}

// Proof is what binds the report to the ledger.
type Proof struct {
	Logs         []Log
	Fingerprints []Fingerprint
	Files        []File
}

// Log is one log of the library, as far as the report uses it.
type Log struct {
	Name        string // as Ref uses it
	Origin      string // first line of its notes
	From, To    int64  // indexes of the entries that the report uses, both included
	Size        int64  // of the head's tree
	Root        blob.Hash
	Signer      string // the key's name and hash, as in the note
	When        Moment // of the head
	Cosigned    []Cosignature
	TimeStamped []TimeStamp
}

// Cosignature is a witness's word that it saw a head, and no other of that size.
type Cosignature struct {
	Witness string
	Key     string
	When    time.Time
}

// TimeStamp is an RFC 3161 token over a head.
type TimeStamp struct {
	Authority string
	Serial    string
	When      time.Time
	Digest    blob.Hash // what was stamped
	Token     string    // the file of the token, among Files
}

// Fingerprint is a key to compare with one that came by another way.
type Fingerprint struct {
	Whose string
	For   string // log heads, credentials, C2PA…
	Value string
}

// Role says what a file is for.
type Role string

// The roles of files that come with a report.
const (
	RoleDeposit Role = "deposit"
	RoleLibrary Role = "library export"
	RoleBundle  Role = "bundle"
	RoleNote    Role = "signed head"
	RoleProof   Role = "inclusion proof"
	RoleStamp   Role = "time stamp"
	RoleOther   Role = "other"
)

// File is handed over together with the report.
type File struct {
	Name string
	Role Role
	Hash blob.Hash
}

// Picture is an encoded PNG or JPEG, and what it shows.
type Picture struct {
	Data []byte
	Alt  string
}

package record

import "github.com/selvage-studio/selvage/ledger/blob"

// Disclosure is that a pattern was shown to the public: rights run from its date
// and place.
type Disclosure struct {
	Date    string    `json:"date"`    // YYYY-MM-DD, as stated
	How     string    `json:"how"`     // publication, fair, web, sale, other
	Country string    `json:"country"` // ISO 3166-1 alpha-2
	Pattern string    `json:"pattern"`
	Place   Sealed    `json:"place"`
	Version blob.Hash `json:"version"`
}

// Kind is KindDisclosure.
func (*Disclosure) Kind() Kind { return KindDisclosure }

// Export is that files left the library.
type Export struct {
	// Certificate is the birth certificate that went with them.
	Certificate *blob.Hash     `json:"certificate,omitempty"`
	Clean       bool           `json:"clean,omitempty"` // prompt and seed were left out
	Files       []ExportedFile `json:"files"`
	Pattern     string         `json:"pattern"`
	Version     blob.Hash      `json:"version"`
}

// ExportedFile is one of them.
type ExportedFile struct {
	Bytes  int64     `json:"bytes"`
	Format string    `json:"format"` // ending without the point
	Hash   blob.Hash `json:"hash"`
	Name   Sealed    `json:"name"`
	What   string    `json:"what,omitempty"`
}

// Kind is KindExport.
func (*Export) Kind() Kind { return KindExport }

// Scan is a search for art that a pattern resembles.
type Scan struct {
	Corpus  string    `json:"corpus"`
	Hits    int       `json:"hits"`
	Pattern string    `json:"pattern"`
	Report  blob.Hash `json:"report"`
	Version blob.Hash `json:"version"`
}

// Kind is KindScan.
func (*Scan) Kind() Kind { return KindScan }

// Verdict is what a person made of a scan's hit.
type Verdict struct {
	Decision string    `json:"decision"`
	Pattern  string    `json:"pattern"`
	Reason   Sealed    `json:"reason"`
	Scan     blob.Hash `json:"scan"` // the entry
}

// Kind is KindVerdict.
func (*Verdict) Kind() Kind { return KindVerdict }

// Grant is a licence that was given.
type Grant struct {
	Document blob.Hash `json:"document"` // the terms, among the blobs
	Licensee Sealed    `json:"licensee"`
	Pattern  string    `json:"pattern"`
}

// Kind is KindGrant.
func (*Grant) Kind() Kind { return KindGrant }

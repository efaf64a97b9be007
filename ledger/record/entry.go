package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// Clock says where a time comes from.
type Clock string

// The clocks. Only an authority's time stamp proves a time; the other two are what
// somebody's machine said.
const (
	LocalClock  Clock = "local"
	StudioClock Clock = "studio"
)

// Time is when something was recorded, in UTC to the millisecond, and by which clock.
type Time struct {
	At    time.Time
	Clock Clock
}

// Now is this machine's time.
func Now() Time { return Time{time.Now().UTC().Truncate(time.Millisecond), LocalClock} }

// timeLayout has one way to write a time.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Entry is one line of a log.
type Entry struct {
	// Log is the hash of the log's first entry, zero in that entry itself.
	Log  blob.Hash
	Kind Kind
	// Version is the version of the kind's body.
	Version int
	Time    Time
	// Subjects are what the entry is about: ids of patterns and collections, hashes
	// of pictures, models and other entries. They are what an index finds it by.
	Subjects []string
	// Body is canonical JSON; Decode knows its type.
	Body json.RawMessage
}

// entryJSON has its fields in canonical order.
type entryJSON struct {
	Body     json.RawMessage `json:"body"`
	Clock    Clock           `json:"clock"`
	Kind     Kind            `json:"kind"`
	Log      *blob.Hash      `json:"log,omitempty"`
	Subjects []string        `json:"subjects,omitempty"`
	Time     string          `json:"time"`
	Version  int             `json:"v"`
}

// Draft is an entry on its way into a log.
type Draft struct {
	Subjects []string
	Body     Body
}

// Line is an entry as a log keeps it.
type Line struct {
	Text     []byte // canonical JSON
	Entry    Entry
	Openings []Opening // what its commitments were made of
}

// Encode writes the draft down for a log; log is zero for the first entry.
func (d Draft) Encode(log blob.Hash, now Time) (Line, error) {
	body, err := Canonical(d.Body)
	if err != nil {
		return Line{}, err
	}
	e := Entry{Log: log, Kind: d.Body.Kind(), Version: versionOf(d.Body), Time: now, Subjects: d.Subjects, Body: body}
	text, err := e.text()
	if err != nil {
		return Line{}, err
	}
	line := Line{Text: text, Entry: e}
	for _, s := range Commitments(d.Body) {
		if o := s.Opening(); o != nil {
			line.Openings = append(line.Openings, *o)
		}
	}
	return line, nil
}

func (e Entry) text() ([]byte, error) {
	j := entryJSON{Body: e.Body, Clock: e.Time.Clock, Kind: e.Kind, Subjects: e.Subjects, Time: e.Time.At.Format(timeLayout), Version: e.Version}
	if e.Log != (blob.Hash{}) {
		j.Log = &e.Log
	}
	return Canonical(j)
}

// EntryError reports bytes that are no entry.
type EntryError struct{ Reason string }

func (e *EntryError) Error() string { return "record: no entry: " + e.Reason }

// mostSubjects bounds what an index has to keep of one entry.
const mostSubjects = 64

// Parse reads what Encode wrote, and nothing else: a *CanonicalError or an
// *EntryError. It does not look into the body.
func Parse(text []byte) (Entry, error) {
	if err := CheckCanonical(text); err != nil {
		return Entry{}, err
	}
	var j entryJSON
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&j); err != nil {
		return Entry{}, &EntryError{err.Error()}
	}
	at, err := time.Parse(timeLayout, j.Time)
	switch {
	case err != nil || at.Format(timeLayout) != j.Time:
		return Entry{}, &EntryError{fmt.Sprintf("%.40q is no time in UTC with milliseconds", j.Time)}
	case j.Clock != LocalClock && j.Clock != StudioClock:
		return Entry{}, &EntryError{fmt.Sprintf("%.40q is no clock", j.Clock)}
	case !j.Kind.valid():
		return Entry{}, &EntryError{fmt.Sprintf("%.40q is no kind", j.Kind)}
	case j.Version < 1 || len(j.Body) == 0 || j.Body[0] != '{':
		return Entry{}, &EntryError{"it has no version or no body"}
	case (j.Log == nil) != (j.Kind == KindLog) || j.Log != nil && *j.Log == blob.Hash{}:
		return Entry{}, &EntryError{"the first entry of a log names no log, and every other one does"}
	case len(j.Subjects) > mostSubjects:
		return Entry{}, &EntryError{fmt.Sprintf("it has %d subjects, more than %d", len(j.Subjects), mostSubjects)}
	case j.Subjects != nil && len(j.Subjects) == 0:
		return Entry{}, &EntryError{"an empty list of subjects has a shorter form"}
	}
	for _, s := range j.Subjects {
		if s == "" || len(s) > 128 {
			return Entry{}, &EntryError{"a subject has 1 to 128 bytes"}
		}
	}
	e := Entry{Kind: j.Kind, Version: j.Version, Time: Time{at, j.Clock}, Subjects: j.Subjects, Body: j.Body}
	if j.Log != nil {
		e.Log = *j.Log
	}
	return e, nil
}

// Hash is the RFC 6962 leaf hash of an entry's text: what a tree holds, and what an
// entry is called by.
func Hash(text []byte) blob.Hash {
	const leaf = 0x00
	return blob.Of(append([]byte{leaf}, text...))
}

// Decode reads the body: a pointer to the type of its kind, or *Unknown where this
// program does not know kind or version. The error is an *EntryError.
func (e Entry) Decode() (Body, error) {
	b := newBody(e.Kind)
	if b == nil || versionOf(b) != e.Version {
		return &Unknown{Name: e.Kind, Version: e.Version, Raw: e.Body}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(e.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(b); err != nil {
		return nil, &EntryError{fmt.Sprintf("the body of a %s: %v", e.Kind, err)}
	}
	return b, nil
}

// Unknown is the body of an entry that a later program wrote.
type Unknown struct {
	Name    Kind
	Version int
	Raw     json.RawMessage
}

// Kind is the entry's own.
func (u *Unknown) Kind() Kind { return u.Name }

// MarshalJSON writes it as it was.
func (u *Unknown) MarshalJSON() ([]byte, error) { return u.Raw, nil }

// versionOf is the version of the kinds' bodies as this program writes them.
func versionOf(b Body) int {
	if u, ok := b.(*Unknown); ok {
		return u.Version
	}
	return 1
}

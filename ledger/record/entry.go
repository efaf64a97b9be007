package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// MaxEntry is the most bytes that an entry's text may have: what fits into an entry
// bundle of C2SP tlog-tiles, so that every log can be read by other people's tools.
const MaxEntry = 1<<16 - 1

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
	if err := e.check(); err != nil {
		return Line{}, err
	}
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

// text writes the fields in canonical order. All but the subjects are known to need no
// escapes by now.
func (e Entry) text() ([]byte, error) {
	b := make([]byte, 0, len(e.Body)+256)
	b = append(append(b, `{"body":`...), e.Body...)
	b = append(append(b, `,"clock":"`...), e.Time.Clock...)
	b = append(append(b, `","kind":"`...), e.Kind...)
	b = append(b, '"')
	if e.Log != (blob.Hash{}) {
		b = append(append(b, `,"log":"`...), e.Log.String()...)
		b = append(b, '"')
	}
	if len(e.Subjects) > 0 {
		list, err := Canonical(e.Subjects)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"subjects":`...), list...)
	}
	b = append(e.Time.At.AppendFormat(append(b, `,"time":"`...), timeLayout), `","v":`...)
	b = append(strconv.AppendInt(b, int64(e.Version), 10), '}')
	if len(b) > MaxEntry {
		return nil, &EntryError{fmt.Sprintf("it has %d bytes, more than %d", len(b), MaxEntry)}
	}
	return b, nil
}

// EntryError reports bytes that are no entry.
type EntryError struct{ Reason string }

func (e *EntryError) Error() string { return "record: no entry: " + e.Reason }

// MaxSubjects is how many subjects an entry may have, which bounds what an index keeps of it.
const MaxSubjects = 64

// mostSubject is how many bytes a subject may have.
const mostSubject = 128

// Parse reads what Encode wrote, and nothing else: a *CanonicalError or an
// *EntryError. It does not look into the body, which shares text's memory.
func Parse(text []byte) (Entry, error) {
	if len(text) > MaxEntry {
		return Entry{}, &EntryError{fmt.Sprintf("it has %d bytes, more than %d", len(text), MaxEntry)}
	}
	p := envelope{scanner: scanner{text: text}}
	e, err := p.entry()
	if err == nil && p.at != len(text) {
		err = p.fail("something follows the entry")
	}
	return e, err
}

// envelope reads the fields of an entry in the one order that they have. Verifying a
// library is mostly this, so that it goes through the bytes once.
type envelope struct{ scanner }

func (p *envelope) entry() (e Entry, err error) {
	if !p.take("{") {
		return e, p.fail("an entry begins with {")
	}
	if e.Body, err = p.field("body"); err != nil {
		return e, err
	}
	if e.Body[0] != '{' {
		return e, &EntryError{"its body is no object"}
	}
	clock, err := p.text("clock")
	if err != nil {
		return e, err
	}
	kind, err := p.text("kind")
	if err != nil {
		return e, err
	}
	e.Time.Clock, e.Kind = Clock(clock), Kind(kind)
	if p.next("log") {
		log, err := p.text("log")
		if err != nil {
			return e, err
		}
		if e.Log, err = blob.Parse(log); err != nil {
			return e, &EntryError{err.Error()}
		}
	}
	if p.next("subjects") {
		list, err := p.field("subjects")
		if err != nil {
			return e, err
		}
		if e.Subjects, err = texts(list); err != nil {
			return e, err
		}
		if len(e.Subjects) == 0 {
			return e, &EntryError{"an empty list of subjects has a shorter form"}
		}
	}
	at, err := p.text("time")
	if err != nil {
		return e, err
	}
	if e.Time.At, err = time.Parse(timeLayout, at); err != nil || e.Time.At.Format(timeLayout) != at {
		return e, &EntryError{fmt.Sprintf("%.40q is no time in UTC with milliseconds", at)}
	}
	version, err := p.field("v")
	if err != nil {
		return e, err
	}
	if e.Version, err = strconv.Atoi(string(version)); err != nil {
		return e, &EntryError{"its version is no number"}
	}
	if !p.take("}") {
		return e, p.fail("an entry ends after its version")
	}
	return e, e.check()
}

// check holds what the grammar does not say.
func (e Entry) check() error {
	switch {
	case e.Time.Clock != LocalClock && e.Time.Clock != StudioClock:
		return &EntryError{fmt.Sprintf("%.40q is no clock", e.Time.Clock)}
	case !e.Kind.valid():
		return &EntryError{fmt.Sprintf("%.40q is no kind", e.Kind)}
	case e.Version < 1:
		return &EntryError{"versions count from 1"}
	case (e.Log == blob.Hash{}) != (e.Kind == KindLog):
		return &EntryError{"the first entry of a log names no log, and every other one does"}
	case len(e.Subjects) > MaxSubjects:
		return &EntryError{fmt.Sprintf("it has %d subjects, more than %d", len(e.Subjects), MaxSubjects)}
	}
	for _, s := range e.Subjects {
		if s == "" || len(s) > mostSubject {
			return &EntryError{fmt.Sprintf("a subject has 1 to %d bytes", mostSubject)}
		}
	}
	return nil
}

// take walks over what has to stand here.
func (p *envelope) take(literal string) bool {
	if !bytes.HasPrefix(p.scanner.text[p.at:], []byte(literal)) {
		return false
	}
	p.at += len(literal)
	return true
}

// next reports whether a field stands here.
func (p *envelope) next(name string) bool {
	return bytes.HasPrefix(p.scanner.text[p.at:], []byte(`,"`+name+`":`))
}

// field walks over a field and returns its value as written.
func (p *envelope) field(name string) ([]byte, error) {
	comma := ","
	if name == "body" {
		comma = ""
	}
	if !p.take(comma + `"` + name + `":`) {
		return nil, &EntryError{fmt.Sprintf("at byte %d, where %q is expected", p.at, name)}
	}
	begin := p.at
	if err := p.value(1); err != nil {
		return nil, err
	}
	return p.scanner.text[begin:p.at:p.at], nil
}

// texts reads a canonical list. Hardly one has an escape in it, and without them no
// text holds a quotation mark, so that it is cut where they stand.
func texts(list []byte) ([]string, error) {
	inner, begins := strings.CutPrefix(string(list), `["`)
	inner, ends := strings.CutSuffix(inner, `"]`)
	if begins && ends && !strings.Contains(inner, `\`) {
		all := strings.Split(inner, `","`)
		if !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, `"`) }) {
			return all, nil
		}
	}
	var all []string
	if err := json.Unmarshal(list, &all); err != nil {
		return nil, &EntryError{"its subjects are no list of texts"}
	}
	return all, nil
}

// text is a field that is a text without escapes.
func (p *envelope) text(name string) (string, error) {
	v, err := p.field(name)
	if err != nil {
		return "", err
	}
	if v[0] != '"' || bytes.IndexByte(v, '\\') >= 0 {
		return "", &EntryError{fmt.Sprintf("its %s is no plain text", name)}
	}
	return string(v[1 : len(v)-1]), nil
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
	// encoding/json is lenient (it takes keys in any case): a body has one form.
	if again, err := Canonical(b); err != nil || !bytes.Equal(again, e.Body) {
		return nil, &EntryError{fmt.Sprintf("the body of a %s is not written as this version writes it", e.Kind)}
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

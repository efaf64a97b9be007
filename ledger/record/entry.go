package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
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

// clockOf and kindOf take what is known from where it is, and not from memory of its own.
func clockOf(written []byte) Clock {
	for _, c := range []Clock{LocalClock, StudioClock} {
		if string(written) == string(c) {
			return c
		}
	}
	return Clock(written)
}

func kindOf(written []byte) Kind {
	if k, ok := known[string(written)]; ok {
		return k
	}
	return Kind(written)
}

//nolint:gochecknoglobals // a table
var known = func() map[string]Kind {
	all := map[string]Kind{}
	for _, k := range Kinds() {
		all[string(k)] = k
	}
	return all
}()

// Now is this machine's time.
func Now() Time { return Time{time.Now().UTC().Truncate(time.Millisecond), LocalClock} }

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

// Encode writes the draft down for a log; log is zero for the first entry. The entry's body shares the text's memory.
func (d Draft) Encode(log blob.Hash, now Time) (Line, error) {
	e := Entry{Log: log, Kind: d.Body.Kind(), Version: versionOf(d.Body), Time: now, Subjects: d.Subjects}
	if err := e.check(); err != nil {
		return Line{}, err
	}
	w := writer{text: append(make([]byte, 0, usualEntry), entryBegin...)}
	if err := w.body(d.Body); err != nil {
		return Line{}, err
	}
	end := len(w.text)
	text, err := e.finish(w.text)
	if err != nil {
		return Line{}, err
	}
	e.Body = text[len(entryBegin):end:end]
	return Line{Text: text, Entry: e, Openings: w.openings}, nil
}

const (
	entryBegin = `{"body":`
	// usualEntry is as many bytes as most entries have.
	usualEntry = 1024
)

// body writes a body in its form; what a later program wrote stays as it was.
func (w *writer) body(b Body) error {
	if u, ok := b.(*Unknown); ok {
		text, err := Canonical(u)
		w.text = append(w.text, text...)
		return err
	}
	v := reflect.ValueOf(b).Elem()
	return formOf(v.Type()).write(w, v)
}

// finish writes the fields after the body, in canonical order. All but the subjects are known to need no
// escapes by now.
func (e Entry) finish(b []byte) ([]byte, error) {
	b = append(append(b, `,"clock":"`...), e.Time.Clock...)
	b = append(append(b, `","kind":"`...), e.Kind...)
	b = append(b, '"')
	if e.Log != (blob.Hash{}) {
		b = append(e.Log.Append(append(b, `,"log":"`...)), '"')
	}
	for i, subject := range e.Subjects {
		separator := ","
		if i == 0 {
			separator = `,"subjects":[`
		}
		b = appendText(append(b, separator...), subject)
	}
	if len(e.Subjects) > 0 {
		b = append(b, ']')
	}
	b = append(AppendTime(append(b, `,"time":"`...), e.Time.At), `","v":`...)
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
	if !p.skip("{") {
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
	e.Time.Clock, e.Kind = clockOf(clock), kindOf(kind)
	if p.skip(`,"log":`) {
		if err := p.hash(&e.Log); err != nil {
			return e, err
		}
	}
	if p.skip(`,"subjects":`) {
		if e.Subjects, err = p.subjects(); err != nil {
			return e, err
		}
	}
	at, err := p.text("time")
	if err != nil {
		return e, err
	}
	var isTime bool
	if e.Time.At, isTime = ParseTime(at); !isTime {
		return e, &EntryError{fmt.Sprintf("%.40q is no time in UTC with milliseconds", at)}
	}
	version, err := p.field("v")
	if err != nil {
		return e, err
	}
	if e.Version, err = strconv.Atoi(string(version)); err != nil {
		return e, &EntryError{"its version is no number"}
	}
	if !p.skip("}") {
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

// field walks over a field and returns its value as written.
func (p *envelope) field(name string) ([]byte, error) {
	if (name != "body" && !p.skip(",")) || !p.skip(`"`) || !p.skip(name) || !p.skip(`":`) {
		return nil, &EntryError{fmt.Sprintf("at byte %d, where %q is expected", p.at, name)}
	}
	begin := p.at
	if err := p.value(1); err != nil {
		return nil, err
	}
	return p.scanner.text[begin:p.at:p.at], nil
}

// subjects reads a list of texts that is not empty. They share one piece of memory, since every entry has some.
func (p *envelope) subjects() ([]string, error) {
	if !p.skip("[") {
		return nil, &EntryError{"its subjects are no list of texts"}
	}
	var spans [MaxSubjects][2]int
	begin, n, escaped := p.at, 0, false
	for {
		if p.peek() != '"' {
			return nil, &EntryError{"its subjects are no list of texts, or an empty one, which has a shorter form"}
		}
		written, err := p.str()
		if err != nil {
			return nil, err
		}
		if n == len(spans) {
			return nil, &EntryError{fmt.Sprintf("it has more than %d subjects", MaxSubjects)}
		}
		spans[n] = [2]int{p.at - begin - 1 - len(written), p.at - begin - 1}
		escaped = escaped || bytes.IndexByte(written, '\\') >= 0
		n++
		if p.skip("]") {
			break
		}
		if !p.skip(",") {
			return nil, p.fail("a list goes on with , or ends with ]")
		}
	}
	list, subjects := string(p.scanner.text[begin:p.at]), make([]string, n)
	for i, s := range spans[:n] {
		subjects[i] = list[s[0]:s[1]]
		if escaped {
			var err error
			if subjects[i], err = unescape([]byte(subjects[i])); err != nil {
				return nil, &EntryError{"its subjects are no list of texts"}
			}
		}
	}
	return subjects, nil
}

// text is a field that is a text without escapes, as it is written.
func (p *envelope) text(name string) ([]byte, error) {
	v, err := p.field(name)
	if err != nil {
		return nil, err
	}
	if v[0] != '"' || bytes.IndexByte(v, '\\') >= 0 {
		return nil, &EntryError{fmt.Sprintf("its %s is no plain text", name)}
	}
	return v[1 : len(v)-1], nil
}

// Hash is the RFC 6962 leaf hash of an entry's text: what a tree holds, and what an
// entry is called by.
func Hash(text []byte) blob.Hash {
	const leaf = 0x00
	// Most entries fit, and need no memory to be hashed.
	var usual [1024]byte
	return blob.Of(append(append(usual[:0], leaf), text...))
}

// Decode reads the body: a pointer to the type of its kind, or *Unknown where this
// program does not know kind or version. The error is an *EntryError.
func (e Entry) Decode() (Body, error) {
	b := newBody(e.Kind)
	if b == nil || versionOf(b) != e.Version {
		return &Unknown{Name: e.Kind, Version: e.Version, Raw: e.Body}, nil
	}
	v := reflect.ValueOf(b).Elem()
	s := scanner{text: e.Body}
	err := formOf(v.Type()).read(&s, v)
	if err == nil && s.at != len(e.Body) {
		err = s.fail("something follows the body")
	}
	if err != nil {
		return nil, &EntryError{fmt.Sprintf("the body of a %s is not written as this version writes it: %v", e.Kind, err)}
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

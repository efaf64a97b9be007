package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// Act is an entry as it is shown: with what its sealed values say, as far as they are there.
type Act struct {
	archive.Entry
	Body record.Body
	// Opened has the sealed values by their commitments.
	Opened map[blob.Hash]string
}

// LedgerQuery says which entries are asked for.
type LedgerQuery struct {
	Pattern string // by name or id; "" is all
	Kind    record.Kind
	Most    int // 0 is no bound
}

// Acts shows entries, the newest first, until show says stop.
func (s *Session) Acts(ctx context.Context, lib *library.Library, q LedgerQuery, show func(Act) error) error {
	subject := ""
	if q.Pattern != "" {
		root, err := lib.Find(ctx, library.Pattern, q.Pattern)
		if err != nil {
			return err
		}
		subject = root.ID
	}
	return lib.Read(ctx, func(a *archive.Archive) error {
		n := 0
		for e, err := range entriesOf(ctx, a, subject, q.Kind) {
			if err != nil {
				return err
			}
			if q.Kind != "" && e.Kind != q.Kind {
				continue
			}
			act, err := actOf(ctx, a, e)
			if err != nil {
				return err
			}
			if err := show(act); err != nil {
				return err
			}
			if n++; n == q.Most {
				return nil
			}
		}
		return nil
	})
}

// entriesOf are those about a subject, of a kind, or all of them log by log, newest first.
func entriesOf(ctx context.Context, a *archive.Archive, subject string, kind record.Kind) func(func(archive.Entry, error) bool) {
	switch {
	case subject != "":
		return a.History(ctx, subject, archive.NewestFirst)
	case kind != "":
		return a.OfKind(ctx, kind, archive.NewestFirst)
	}
	return func(yield func(archive.Entry, error) bool) {
		logs, err := a.Logs(ctx)
		if err != nil {
			yield(archive.Entry{}, err)
			return
		}
		for i := len(logs) - 1; i >= 0; i-- {
			for at := logs[i].Size - 1; at >= 0; at-- {
				if e, err := a.At(ctx, logs[i], at); !yield(e, err) {
					return
				}
			}
		}
	}
}

func actOf(ctx context.Context, a *archive.Archive, e archive.Entry) (Act, error) {
	body, err := e.Decode()
	if err != nil {
		return Act{}, err
	}
	act := Act{Entry: e, Body: body, Opened: map[blob.Hash]string{}}
	for _, sealed := range record.Commitments(body) {
		if o, err := a.Opening(ctx, sealed.Commitment); err == nil {
			act.Opened[sealed.Commitment] = o.Text()
		}
	}
	return act, nil
}

// EntryAt finds an entry by its hash, or by log and place as LOG#N, of which the log may be
// left out where there is one.
func (s *Session) EntryAt(ctx context.Context, lib *library.Library, ref string) (act Act, err error) {
	err = lib.Read(ctx, func(a *archive.Archive) error {
		e, err := findEntry(ctx, a, ref)
		if err != nil {
			return err
		}
		act, err = actOf(ctx, a, e)
		return err
	})
	if err == nil && act.Body == nil {
		err = usage("the library has no entries yet")
	}
	return act, err
}

func findEntry(ctx context.Context, a *archive.Archive, ref string) (archive.Entry, error) {
	if h, err := blob.Parse(ref); err == nil {
		return a.Entry(ctx, h)
	}
	name, digits, placed := strings.Cut(ref, "#")
	if !placed {
		digits = ref
		name = ""
	}
	index, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return archive.Entry{}, usage("%q is no entry: give its hash, or its place as N or LOG#N", ref)
	}
	log, err := logOf(ctx, a, name)
	if err != nil {
		return archive.Entry{}, err
	}
	return a.At(ctx, log, index)
}

// logOf finds a log by the beginning of its id; the newest for "".
func logOf(ctx context.Context, a *archive.Archive, name string) (archive.Log, error) {
	logs, err := a.Logs(ctx)
	if err != nil {
		return archive.Log{}, err
	}
	name = strings.TrimPrefix(name, "sha256:")
	for i := len(logs) - 1; i >= 0; i-- {
		if strings.HasPrefix(strings.TrimPrefix(logs[i].ID.String(), "sha256:"), name) {
			return logs[i], nil
		}
	}
	return archive.Log{}, usage("the library has no log %q", name)
}

// VerifyOptions say what is known beside the library.
type VerifyOptions struct {
	Heads [][]byte
	// Deep reads every content that is in use and compares it with its hash.
	Deep bool
}

// VerifyLedger judges the library: its entries, heads, people and contents.
func (s *Session) VerifyLedger(ctx context.Context, lib *library.Library, o VerifyOptions, report func(Progress)) (v *verify.Verdict, err error) {
	err = lib.Read(ctx, func(a *archive.Archive) error {
		witnesses, err := s.knownWitnesses()
		if err != nil {
			return err
		}
		roots, err := s.authorityRoots()
		if err != nil {
			return err
		}
		v, err = verify.Library(ctx, verify.Ledger(a), verify.Options{
			Library: lib.ID(), Heads: o.Heads, Witnesses: witnesses, Authorities: roots, Contents: lib.Blobs(), Deep: o.Deep,
			Progress: func(n int64) {
				if report != nil {
					report(Progress{Stage: fmt.Sprintf("%d entries", n)})
				}
			},
		})
		return err
	})
	if err == nil && v == nil {
		err = usage("nothing has been recorded in the library yet")
	}
	return v, err
}

// Head is the latest head of a log with the cosignatures that it has, and the key that
// checks it.
type Head struct {
	Log  archive.Log
	Note []byte
	Key  string // as C2SP signed-note writes it; "" where the log's beginning is damaged
}

// Heads lists the latest head of each log.
func (s *Session) Heads(ctx context.Context, lib *library.Library) (heads []Head, err error) {
	err = lib.Read(ctx, func(a *archive.Archive) error {
		logs, err := a.Logs(ctx)
		if err != nil {
			return err
		}
		for _, l := range logs {
			h, err := headOf(ctx, a, l)
			if err != nil {
				return err
			}
			heads = append(heads, h)
		}
		return nil
	})
	return heads, err
}

func headOf(ctx context.Context, a *archive.Archive, l archive.Log) (Head, error) {
	signed, err := a.LatestHead(ctx, l)
	if err != nil {
		return Head{}, err
	}
	note, err := a.Cosigned(ctx, l, signed)
	if err != nil {
		return Head{}, err
	}
	key := ""
	if damaged := l.Damage != nil; !damaged { // whose key it is can be read
		key, err = verifierKey(l)
	}
	return Head{l, note, key}, err
}

// Reindex makes the indexes of the ledger anew from its logs.
func (s *Session) Reindex(ctx context.Context, lib *library.Library) (err error) {
	pen, err := s.write(ctx, lib)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	return pen.Store().Reindex(ctx)
}

// NewEpoch goes on with a library of which an older copy was put back, in a new log.
func (s *Session) NewEpoch(ctx context.Context, lib *library.Library, reason string) error {
	me, err := s.Identity(ctx)
	if err != nil {
		return err
	}
	pen, err := lib.WriteWith(ctx, me, library.WriteOptions{NewEpoch: reason})
	if err != nil {
		return err
	}
	return pen.Release()
}

// State records a statement of this person's: a role, a rule, a device that is no longer
// theirs. The error is an *identity.RuleError where it may not be made.
func (s *Session) State(ctx context.Context, lib *library.Library, st identity.Statement) (err error) {
	me, err := s.Identity(ctx)
	if err != nil {
		return err
	}
	pen, err := lib.Write(ctx, me)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	st.Library = lib.ID()
	signed, err := me.Sign(st)
	if err != nil {
		return err
	}
	people, err := verify.People(ctx, pen.Store().Archive())
	if err != nil {
		return err
	}
	if err := people.Apply(signed); err != nil {
		return err
	}
	text, err := signed.Text()
	if err != nil {
		return err
	}
	var body record.Body = &record.Actor{Statement: text}
	subjects := []string{signed.Person}
	switch signed.Type {
	case identity.Settings:
		body = &record.Library{Statement: text}
	case identity.Approve:
		body = &record.Milestone{Milestone: string(signed.Milestone), Pattern: signed.Pattern, Statement: text, Version: *signed.Version}
		subjects = append(subjects, signed.Pattern)
	default:
	}
	_, err = pen.Record(ctx, record.Draft{Subjects: subjects, Body: body})
	return err
}

// People is who may do what in a library.
func (s *Session) People(ctx context.Context, lib *library.Library) (people *identity.State, err error) {
	people = &identity.State{}
	err = lib.Read(ctx, func(a *archive.Archive) error {
		people, err = verify.People(ctx, a)
		return err
	})
	return people, err
}

// Milestone says that the pattern, as it is now, has reached a milestone.
func (s *Session) Milestone(ctx context.Context, lib *library.Library, ref string, m identity.Milestone) error {
	root, version, err := current(ctx, lib, ref)
	if err != nil {
		return err
	}
	return s.State(ctx, lib, identity.Statement{Type: identity.Approve, Milestone: m, Pattern: root.ID, Version: &version})
}

// current is a pattern and the version that is meant: the one that ref names, or that it shows.
func current(ctx context.Context, lib *library.Library, ref string) (library.Root, blob.Hash, error) {
	root, version, err := find(ctx, lib, ref)
	if err != nil {
		return root, blob.Hash{}, err
	}
	if version.Zero() {
		doc, err := edit.Load(ctx, root.Document, content{lib.Blobs()})
		if err != nil {
			return root, blob.Hash{}, err
		}
		version = doc.Current()
	}
	return root, blob.Hash(version), nil
}

// Review records what this person says of a version.
func (s *Session) Review(ctx context.Context, lib *library.Library, ref, decision, note string) error {
	switch decision {
	case "changes", "approved", "comment":
	default:
		return usage("a review says changes, approved or comment, not %q", decision)
	}
	me, err := s.Identity(ctx)
	if err != nil {
		return err
	}
	root, version, err := current(ctx, lib, ref)
	if err != nil {
		return err
	}
	sealed, err := record.SealText(note)
	if err != nil {
		return err
	}
	return s.note(ctx, lib, record.Draft{Subjects: []string{root.ID}, Body: &record.Review{Decision: decision, Note: sealed, Pattern: root.ID, Reviewer: me.DID(), Version: version}})
}

// Disclosed is where and when a pattern was first shown.
type Disclosed struct {
	Date, How, Country, Place string
}

// Disclose records that a version was shown to the public.
func (s *Session) Disclose(ctx context.Context, lib *library.Library, ref string, d Disclosed) error {
	if !isDate(d.Date) {
		return usage("--date %q: YYYY-MM-DD", d.Date)
	}
	if len(d.Country) != 2 || strings.ToUpper(d.Country) != d.Country {
		return usage("--country %q: two capital letters of ISO 3166, such as FR", d.Country)
	}
	switch d.How {
	case "publication", "fair", "web", "sale", "other":
	default:
		return usage("--how %q: publication, fair, web, sale or other", d.How)
	}
	root, version, err := current(ctx, lib, ref)
	if err != nil {
		return err
	}
	place, err := record.SealText(d.Place)
	if err != nil {
		return err
	}
	return s.note(ctx, lib, record.Draft{Subjects: []string{root.ID}, Body: &record.Disclosure{Date: d.Date, How: d.How, Country: d.Country, Pattern: root.ID, Place: place, Version: version}})
}

// Note records a remark about a pattern, or about the library for "".
func (s *Session) Note(ctx context.Context, lib *library.Library, ref, text string) error {
	sealed, err := record.SealText(text)
	if err != nil {
		return err
	}
	d := record.Draft{Body: &record.Note{Text: sealed}}
	if ref != "" {
		root, err := lib.Find(ctx, library.Pattern, ref)
		if err != nil {
			return err
		}
		d = record.Draft{Subjects: []string{root.ID}, Body: &record.Note{About: root.ID, Text: sealed}}
	}
	return s.note(ctx, lib, d)
}

func (s *Session) note(ctx context.Context, lib *library.Library, d record.Draft) (err error) {
	pen, err := s.write(ctx, lib)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	_, err = pen.Record(ctx, d)
	return err
}

// WriteTiles lays the newest log out as a folder of C2SP tlog-tiles.
func (s *Session) WriteTiles(ctx context.Context, lib *library.Library, dir string) error {
	return lib.Read(ctx, func(a *archive.Archive) error {
		l, err := logOf(ctx, a, "")
		if err != nil {
			return err
		}
		return a.Write(ctx, l, dir)
	})
}

package session

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// Told is an act with who did it, by the name that they gave themselves, or by their key.
type Told struct {
	Act
	Who string
}

// Words are what an act sealed of what a person wrote: the prompt, a note, a reason. withheld says that
// there was something, and that it cannot be opened.
func (t Told) Words() (text string, withheld bool) {
	sealed := record.Sealed{}
	switch b := t.Body.(type) {
	case *record.Prompt:
		sealed = b.Prompt
	case *record.Rejected:
		sealed = b.Reason
	case *record.Review:
		sealed = b.Note
	case *record.Note:
		sealed = b.Text
	case *record.Disclosure:
		sealed = b.Place
	case *record.Import:
		sealed = b.Name
	}
	if sealed.IsZero() {
		return "", false
	}
	text, opened := t.Opened[sealed.Commitment]
	return text, !opened
}

// Sentence says what the act was, without what is sealed.
func (t Told) Sentence() string { return sentence(t.Act) }

// sentence says what an act was, without what is withheld.
func sentence(a Act) string {
	switch b := a.Body.(type) {
	case *record.Edit:
		return fmt.Sprintf("%s (%s)", b.Operation, b.Class)
	case *record.Prompt:
		return fmt.Sprintf("version %d of the prompt", b.Version)
	case *record.Requested:
		return fmt.Sprintf("a model was asked to %s, %s", b.Mode, b.Repeat)
	case *record.Finished:
		return fmt.Sprintf("the request ended: %s, %d pictures", b.Outcome, len(b.Candidates))
	case *record.Accepted:
		return fmt.Sprintf("a candidate was taken, out of %d", max(1, b.Of))
	case *record.Rejected:
		return "a candidate was not wanted"
	case *record.Saved:
		return fmt.Sprintf("saved, revision %d", b.Revision)
	case *record.Revert:
		return "went to another version"
	case *record.Milestone:
		return "milestone: " + b.Milestone
	case *record.Review:
		return "review: " + b.Decision
	case *record.Import:
		return "a picture came in, stated as " + b.Origin
	case *record.Export:
		return fmt.Sprintf("%d files were exported", len(b.Files))
	case *record.Disclosure:
		return fmt.Sprintf("shown: %s on %s, %s", b.How, b.Date, b.Country)
	case *record.Note:
		return "a note"
	case *record.Log:
		return fmt.Sprintf("a log begins, epoch %d", b.Epoch)
	case *record.Library:
		return "the library was founded, or its rules were set"
	case *record.Actor:
		return "who may do what"
	case *record.Model:
		return fmt.Sprintf("the model %s, licence %s", b.Name, b.Licence)
	case *record.Erased:
		return "what was sealed was erased"
	}
	return string(a.Kind)
}

// History is what is on record about a picture that was made: what it was asked for with, what became of it, and
// what happened to the patterns that it came into; with nil, all that is on record. The newest comes first, most of them
// where that is not 0.
func (s *Session) History(ctx context.Context, lib *library.Library, of *Recorded, most int) (all []Told, err error) {
	err = lib.Read(ctx, func(a *archive.Archive) error {
		names, err := namesIn(ctx, a)
		if err != nil {
			return err
		}
		var entries []archive.Entry
		if of == nil {
			entries, err = newest(ctx, a, most)
		} else {
			entries, err = aboutPicture(ctx, a, of)
		}
		if err != nil {
			return err
		}
		if most > 0 && len(entries) > most {
			entries = entries[:most]
		}
		for _, e := range entries {
			act, err := actOf(ctx, a, e)
			if err != nil {
				return err
			}
			all = append(all, Told{act, names[e.In]})
		}
		return nil
	})
	return all, err
}

// newest are the last entries of all logs, by the times that they state.
func newest(ctx context.Context, a *archive.Archive, most int) (all []archive.Entry, err error) {
	logs, err := a.Logs(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range logs {
		from := int64(0)
		if most > 0 {
			from = max(0, l.Size-int64(most))
		}
		for e, err := range a.Entries(ctx, l, from, l.Size) {
			if err == nil {
				all = append(all, e) // one that is damaged is for the verdict
			} else if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
	}
	newestFirst(all)
	return all, nil
}

func newestFirst(all []archive.Entry) {
	slices.SortStableFunc(all, func(a, b archive.Entry) int {
		return cmp.Or(b.Time.At.Compare(a.Time.At), bytes.Compare(a.In[:], b.In[:]), cmp.Compare(b.Index, a.Index))
	})
}

// aboutPicture are the entries about a picture that a model made.
func aboutPicture(ctx context.Context, a *archive.Archive, of *Recorded) (all []archive.Entry, err error) {
	seen := map[blob.Hash]bool{}
	subjects := []string{of.Request.String(), of.Picture.String()}
	add := func(e archive.Entry) error {
		if seen[e.Hash] {
			return nil
		}
		seen[e.Hash] = true
		all = append(all, e)
		body, err := e.Decode()
		if err != nil {
			return err
		}
		for _, s := range e.Subjects {
			// Whatever took it in has an id that a library gave.
			if in := e.Kind == record.KindAccepted || e.Kind == record.KindImport; in && !strings.HasPrefix(s, "sha256:") && !slices.Contains(subjects, s) {
				subjects = append(subjects, s)
			}
		}
		if q, ok := body.(*record.Requested); ok {
			words, err := a.Entry(ctx, q.Prompt)
			if err == nil && !seen[words.Hash] {
				seen[words.Hash] = true
				all = append(all, words)
			}
		}
		return nil
	}
	asked, err := a.Entry(ctx, of.Request)
	if err != nil {
		return nil, err
	}
	if err := add(asked); err != nil {
		return nil, err
	}
	for i := 0; i < len(subjects); i++ {
		for e, err := range a.History(ctx, subjects[i], archive.OldestFirst) {
			if err == nil {
				err = add(e)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	newestFirst(all)
	return all, nil
}

// namesIn says who writes each log: the name that its author gave themselves last, or their key.
func namesIn(ctx context.Context, a *archive.Archive) (map[blob.Hash]string, error) {
	people, err := verify.People(ctx, a)
	if err != nil {
		return nil, err
	}
	called := map[string]string{}
	for e, err := range a.OfKind(ctx, record.KindActor, archive.OldestFirst) {
		if err != nil {
			return nil, err
		}
		body, err := e.Decode()
		if err != nil {
			continue
		}
		who, ok := body.(*record.Actor)
		if !ok {
			continue
		}
		if st, err := identity.Parse(who.Statement); err == nil {
			if name := said(ctx, a, who.Name); name != "" {
				called[st.Person] = name
			}
		}
	}
	logs, err := a.Logs(ctx)
	if err != nil {
		return nil, err
	}
	names := map[blob.Hash]string{}
	for _, l := range logs {
		names[l.ID] = l.First.Author
		for did, name := range called {
			if people.Same(did, l.First.Author) {
				names[l.ID] = name
			}
		}
	}
	return names, nil
}

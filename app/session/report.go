package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/image/draw"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	authorship "github.com/selvage-studio/selvage/ledger/report"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// ReportOptions say how much a report tells.
type ReportOptions struct {
	// Disclose shows prompts and seeds; otherwise their commitments stand there.
	Disclose bool
	// Statement is the author's own words.
	Statement string
}

// Report writes the authorship report of what a pattern shows: .pdf or .html.
func (s *Session) Report(ctx context.Context, lib *library.Library, ref, path string, o ReportOptions) error {
	write, known := map[string]func(io.Writer, authorship.Report) error{".pdf": authorship.PDF, ".html": authorship.HTML}[strings.ToLower(filepath.Ext(path))]
	if !known {
		return usage("%s: a report is written as .pdf or .html", path)
	}
	p, err := s.OpenPattern(ctx, lib, ref)
	if err != nil {
		return err
	}
	r, err := s.report(ctx, p, o)
	if err = errors.Join(err, p.Close()); err != nil {
		return err
	}
	var set file.Set
	err = set.Add(path, func(w io.Writer) error { return write(w, *r) })
	if err == nil {
		err = set.Commit()
	}
	return errors.Join(err, set.Discard())
}

// teller fills a report.
type teller struct {
	s   *Session
	p   *Pattern
	d   *dossier
	o   ReportOptions
	out *authorship.Report
	// names are people's, by their keys.
	names map[string]string
	seen  *verify.Verdict
}

func (s *Session) report(ctx context.Context, p *Pattern, o ReportOptions) (*authorship.Report, error) {
	d, err := s.gather(ctx, p)
	if err != nil {
		return nil, err
	}
	t := &teller{s: s, p: p, d: d, o: o, names: map[string]string{}, out: &authorship.Report{Made: time.Now().UTC(), Program: Software(), Statement: o.Statement}}
	if t.out.Faces, err = authorship.SystemFaces(s.cfg.CacheDir); err != nil {
		t.out.Faces = nil // letters that the PDF's fonts lack are told by their numbers
	}
	for _, step := range []func(context.Context) error{t.head, t.people, t.verdict, t.acts, t.edits, t.proof} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return t.out, nil
}

// shown is the longest side of a picture in a report.
const shownSide = 480

func (t *teller) picture(img image.Image, alt string) (*authorship.Picture, error) {
	b := img.Bounds()
	if side := max(b.Dx(), b.Dy()); side > shownSide {
		small := image.NewNRGBA(image.Rect(0, 0, max(1, b.Dx()*shownSide/side), max(1, b.Dy()*shownSide/side)))
		draw.CatmullRom.Scale(small, small.Bounds(), img, b, draw.Src, nil)
		img = small
	}
	data, err := encodePNG(img)
	return &authorship.Picture{Data: data, Alt: alt}, err
}

// stored is a picture among the contents, nil where it is not there any more.
func (t *teller) stored(ctx context.Context, h blob.Hash, alt string) *authorship.Picture {
	data, err := t.p.lib.Blobs().Get(ctx, h, mostBlob)
	if err != nil {
		return nil
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	p, err := t.picture(img, alt)
	if err != nil {
		return nil
	}
	return p
}

func (t *teller) head(context.Context) (err error) {
	d := t.d
	st := d.state
	t.out.Pattern = authorship.Pattern{
		Name: d.root.Name, ID: d.root.ID, Version: blob.Hash(d.version),
		Repeat: fmt.Sprintf("%v, %v x %v", st.Repeat, st.Width, st.Height),
	}
	t.out.Library = authorship.Library{Name: strings.TrimSuffix(filepath.Base(t.p.lib.Dir()), library.Extension), ID: t.p.lib.ID()}
	if t.out.Picture, err = t.picture(d.flat.NRGBA64(), d.root.Name); err != nil {
		return err
	}
	deposit, err := t.p.lib.Blobs().Get(context.Background(), d.deposit, mostBlob)
	if err != nil {
		return err
	}
	t.out.Deposit = &authorship.Deposit{File: d.root.Name + ".png", Media: "image/png", Hash: d.deposit, Bytes: int64(len(deposit)), Width: st.Size.Width, Height: st.Size.Height}
	px := d.facts.Pixels
	overlay, err := t.picture(edit.Overlay(d.flat), "who made which pixels: person blue, model vermilion, rule green, import purple")
	t.out.Map = &authorship.Map{Picture: overlay, Pixels: authorship.Pixels{All: px.All, Open: px.Open, Person: px.Person, Model: px.Model, Rule: px.Rule, Import: px.Import, Nobody: px.Nobody}}
	return err
}

func (t *teller) people(ctx context.Context) error {
	err := t.p.lib.Read(ctx, func(a *archive.Archive) error {
		for e, err := range a.OfKind(ctx, record.KindActor, archive.OldestFirst) {
			if err != nil {
				return err
			}
			act, err := actOf(ctx, a, e)
			if err != nil {
				return err
			}
			who, ok := act.Body.(*record.Actor)
			if !ok {
				continue
			}
			if st, err := identity.Parse(who.Statement); err == nil {
				if name := act.Opened[who.Name.Commitment]; name != "" {
					t.names[st.Person] = name
				}
			}
		}
		return nil
	})
	wrote := map[string]bool{}
	for _, act := range t.d.acts {
		wrote[t.author(act)] = true
	}
	for _, did := range t.d.people.People() {
		roles := t.d.people.Roles(did)
		if !wrote[did] && len(roles) == 0 {
			continue
		}
		var words, devices []string
		for _, r := range roles {
			words = append(words, string(r))
		}
		for _, k := range t.d.people.Devices(did) {
			devices = append(devices, k.Heads)
		}
		t.out.Authors = append(t.out.Authors, authorship.Author{Name: t.name(did), DID: did, Role: strings.Join(words, ", "), Devices: devices})
	}
	return err
}

// author is the key, as it is now, of who wrote an entry.
func (t *teller) author(a Act) string {
	did := t.d.logs[a.In].First.Author
	for _, now := range t.d.people.People() {
		if t.d.people.Same(now, did) {
			return now
		}
	}
	return did
}

func (t *teller) name(did string) string {
	for known, name := range t.names {
		if t.d.people.Same(known, did) {
			return name
		}
	}
	return did
}

func moment(r record.Time) authorship.Moment {
	m := authorship.Moment{Time: r.At, Source: authorship.LocalClock}
	if r.Clock == record.StudioClock {
		m.Source = authorship.StudioTime
	}
	return m
}

func logName(h blob.Hash) string { return strings.TrimPrefix(h.String(), "sha256:")[:12] }

func place(a Act) authorship.Ref { return authorship.Ref{Log: logName(a.In), Index: a.Index} }

func (t *teller) verdict(ctx context.Context) error {
	v, err := t.s.VerifyLedger(ctx, t.p.lib, VerifyOptions{Deep: true}, nil)
	if err != nil {
		return err
	}
	out := authorship.Verification{State: authorship.Intact, When: authorship.Moment{Time: t.out.Made, Source: authorship.LocalClock}, Entries: v.Entries, Heads: v.Heads}
	for _, p := range v.Problems {
		out.State = authorship.NotIntact
		one := authorship.Problem{Code: string(p.Code), Detail: p.Detail}
		if p.Log != (blob.Hash{}) && p.Index >= 0 {
			one.Entry = authorship.Ref{Log: logName(p.Log), Index: p.Index}
		}
		out.Problems = append(out.Problems, one)
	}
	t.out.Verification = out
	t.seen = v
	return nil
}

// secret is a sealed value as far as the report tells it.
func (t *teller) secret(a Act, s record.Sealed) authorship.Secret {
	out := authorship.Secret{Commitment: s.Commitment}
	if t.o.Disclose {
		out.Text = a.Opened[s.Commitment]
	}
	return out
}

func (t *teller) acts(ctx context.Context) error {
	out := t.out
	prompts, requests := map[blob.Hash]int{}, map[blob.Hash]Act{}
	models := map[blob.Hash]string{}
	for _, m := range t.d.models {
		models[m.body.Weights] = m.body.Name
		out.Models = append(out.Models, authorship.Model{
			Name: m.body.Name, Hash: m.body.Weights, Card: m.body.Card.String(), Lineage: string(m.body.Lineage), Proved: m.body.Lineage == record.LineageProved,
			Entry: authorship.Ref{Log: logName(m.entry.In), Index: m.entry.Index},
		})
	}
	for _, a := range t.d.acts {
		who, when := t.name(t.author(a)), moment(a.Time)
		switch b := a.Body.(type) {
		case *record.Prompt:
			prompts[a.Hash] = b.Version
			out.Prompts = append(out.Prompts, authorship.Prompt{Version: b.Version, When: when, Who: who, Text: t.secret(a, b.Prompt), Negative: t.secret(a, b.Negative), Entry: place(a)})
		case *record.Requested:
			requests[a.Hash] = a
		case *record.Finished:
			for _, c := range b.Candidates {
				one := authorship.Candidate{Name: letter(len(out.Candidates)), Hash: c.Picture, Picture: t.stored(ctx, c.Picture, "a candidate"), When: when, Who: who, Entry: place(a)}
				if q, ok := requests[b.Request].Body.(*record.Requested); ok {
					one.Model, one.Prompt, one.Seed = models[q.Model], prompts[q.Prompt], t.secret(requests[b.Request], q.Seed)
				}
				out.Candidates = append(out.Candidates, one)
			}
		case *record.Accepted:
			t.decide(b.Picture, authorship.Kept, "", a)
		case *record.Rejected:
			t.decide(b.Picture, authorship.Rejected, a.Opened[b.Reason.Commitment], a)
		case *record.Milestone:
			if st, err := identity.Parse(b.Statement); err == nil {
				out.Milestones = append(out.Milestones, authorship.Milestone{Stage: b.Milestone, When: when, Who: t.name(st.Person), Role: role(t.d.people, st.Person), Key: st.Person, Entry: place(a)})
			}
		case *record.Review:
			out.Reviews = append(out.Reviews, authorship.Review{When: when, Who: t.name(b.Reviewer), Role: role(t.d.people, b.Reviewer), Verdict: b.Decision, Text: a.Opened[b.Note.Commitment], Entry: place(a)})
		case *record.Import:
			owner := authorship.OwnerUnknown
			if b.Origin == string(edit.ByPerson) {
				owner = authorship.OwnWork
			}
			out.Imports = append(out.Imports, authorship.Import{
				Name: a.Opened[b.Name.Commitment], Picture: t.stored(ctx, b.File, "the picture that came in"), Hash: b.File, When: when, Who: who, Owner: owner,
				Author: a.Opened[b.Author.Commitment], Origin: b.Origin, Rights: a.Opened[b.Rights.Commitment], Entry: place(a),
			})
		case *record.Disclosure:
			day, err := time.Parse(time.DateOnly, b.Date)
			if err != nil {
				day = a.Time.At
			}
			out.Disclosures = append(out.Disclosures, authorship.Disclosure{
				When: authorship.Moment{Time: day, Source: authorship.LocalClock}, Published: b.How == "publication" || b.How == "web" || b.How == "sale", What: b.How, Place: a.Opened[b.Place.Commitment], Country: b.Country, Entry: place(a),
			})
		}
		out.Events = append(out.Events, authorship.Event{When: when, Who: who, Kind: string(a.Kind), What: sentence(a), Entry: place(a)})
	}
	slices.SortStableFunc(out.Events, func(a, b authorship.Event) int { return a.When.Time.Compare(b.When.Time) })
	if n := len(out.Events); n > 0 {
		out.Period = authorship.Period{From: out.Events[0].When, To: out.Events[n-1].When}
	}
	return nil
}

func (t *teller) decide(picture blob.Hash, v authorship.Verdict, reason string, a Act) {
	for i := range t.out.Candidates {
		if c := &t.out.Candidates[i]; c.Hash == picture {
			c.Verdict, c.Reason, c.When, c.Who, c.Entry = v, reason, moment(a.Time), t.name(t.author(a)), place(a)
		}
	}
}

// letter names the candidates A, B … Z, then by number.
func letter(n int) string {
	const letters = 26
	if n < letters {
		return string(rune('A' + n))
	}
	return fmt.Sprint(n + 1)
}

func classInReport(c record.Class) authorship.Class {
	switch c {
	case record.Drawn:
		return authorship.Drawing
	case record.Arranged, record.Selected:
		return authorship.Arrangement
	case record.Recolored:
		return authorship.Recolouring
	case record.Mechanical, record.Described:
		return authorship.Mechanical
	case record.ByModel:
		return authorship.ModelMade
	case record.ByRule:
		return authorship.RuleMade
	case record.ByImport:
		return authorship.Imported
	case record.Unclassed:
	}
	return authorship.Unclassified
}

func (t *teller) proof(ctx context.Context) error {
	used := map[blob.Hash][2]int64{}
	for _, a := range t.d.acts {
		span, ok := used[a.In]
		if !ok {
			span = [2]int64{a.Index, a.Index}
		}
		used[a.In] = [2]int64{min(span[0], a.Index), max(span[1], a.Index)}
	}
	return t.p.lib.Read(ctx, func(a *archive.Archive) error {
		for _, l := range sortedLogs(t.d.logs) {
			span, ok := used[l.ID]
			if !ok {
				continue
			}
			h, err := headOf(ctx, a, l)
			if err != nil {
				return err
			}
			head, err := a.LatestHead(ctx, l)
			if err != nil {
				return err
			}
			one := authorship.Log{Name: logName(l.ID), Origin: head.Origin, From: span[0], To: span[1], Size: head.Size, Root: head.Root, Signer: h.Key, When: moment(head.Time)}
			for _, v := range t.seen.Logs {
				if v.ID != l.ID {
					continue
				}
				for _, s := range v.Seen {
					one.Cosigned = append(one.Cosigned, authorship.Cosignature{Witness: s.By, When: s.At})
				}
			}
			t.out.Proof.Logs = append(t.out.Proof.Logs, one)
			t.out.Proof.Fingerprints = append(t.out.Proof.Fingerprints,
				authorship.Fingerprint{Whose: t.name(l.First.Author), For: "the person", Value: l.First.Author}, authorship.Fingerprint{Whose: t.name(l.First.Author), For: "heads of the log " + logName(l.ID), Value: l.First.Device})
		}
		t.out.Proof.Files = []authorship.File{{Name: t.out.Deposit.File, Role: authorship.RoleDeposit, Hash: t.d.deposit}}
		return nil
	})
}

func sortedLogs(logs map[blob.Hash]archive.Log) []archive.Log {
	var all []archive.Log
	for _, l := range logs {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b archive.Log) int { return int(a.Number - b.Number) })
	return all
}

package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// recorder writes what a model is asked for, and what comes of it, into a library while it
// happens. A nil recorder records nothing.
type recorder struct {
	session       *Session
	pen           *library.Pen
	mode, pattern string
	// request is the entry of the request, once it was recorded.
	request blob.Hash
}

// Recorded is where the ledger tells of something that was made.
type Recorded struct {
	// Request is the entry of the request.
	Request blob.Hash `json:"request"`
	// Picture is the candidate, among the blobs.
	Picture blob.Hash `json:"picture"`
	Library string    `json:"library"`
}

// requested records the model, the words and the request, before anything runs.
func (r *recorder) requested(ctx context.Context, q Request, name string, card weights.Card) error {
	if r == nil {
		return nil
	}
	a := r.pen.Store().Archive()
	if q.ModelHash == "" {
		var err error
		if card, q.ModelHash, err = r.session.withHashes(name, card); err != nil {
			return err
		}
	}
	var acts []record.Draft
	known, err := r.knows(ctx, a, q.ModelHash)
	if err != nil {
		return err
	}
	if !known {
		text, err := json.Marshal(card)
		if err != nil {
			return err
		}
		h, err := r.pen.Library().Blobs().PutBytes(ctx, text)
		if err != nil {
			return err
		}
		acts = append(acts, modelAct(name, card, q.ModelHash, h))
	}
	if len(acts) > 0 {
		if _, err := r.pen.Record(ctx, acts...); err != nil {
			return err
		}
	}
	prompt, err := r.prompt(ctx, a, q)
	if err != nil {
		return err
	}
	d, err := requestedAct(q, r.mode, r.pattern, prompt)
	if err != nil {
		return err
	}
	entries, err := r.pen.Record(ctx, d)
	if err != nil {
		return err
	}
	r.request = entries[0].Hash
	return nil
}

// withHashes completes the card of a model that lies outside the shelf with the hashes of its
// files, which takes a look at every byte: once in a session.
func (s *Session) withHashes(name string, card weights.Card) (weights.Card, string, error) {
	s.factsMu.Lock()
	defer s.factsMu.Unlock()
	if known, ok := s.prints[name]; ok {
		return known.card, known.whole, nil
	}
	path, err := s.find(name)
	if err != nil {
		return card, "", err
	}
	d, err := weights.Describe(path)
	if err != nil {
		return card, "", err
	}
	card.Files = nil
	for _, piece := range d.Pieces {
		h, size, err := hashFile(piece.From)
		if err != nil {
			return card, "", err
		}
		card.Files = append(card.Files, weights.FileHash{Path: piece.To, Size: size, SHA256: strings.TrimPrefix(h.String(), "sha256:")})
	}
	whole := hashOfFiles(card.Files)
	if s.prints == nil {
		s.prints = map[string]fingerprint{}
	}
	s.prints[name] = fingerprint{card, whole}
	return card, whole, nil
}

// fingerprint is a model by the hashes of its files.
type fingerprint struct {
	card  weights.Card
	whole string
}

// knows says whether a model stands in the ledger as it is.
func (r *recorder) knows(ctx context.Context, a *archive.Archive, weights string) (bool, error) {
	for e, err := range a.History(ctx, hashOfHex(weights).String(), archive.OldestFirst) {
		if err != nil {
			return false, err
		}
		if e.Kind == record.KindModel {
			return true, nil
		}
	}
	return false, nil
}

// prompt is the entry of the words, which is a new version where they changed since the
// last request.
func (r *recorder) prompt(ctx context.Context, a *archive.Archive, q Request) (blob.Hash, error) {
	var previous *blob.Hash
	version := 1
	for e, err := range a.OfKind(ctx, record.KindPrompt, archive.NewestFirst) {
		if err != nil {
			return blob.Hash{}, err
		}
		body, err := e.Decode()
		if err != nil {
			return blob.Hash{}, err
		}
		last, ok := body.(*record.Prompt)
		if !ok {
			break
		}
		if said(ctx, a, last.Prompt) == q.Prompt && said(ctx, a, last.Negative) == q.Negative {
			return e.Hash, nil
		}
		previous, version = &e.Hash, last.Version+1
		break
	}
	d, err := promptAct(q, previous, version)
	if err != nil {
		return blob.Hash{}, err
	}
	entries, err := r.pen.Record(ctx, d)
	if err != nil {
		return blob.Hash{}, err
	}
	return entries[0].Hash, nil
}

// said is what a sealed text says, "" where it is withheld or erased.
func said(ctx context.Context, a *archive.Archive, s record.Sealed) string {
	if s.IsZero() {
		return ""
	}
	o, err := a.Opening(ctx, s.Commitment)
	if err != nil {
		return ""
	}
	return o.Text()
}

// finished records what came of the request; the picture lies among the contents then.
func (r *recorder) finished(ctx context.Context, made *Made, failed error) error {
	if r == nil || r.request == (blob.Hash{}) {
		return nil
	}
	// What was begun is ended in the ledger also where the person has gone.
	ctx = context.WithoutCancel(ctx)
	f := &record.Finished{Outcome: "done", Request: r.request}
	subjects := []string{r.request.String()}
	if r.pattern != "" {
		subjects = append(subjects, r.pattern)
	}
	switch {
	case errors.Is(failed, context.Canceled):
		f.Outcome = "cancelled"
	case failed != nil:
		f.Outcome, f.Reason = "failed", fmt.Sprintf("%.500s", failed.Error())
	default:
		data, err := encodePNG(made.Cell)
		if err != nil {
			return err
		}
		h, err := r.pen.Library().Blobs().PutBytes(ctx, data)
		if err != nil {
			return err
		}
		f.Candidates = []record.Candidate{{Picture: h, Seam: decimal(made.Seam.Statistic)}}
		f.Took = made.Took.Milliseconds()
		subjects = append(subjects, h.String())
		made.Recorded = &Recorded{Request: r.request, Picture: h, Library: r.pen.Library().Dir()}
	}
	_, err := r.pen.Record(ctx, record.Draft{Subjects: subjects, Body: f})
	return err
}

// GenerateIn is Generate, recorded in a library: who asked for what, and what came of it.
// lib may be nil, for a generation that nobody wants on record.
func (s *Session) GenerateIn(ctx context.Context, lib *library.Library, r Request, report func(Progress)) (made *Made, err error) {
	if lib == nil {
		return s.Generate(ctx, r, report)
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	return s.generate(ctx, r, report, &recorder{session: s, pen: pen, mode: "generate"})
}

// Accept records that a person took a candidate, out of how many there were.
func (s *Session) Accept(ctx context.Context, lib *library.Library, m *Made, of int) error {
	return s.choose(ctx, lib, m, func(r *Recorded) (record.Body, error) {
		return &record.Accepted{Of: max(1, of), Picture: r.Picture, Request: r.Request}, nil
	})
}

// Reject records that a person did not want a candidate, and why where they say so.
func (s *Session) Reject(ctx context.Context, lib *library.Library, m *Made, reason string) error {
	return s.choose(ctx, lib, m, func(r *Recorded) (record.Body, error) {
		sealed, err := record.SealText(reason)
		return &record.Rejected{Picture: r.Picture, Request: r.Request, Reason: sealed}, err
	})
}

func (s *Session) choose(ctx context.Context, lib *library.Library, m *Made, body func(*Recorded) (record.Body, error)) (err error) {
	if lib == nil || m.Recorded == nil {
		return nil // there is nothing on record that could be chosen
	}
	b, err := body(m.Recorded)
	if err != nil {
		return err
	}
	pen, err := s.write(ctx, lib)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pen.Release()) }()
	_, err = pen.Record(ctx, record.Draft{Subjects: []string{m.Recorded.Request.String(), m.Recorded.Picture.String()}, Body: b})
	return err
}

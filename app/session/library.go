package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/app/connect"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/engine/weights/shelf"
)

// Model is one that can be named in a request.
type Model struct {
	Name   string             `json:"name"`
	Kind   weights.Kind       `json:"kind"`
	Family weights.Family     `json:"family,omitempty"`
	Note   string             `json:"note,omitempty"`
	Files  []weights.FileHash `json:"files,omitempty"`
}

// shelf opens the person's installed models.
func (s *Session) shelf() (*shelf.Shelf, error) {
	dir := filepath.Join(s.cfg.DataDir, "models")
	if d := os.Getenv("SELVAGE_MODELS"); d != "" {
		dir = d
	}
	return shelf.Open(dir)
}

// find is the path of an installed model, or of a file or folder.
func (s *Session) find(name string) (string, error) {
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	sh, err := s.shelf()
	if err != nil {
		return "", err
	}
	e, err := sh.Find(name)
	var none *shelf.NotFoundError
	if errors.As(err, &none) {
		return "", usage("there is no model %q: it is neither installed (selvage models list) nor a folder or file here", name)
	}
	if err != nil {
		return "", err
	}
	return e.Path(), nil
}

// Models lists what can be named in a request, the starter first.
func (s *Session) Models(context.Context) ([]Model, error) {
	out := []Model{{Name: starter.Name, Kind: weights.Pipeline, Family: weights.Custom, Note: starter.Honest}}
	sh, err := s.shelf()
	if err != nil {
		return nil, err
	}
	all, err := sh.List()
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		out = append(out, modelOf(e))
	}
	return out, nil
}

func modelOf(e shelf.Entry) Model {
	m := Model{Name: e.ID, Kind: e.Card.Kind, Family: e.Card.Family, Files: e.Card.Files}
	switch {
	case e.Err != nil:
		m.Note = "cannot be read: " + e.Err.Error()
	case e.Card.CommercialUse == weights.No:
		m.Note = "licence " + e.Card.Licence + ": not for commercial work"
	default:
		m.Note = "licence " + e.Card.Licence
	}
	return m
}

// Card returns the card of the starter, an installed model or a path.
func (s *Session) Card(_ context.Context, name string) (card weights.Card, err error) {
	if name != starter.Name {
		path, err := s.find(name)
		if err != nil {
			return card, err
		}
		d, err := weights.Describe(path)
		if err != nil {
			return card, err
		}
		return d.Card, nil
	}
	m, err := starter.Open()
	if err != nil {
		return card, err
	}
	return m.Card, m.Close()
}

// Lineage returns what the training of a model wrote down of itself. It is nil
// for every model but the starter: of others there is what their card says.
func (s *Session) Lineage(name string) (*starter.Lineage, error) {
	if name != starter.Name {
		return nil, nil
	}
	return starter.OpenLineage()
}

// AddOptions say how a model is added.
type AddOptions struct {
	// Name is what it will be called; empty is its own.
	Name string
	// SHA256 is what a downloaded file has to hash to; empty takes any.
	SHA256 string
}

// AddModel installs a model from a folder, a file or an https address. A
// download that broke off is taken up where it stopped.
func (s *Session) AddModel(ctx context.Context, from string, o AddOptions, report func(Progress)) (Model, error) {
	if report == nil {
		report = func(Progress) {}
	}
	sh, err := s.shelf()
	if err != nil {
		return Model{}, err
	}
	add := shelf.AddOptions{Name: o.Name, Progress: func(done, total int64) {
		report(Progress{Stage: "Copying", Fraction: share(done, total)})
	}}
	path := from
	if strings.Contains(from, "://") {
		dir := filepath.Join(s.cfg.CacheDir, "downloads")
		got, err := connect.Download{URL: from, Dir: dir, SHA256: o.SHA256, Progress: func(done, total int64) {
			report(Progress{Stage: "Downloading", Fraction: share(done, total) / 2})
		}}.Run(ctx)
		if err != nil {
			return Model{}, err
		}
		path, add.Source = got.Path, from
		add.Progress = func(done, total int64) {
			report(Progress{Stage: "Copying", Fraction: 0.5 + share(done, total)/2})
		}
		defer func() { _ = os.Remove(got.Path) }() // installed, or told to be no model
	} else if o.SHA256 != "" {
		return Model{}, usage("--sha256 is for downloads; %s is here already", from)
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return Model{}, fmt.Errorf("there is no file or folder %s", path)
	}
	e, err := sh.Add(ctx, path, add)
	if err != nil {
		return Model{}, err
	}
	return modelOf(e), nil
}

func share(done, total int64) float64 {
	if total <= 0 {
		return 0
	}
	return float64(done) / float64(total)
}

// RemoveModel takes an installed model away.
func (s *Session) RemoveModel(_ context.Context, name string) error {
	if name == starter.Name {
		return usage("the starter model is part of the program and cannot be removed")
	}
	sh, err := s.shelf()
	if err != nil {
		return err
	}
	err = sh.Remove(name)
	var none *shelf.NotFoundError
	if errors.As(err, &none) {
		return usage("%v", none)
	}
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/certificate"
	"github.com/selvage-studio/selvage/ledger/record"
)

// certificateLabel is the assertion in which the studio puts the birth certificate.
const certificateLabel = "studio.selvage.certificate"

type pictureJSON struct {
	Kind        string           `json:"kind"`
	State       c2pa.State       `json:"state"`
	Trusted     bool             `json:"trusted"`
	Failures    []string         `json:"failures"`
	Manifests   int              `json:"manifests"`
	Detail      string           `json:"detail,omitempty"`
	Certificate *certificateJSON `json:"certificate,omitempty"`
}

type certificateJSON struct {
	State    string `json:"state"`
	Issuer   string `json:"issuer,omitempty"`
	Pattern  string `json:"pattern,omitempty"`
	Version  string `json:"version,omitempty"`
	HandOnly bool   `json:"hand_only,omitempty"`
	Problem  string `json:"problem,omitempty"`
	Log      string `json:"log,omitempty"`
}

// picture judges the Content Credentials of a picture, and the birth certificate in them.
func picture(ctx context.Context, path string, size int64, t trust) (found finding, err error) {
	f, err := os.Open(path)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	report, err := c2pa.Read(ctx, f, size, c2pa.Trust{Roots: t.roots})
	if err != nil {
		return found, err
	}
	out := pictureJSON{Kind: "c2pa", State: report.State, Trusted: report.Trusted, Failures: report.Failures, Manifests: report.Manifests, Detail: report.Detail}
	if out.Failures == nil {
		out.Failures = []string{}
	}
	found.intact, found.trusted = report.State == c2pa.Valid, report.Trusted
	found.lines = append(found.lines, fmt.Sprintf("%s: %s, %d manifests", path, strings.ToLower(string(report.State)), report.Manifests))
	for _, code := range report.Failures {
		found.lines = append(found.lines, "  "+code)
	}
	if report.State == c2pa.Error {
		found.json, found.nothing = out, true
		found.lines = append(found.lines, "  there are no Content Credentials in it that could be verified")
		return found, nil
	}
	if active := report.Active(); active != nil {
		for _, a := range active.Assertions {
			if a.Label != certificateLabel {
				continue
			}
			text, err := record.Canonical(a.Value)
			if err != nil {
				return found, err
			}
			one, lines := birth(text)
			out.Certificate = &one
			found.lines = append(found.lines, lines...)
			found.trusted = found.trusted || one.State == "Valid" && t.person(one.Issuer)
			found.intact = found.intact && one.State == "Valid"
		}
	}
	found.json = out
	return found, nil
}

// birth judges a certificate.
func birth(text []byte) (certificateJSON, []string) {
	v, err := certificate.Verify(text)
	if err != nil {
		return certificateJSON{State: "Invalid", Problem: err.Error()}, []string{"birth certificate: not valid: " + err.Error()}
	}
	issuer := v.Signer
	out := certificateJSON{State: "Valid", Issuer: issuer, Pattern: v.Birth.Pattern.ID, Version: v.Birth.Pattern.Version.String(), HandOnly: v.HandOnly}
	lines := []string{fmt.Sprintf("birth certificate: valid, issued by %s on %s", issuer, v.Created.Format("2 January 2006")), fmt.Sprintf("  pattern %s %s, version %s", v.Birth.Pattern.ID, v.Birth.Pattern.Name, out.Version)}
	for _, m := range v.Birth.Models {
		lines = append(lines, fmt.Sprintf("  model %s, licence %s, training data %s", m.Name, m.License, m.Lineage))
	}
	for _, e := range v.Birth.Edits {
		lines = append(lines, fmt.Sprintf("  %d edits: %s", e.Count, e.Class))
	}
	for _, m := range v.Birth.Milestones {
		lines = append(lines, fmt.Sprintf("  %s, signed by %s", m.Stage, m.Signer))
	}
	if i := v.Birth.Inclusion; i != nil {
		out.Log = i.Origin
		lines = append(lines, "  recorded in the log "+i.Origin)
	}
	return out, lines
}

// credential judges a certificate in a file of its own.
func credential(path string, t trust) (finding, error) {
	text, err := readAll(path, certificate.MaxSize)
	if err != nil {
		return finding{}, err
	}
	one, lines := birth(text)
	return finding{
		json:  map[string]any{"kind": "certificate", "state": one.State, "trusted": one.State == "Valid" && t.person(one.Issuer), "certificate": one},
		lines: lines, intact: one.State == "Valid", trusted: t.person(one.Issuer),
	}, nil
}

// readAll reads a file of at most so many bytes.
func readAll(path string, most int64) (text []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if text, err = io.ReadAll(io.LimitReader(f, most+1)); err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return text, err
}

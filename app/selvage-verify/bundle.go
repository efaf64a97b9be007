package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/selvage-studio/selvage/ledger/bundle"
	"github.com/selvage-studio/selvage/ledger/certificate"
	"github.com/selvage-studio/selvage/ledger/tree"
)

type partJSON struct {
	Name   string `json:"name"`
	Intact bool   `json:"intact"`
	Result any    `json:"result"`
}

// archived judges a bundle: each library, proof, certificate, picture and head in it. It is
// intact where all of them are, and trusted where all of them are; what nothing vouches for is
// named.
func archived(ctx context.Context, q question, t trust) (found finding, err error) {
	dir, err := os.MkdirTemp("", "selvage-verify-")
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	names, err := bundle.Unpack(ctx, q.path, dir)
	if err != nil {
		return found, err
	}
	parts, rest := partsOf(dir, names)
	if len(parts) == 0 {
		return found, &nothingError{fmt.Sprintf("%s is an archive without a library, a proof, a certificate, a picture or a signed head in it", q.path)}
	}
	found.intact, found.trusted = true, true
	judged := []partJSON{}
	for _, name := range parts {
		part := q
		part.packed = true
		part.path = filepath.Join(dir, filepath.FromSlash(name))
		one, err := judgeOne(ctx, part, t)
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		if one.nothing {
			rest = append(rest, name)
			continue
		}
		if err != nil {
			one = finding{json: map[string]any{"kind": "none", "state": "Error", "error": outside(dir, err.Error())}, lines: []string{err.Error()}}
		}
		judged = append(judged, partJSON{name, one.intact, one.json})
		found.intact, found.trusted = found.intact && one.intact, found.trusted && one.trusted
		for _, l := range one.lines {
			found.lines = append(found.lines, name+": "+outside(dir, l))
		}
	}
	if len(judged) == 0 {
		return found, &nothingError{fmt.Sprintf("%s is an archive in which nothing can be verified", q.path)}
	}
	slices.Sort(rest)
	for _, name := range rest {
		found.lines = append(found.lines, name+": nothing vouches for it")
	}
	// Whoever asks for trust asks for it in all that is handed over.
	found.trusted = found.trusted && len(rest) == 0
	state := map[bool]string{true: "Valid", false: "Invalid"}[found.intact]
	found.lines = append(found.lines, fmt.Sprintf("%s: %d judged, %d that nothing vouches for", map[bool]string{true: "intact", false: "not intact"}[found.intact], len(judged), len(rest)))
	found.json = map[string]any{"kind": "bundle", "state": state, "trusted": found.trusted, "parts": judged, "unjudged": append([]string{}, rest...)}
	return found, nil
}

// outside takes the folder that it was laid into out of what is said.
func outside(dir, text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, dir+string(filepath.Separator), ""), dir, "the bundle")
}

// partsOf are what can be judged of a bundle, and the rest.
func partsOf(dir string, names []string) (parts, rest []string) {
	there := map[string]bool{}
	var libraries []string
	for _, n := range names {
		there[n] = true
		if path.Base(n) == "library.json" {
			libraries = append(libraries, path.Dir(n))
		}
	}
	parts = append(parts, libraries...)
	for _, n := range names {
		at := filepath.Join(dir, filepath.FromSlash(n))
		proof, beside := strings.CutSuffix(n, ".json")
		switch ext := strings.ToLower(path.Ext(n)); {
		case belongs(n, libraries):
			// It is judged with its library.
		case ext == tree.ProofExtension:
			parts = append(parts, n)
		case beside && there[proof] && strings.EqualFold(path.Ext(proof), tree.ProofExtension):
			// It is judged with its proof.
		case ext == ".json" && isCredential(at), isHead(at), slices.Contains([]string{".png", ".jpg", ".jpeg", ".tif", ".tiff"}, ext):
			parts = append(parts, n)
		default:
			rest = append(rest, n)
		}
	}
	slices.Sort(parts)
	return parts, rest
}

// belongs says whether a file is one of those that a library consists of.
func belongs(name string, libraries []string) bool {
	for _, l := range libraries {
		rel := name
		if l != "." {
			var in bool
			if rel, in = strings.CutPrefix(name, l+"/"); !in {
				continue
			}
		}
		if rel == "library.json" || rel == "ledger.db" || rel == "ledger.db-wal" || strings.HasPrefix(rel, "blobs/sha256/") {
			return true
		}
	}
	return false
}

// isCredential reports whether a JSON file means to be a certificate.
func isCredential(path string) bool {
	text, err := readAll(path, certificate.MaxSize)
	if err != nil || !bytes.Contains(text, []byte("credentialSubject")) {
		return false
	}
	return json.Valid(text)
}

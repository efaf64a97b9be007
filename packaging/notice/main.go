// Command notice writes the NOTICE file: every module that the program is
// linked with, its licence, and what else is shipped with it.
//
//	go run ./packaging/notice        write NOTICE
//	go run ./packaging/notice -check exit 1 when it is out of date
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	if err := run(context.Background(), "NOTICE", *check); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string, check bool) error {
	text, err := notice(ctx)
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(path, text, 0o644) //nolint:gosec // a document for everybody
	}
	have, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(have, text) {
		return errors.New("NOTICE is out of date; run go run ./packaging/notice")
	}
	return nil
}

// module is a dependency with the text of its licence.
type module struct {
	Path, Version, Dir string
	licence            string
}

// notice lists the modules that the program is linked with on Linux, whose
// set the other systems share but for a few.
func notice(ctx context.Context) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", "list", "-deps", "-tags", "migrated_fynedo", "-json=Module", ".")
	c.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=1")
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	found := map[string]module{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if m := p.Module; m != nil && !m.Main {
			found[m.Path] = module{Path: m.Path, Version: m.Version, Dir: m.Dir}
		}
	}
	byText := map[string][]module{}
	for _, m := range found {
		if m.licence, err = licence(m.Dir); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		byText[m.licence] = append(byText[m.licence], m)
	}
	var groups [][]module
	for _, g := range byText {
		slices.SortFunc(g, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b []module) int { return strings.Compare(a[0].Path, b[0].Path) })
	var b bytes.Buffer
	b.WriteString(preface)
	for _, g := range groups {
		fmt.Fprintf(&b, "%s\n", strings.Repeat("=", 78))
		for _, m := range g {
			fmt.Fprintf(&b, "%s %s\n", m.Path, m.Version)
		}
		fmt.Fprintf(&b, "\n%s\n\n", g[0].licence)
	}
	return b.Bytes(), nil
}

const preface = `Selvage
Copyright 2026 The Selvage authors, Apache License 2.0 (see LICENSE)

The program is linked with the modules below, each under its licence. With it come

- the vocabulary of CLIP (engine/weights/clip-merges.txt.gz), MIT licence,
  Copyright (c) 2021 OpenAI;
- ONNX Runtime, which set-up fetches and which is loaded when the program runs, MIT
  licence, Copyright (c) Microsoft Corporation.

`

// licence reads the licence files of a module's folder.
func licence(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var texts []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		for _, prefix := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE"} {
			if !e.IsDir() && strings.HasPrefix(name, prefix) && !strings.HasSuffix(name, ".GO") {
				b, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					return "", err
				}
				texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n")))
				break
			}
		}
	}
	if len(texts) == 0 {
		return "", errors.New("no licence file in its module")
	}
	return strings.Join(texts, "\n\n"), nil
}

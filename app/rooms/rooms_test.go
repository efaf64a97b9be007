package rooms

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/selvage-studio/selvage/"

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
	CgoFiles     []string
}

// graph is the module's packages by their path inside the module.
type graph map[string]pkg

func list(t *testing.T, patterns ...string) graph {
	t.Helper()
	args := append([]string{"list", "-e", "-deps", "-json=ImportPath,Imports,TestImports,XTestImports,Deps,CgoFiles"}, patterns...)
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	g := graph{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatal(err)
		}
		g[p.ImportPath] = p
	}
}

// never says that packages under From may not import what is under Forbidden;
// with Deep, not through others either.
type never struct {
	From      string
	Forbidden []string
	Deep      bool
}

func rules() []never {
	return []never{
		{From: "gpu", Forbidden: []string{"engine", "ledger", "license", "sync", "ui", "app", "packaging"}, Deep: true},
		{From: "engine", Forbidden: []string{"ledger", "license", "sync", "ui", "app"}, Deep: true},
		{From: "engine/pattern", Forbidden: []string{"gpu"}, Deep: true},
		{From: "engine/draw", Forbidden: []string{"gpu"}, Deep: true},
		{From: "engine/edit", Forbidden: []string{"gpu"}, Deep: true},
		{From: "engine/similarity", Forbidden: []string{"gpu"}, Deep: true},
		{From: "ledger", Forbidden: []string{"engine", "gpu", "license", "sync", "ui", "app"}, Deep: true},
		{From: "license", Forbidden: []string{"engine", "gpu", "sync", "ui", "app"}, Deep: true},
		{From: "sync", Forbidden: []string{"engine", "gpu", "ui", "app"}, Deep: true},
		{From: "ui", Forbidden: []string{"app", "sync", "gpu"}, Deep: true},
	}
}

// onlyIn says which packages alone may import a library.
func onlyIn() map[string][]string {
	return map[string][]string{
		"github.com/yalue/onnxruntime_go": {"gpu"},
		"fyne.io/fyne/v2":                 {"ui", "app/desktop"},
		"github.com/go-gl/glfw":           {"ui", "app/desktop"},
		"github.com/libp2p/go-libp2p":     {"sync/peer"},
		"github.com/hashicorp/raft":       {"sync/cluster"},
		"github.com/mattn/go-sqlite3":     {"ledger/store", "sync/cluster"},
		"modernc.org/sqlite":              {"app/selvage-verify", "ledger/store"},
	}
}

func under(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

// offences lists every import that breaks a rule, one line each.
func offences(g graph) []string {
	var bad []string
	for _, path := range sorted(g) {
		p, ours := g[path], strings.TrimPrefix(path, module)
		if ours == path {
			continue
		}
		direct := slices.Concat(p.Imports, p.TestImports, p.XTestImports)
		for _, r := range rules() {
			if !under(ours, r.From) {
				continue
			}
			reach := direct
			if r.Deep {
				reach = slices.Concat(direct, p.Deps)
			}
			for _, imp := range reach {
				for _, f := range r.Forbidden {
					if strings.HasPrefix(imp, module) && under(strings.TrimPrefix(imp, module), f) {
						bad = append(bad, fmt.Sprintf("%s reaches %s", ours, strings.TrimPrefix(imp, module)))
					}
				}
			}
		}
		for lib, rooms := range onlyIn() {
			for _, imp := range direct {
				if under(imp, lib) && !slices.ContainsFunc(rooms, func(r string) bool { return under(ours, r) }) {
					bad = append(bad, fmt.Sprintf("%s imports %s, which belongs to %s alone", ours, imp, strings.Join(rooms, ", ")))
				}
			}
		}
		if under(ours, "ui/viewmodel") {
			for _, dep := range p.Deps {
				if under(dep, "fyne.io/fyne/v2") || (len(g[dep].CgoFiles) > 0 && strings.Contains(dep, ".")) {
					bad = append(bad, fmt.Sprintf("%s reaches %s: the viewmodel has neither Fyne nor cgo", ours, dep))
				}
			}
		}
		for _, word := range strings.Split(ours, "/") {
			if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "manager"}, word) {
				bad = append(bad, ours+" is named for nothing that it does")
			}
		}
	}
	sort.Strings(bad)
	return slices.Compact(bad)
}

func sorted(g graph) []string {
	var s []string
	for k := range g {
		s = append(s, k)
	}
	sort.Strings(s)
	return s
}

func TestRoomsKeepToTheHousePlan(t *testing.T) {
	g := list(t, module+"...")
	if len(g) < 5 {
		t.Fatalf("go list found %d packages; the test looked at nothing", len(g))
	}
	for _, o := range offences(g) {
		t.Error(o)
	}
}

// A rule that cannot fail holds nothing: each of these graphs breaks one.
func TestEveryRuleFindsItsOffence(t *testing.T) {
	for _, r := range rules() {
		for _, f := range r.Forbidden {
			g := graph{module + r.From: {Deps: []string{module + f + "/x"}}}
			if len(offences(g)) == 0 {
				t.Errorf("%s reaching %s/x through another package passes", r.From, f)
			}
		}
	}
	for lib := range onlyIn() {
		if len(offences(graph{module + "engine/draw": {Imports: []string{lib}}})) == 0 {
			t.Errorf("engine/draw importing %s passes", lib)
		}
	}
	cgo := graph{module + "ui/viewmodel": {Deps: []string{"example.org/c"}}, "example.org/c": {CgoFiles: []string{"a.go"}}}
	if len(offences(cgo)) == 0 {
		t.Error("cgo in the viewmodel passes")
	}
	if len(offences(graph{module + "app/util": {}})) == 0 {
		t.Error("a package called util passes")
	}
}

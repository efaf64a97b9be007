// Command bench measures the engine side by side with its peers, in one run,
// and writes the table of BENCHMARKS.md:
//
//	go run ./packaging/bench [-runs 3] [-out BENCHMARKS.md]
//
// The peers are Python programs from PyPI in a virtual environment of their
// own, kept in the user's cache; where there is no Python, their columns say so.
// Every figure is taken in a fresh process, ours and theirs in turn, and quoted
// as the median and as a ratio.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "ours" {
		exit(ours(ctx, os.Args[2:]))
		return
	}
	runs := flag.Int("runs", 3, "rounds of each measurement")
	out := flag.String("out", "BENCHMARKS.md", "file of the table")
	only := flag.String("only", "", "sections to measure anew, comma-separated; the others stay; empty is all")
	flag.Parse()
	b := &bench{runs: *runs, only: *only}
	exit(b.run(ctx, *out))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// figures are what a process prints about itself, as JSON on its last line.
type figures struct {
	Seconds     []float64          `json:"seconds"`
	LoadSeconds float64            `json:"load_seconds"`
	First       float64            `json:"first_seconds"`
	PeakBytes   int64              `json:"peak_bytes"`
	CPU         float64            `json:"cpu_seconds"` // of all cores, of the process so far
	Values      map[string]float64 `json:"values"`
}

func (f figures) median() float64 { return median(f.Seconds) }

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// bench is one run of the benchmarks.
type bench struct {
	runs   int
	only   string
	cache  string
	self   string // this program, compiled
	python string // of the peers, "" where they cannot run
	why    string // they cannot
	doc    strings.Builder
}

func (b *bench) run(ctx context.Context, out string) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	b.cache = filepath.Join(cache, "selvage", "bench")
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return err
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if err := b.peers(ctx); err != nil {
		b.why = err.Error()
		fmt.Fprintln(os.Stderr, "bench: without peers:", err)
	}
	old, err := os.ReadFile(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	kept := bodies(string(old))
	var failed error
	for _, s := range b.sections() {
		if b.only != "" && !slices.Contains(strings.Split(b.only, ","), s.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "bench:", s.name)
		b.doc.Reset()
		if err := s.run(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s.name, err))
			b.printf("Not measured: %s.\n", strings.SplitN(err.Error(), "\n", 2)[0])
		}
		b.printf("\nMeasured in %d round(s) on %s, %d threads, %s.\n", b.runs, processor(), runtime.NumCPU(), runtime.GOOS+"/"+runtime.GOARCH)
		kept[s.title] = b.doc.String()
		// What was measured is not lost to what comes after.
		if err := os.WriteFile(out, b.document(kept), 0o644); err != nil { //nolint:gosec // a document for everybody
			return err
		}
	}
	return failed
}

// section is one heading of the document.
type section struct {
	name, title string
	run         func(context.Context) error
}

func (b *bench) sections() []section {
	return []section{
		{"unet", "UNet of Stable Diffusion 1.5's shape, 512 x 512, batch 1, random weights", b.unet},
		{"first", "Start of the process to the end of the first step, fp16 file in the page cache", b.first},
		{"tiles", "The processor's tiles, the same UNet", b.tiles},
		{"lattice", "What a lattice costs, the same UNet", b.lattice},
		{"starter", "The starter model, 256 x 256, 20 steps with guidance, half-drop", b.starter},
		{"rolling", "Rolling early, wrapping late: the starter model, half-drop", b.rolling},
		{"graphs", "Building graphs", b.graphs},
		{"brush", "A dab of 100 pixels on a cell of 4096 x 4096, one core", b.brush},
		{"palette", "Palette lock of 2048 x 2048 to 12 colours", b.palette},
		{"trace", "Tracing, one colour at a time", b.tracing},
		{"stack", "Going about in the versions of a pattern of 2048 x 2048", b.stack},
		{"ledger", "Being on record", b.ledger},
	}
}

// document puts the head and all sections that there are together.
func (b *bench) document(bodies map[string]string) []byte {
	b.doc.Reset()
	b.head()
	for _, s := range b.sections() {
		if body, ok := bodies[s.title]; ok {
			b.printf("\n## %s\n\n%s\n", s.title, strings.TrimSpace(body))
		}
	}
	return []byte(b.doc.String())
}

// bodies takes a document apart: with -only, the sections that are not run stay
// as they were measured before.
func bodies(document string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(document, "\n## ")[1:] {
		title, body, _ := strings.Cut(part, "\n")
		out[title] = body
	}
	return out
}

// peers sets up the virtual environment once.
func (b *bench) peers(ctx context.Context) error {
	requirements, err := os.ReadFile("packaging/bench/requirements.txt")
	if err != nil {
		return fmt.Errorf("run it from the root of the repository: %w", err)
	}
	venv := filepath.Join(b.cache, "venv")
	done := filepath.Join(venv, "requirements.txt")
	if have, err := os.ReadFile(done); err != nil || !bytes.Equal(have, requirements) {
		base, err := exec.LookPath("python3")
		if err != nil {
			return errors.New("there is no python3, so the peers cannot be measured")
		}
		for _, args := range [][]string{
			{base, "-m", "venv", venv},
			{filepath.Join(venv, "bin", "pip"), "install", "--quiet", "-r", "packaging/bench/requirements.txt"},
		} {
			c := exec.CommandContext(ctx, args[0], args[1:]...)
			c.Stderr = os.Stderr
			if err := c.Run(); err != nil {
				return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
			}
		}
		if err := os.WriteFile(done, requirements, 0o644); err != nil { //nolint:gosec // no secret
			return err
		}
	}
	b.python = filepath.Join(venv, "bin", "python")
	return nil
}

// peer runs peers.py, mine this program in a process of its own.
func (b *bench) peer(ctx context.Context, args ...string) (figures, error) {
	return process(ctx, b.python, append([]string{"packaging/bench/peers.py"}, args...)...)
}

func (b *bench) mine(ctx context.Context, args ...string) (figures, error) {
	return process(ctx, b.self, append([]string{"ours"}, args...)...)
}

func process(ctx context.Context, name string, args ...string) (figures, error) {
	return processWith(ctx, nil, name, args...)
}

// processWith runs a program with more in its environment, and reads its figures.
func processWith(ctx context.Context, more []string, name string, args ...string) (figures, error) {
	var f figures
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), more...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		tail := errs.String()
		return f, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, tail[max(0, len(tail)-2000):])
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &f); err != nil {
		return f, fmt.Errorf("%s %s printed no figures: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return f, nil
}

// contestant is one row of a comparison.
type contestant struct {
	name    string
	run     func(context.Context) (figures, error)
	rounds  []figures
	skipped string
}

// compete runs contestants in turn, round by round.
func (b *bench) compete(ctx context.Context, all []*contestant) error {
	for round := range b.runs {
		for _, c := range all {
			if c.skipped != "" {
				continue
			}
			f, err := c.run(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				c.skipped = strings.SplitN(strings.TrimSpace(err.Error()), "\n", 2)[0]
				fmt.Fprintln(os.Stderr, "bench:", err)
				continue
			}
			c.rounds = append(c.rounds, f)
			fmt.Fprintf(os.Stderr, "bench: round %d, %s: %.3f s, load %.1f s, first %.1f s, peak %.2f GiB\n", round+1, c.name, f.median(), f.LoadSeconds, f.First, gib(f.PeakBytes))
		}
	}
	return nil
}

// over returns the median over the rounds of what pick takes from each.
func (c *contestant) over(pick func(figures) float64) float64 {
	var v []float64
	for _, f := range c.rounds {
		v = append(v, pick(f))
	}
	return median(v)
}

func seconds(f figures) float64 { return f.median() }
func peak(f figures) float64    { return float64(f.PeakBytes) }
func gib(n int64) float64       { return float64(n) / (1 << 30) }

// ratio is the median of c over that of other, as text.
func (c *contestant) ratio(other *contestant, pick func(figures) float64) string {
	if len(c.rounds) == 0 || len(other.rounds) == 0 {
		return "–"
	}
	return strconv.FormatFloat(c.over(pick)/other.over(pick), 'f', 2, 64)
}

func (b *bench) printf(format string, a ...any) { fmt.Fprintf(&b.doc, format, a...) }

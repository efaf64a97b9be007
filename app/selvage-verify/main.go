// Selvage-verify judges what a studio hands out, anywhere: without an account, without a
// network and without the studio's program.
//
//	selvage-verify [--json] [--trust PEM|DID]... [--require-trust] [--head NOTE]... [--witness VKEY]... FILE|LIBRARY|BUNDLE
//
// A picture (PNG, JPEG, TIFF) is judged by its Content Credentials and by the birth certificate
// in it, a certificate by itself (.json), a proof (.tlog-proof, with the entry beside it as
// .json) by its tree, a signed head by its signatures, a library by its whole ledger and its
// contents, and a bundle (one ZIP archive: a back-up, proofs, pictures) by all that it holds.
//
// --trust names a certificate authority (a PEM file) or a person (did:key): who issued a
// certificate, owns a library, or whose device signed a head. --head names a file of a signed head
// that was kept elsewhere, and --witness the key of somebody who has to have cosigned each log
// of a library, each of those heads, and the head of a proof.
//
// Exit codes: 0 intact, 1 not intact, or not trusted under --require-trust, 2 nothing to verify,
// unreadable, or wrong usage. It is one static file: no cgo.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/ledger/bundle"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// Exit codes.
const (
	exitIntact     = 0
	exitNotIntact  = 1
	exitUnreadable = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// question is what is asked on the command line.
type question struct {
	json, requireTrust bool
	trust, heads       list
	witnesses          list
	path               string
	// packed says that it came out of a bundle, in which no other bundle is looked into.
	packed bool
}

// finding is what was found: an object for --json, and lines for people.
type finding struct {
	json    any
	lines   []string
	intact  bool
	trusted bool
	// nothing says that there was nothing to verify, or that it could not be read.
	nothing bool
}

// nothingError reports something that cannot be verified.
type nothingError struct{ reason string }

func (e *nothingError) Error() string { return e.reason }

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	var q question
	f := flag.NewFlagSet("selvage-verify", flag.ContinueOnError)
	f.SetOutput(errs)
	f.BoolVar(&q.json, "json", false, "one JSON object instead of text")
	f.BoolVar(&q.requireTrust, "require-trust", false, "exit 1 where nobody named by --trust vouches for it")
	f.Var(&q.trust, "trust", "PEM file of an authority, or did:key of a person; may be repeated")
	f.Var(&q.heads, "head", "file of a signed head that was kept elsewhere; may be repeated")
	f.Var(&q.witnesses, "witness", "key of a witness (NAME+ID+KEY) who has to have cosigned the heads; may be repeated")
	f.Usage = func() {
		fmt.Fprintln(errs, "usage: selvage-verify [--json] [--trust PEM|DID]... [--require-trust] [--head NOTE]... [--witness VKEY]... FILE|LIBRARY|BUNDLE")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitIntact
		}
		return exitUnreadable
	}
	if f.NArg() != 1 {
		f.Usage()
		return exitUnreadable
	}
	q.path = f.Arg(0)
	found, err := judge(ctx, q)
	if err != nil {
		if q.json {
			write(out, map[string]any{"kind": "none", "state": "Error", "error": err.Error()})
		} else {
			fmt.Fprintln(errs, "selvage-verify:", err)
		}
		return exitUnreadable
	}
	if q.json {
		write(out, found.json)
	} else {
		for _, l := range found.lines {
			fmt.Fprintln(out, l)
		}
	}
	if found.nothing {
		return exitUnreadable
	}
	if !found.intact || q.requireTrust && !found.trusted {
		return exitNotIntact
	}
	return exitIntact
}

func write(out io.Writer, v any) {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		fmt.Fprintf(out, "{\"state\":\"Error\",\"error\":%q}\n", err.Error())
	}
}

// judge judges what the command line names.
func judge(ctx context.Context, q question) (finding, error) {
	trust, err := readTrust(q.trust, q.witnesses)
	if err != nil {
		return finding{}, err
	}
	return judgeOne(ctx, q, trust)
}

// judgeOne finds out what it has before it.
func judgeOne(ctx context.Context, q question, trust trust) (finding, error) {
	st, err := os.Stat(q.path)
	if err != nil {
		return finding{}, err
	}
	switch ext := strings.ToLower(filepath.Ext(q.path)); {
	case st.IsDir():
		return library(ctx, q, trust)
	case !st.Mode().IsRegular():
		return finding{}, &nothingError{q.path + " is no plain file"}
	case ext == ".json":
		if err := q.unused("a certificate", true); err != nil {
			return finding{}, err
		}
		return credential(q.path, trust)
	case ext == tree.ProofExtension:
		if err := q.unused("a proof", false); err != nil {
			return finding{}, err
		}
		return inclusion(q.path, trust)
	case bundle.Is(q.path) && !q.packed:
		return archived(ctx, q, trust)
	case isHead(q.path):
		if err := q.unused("a signed head", false); err != nil {
			return finding{}, err
		}
		return head(q.path, trust)
	default:
		if err := q.unused("a picture", true); err != nil {
			return finding{}, err
		}
		return picture(ctx, q.path, st.Size(), trust)
	}
}

// unused refuses what was given to compare with and cannot be compared: whoever gives
// a head or a witness believes that it was looked at. What came out of a bundle is
// judged beside that which they are meant for.
func (q question) unused(what string, witnesses bool) error {
	switch {
	case q.packed:
		return nil
	case len(q.heads) > 0:
		return &nothingError{fmt.Sprintf("%s is %s, and --head compares the heads of a library or a bundle; leave --head away, or verify the library", q.path, what)}
	case witnesses && len(q.witnesses) > 0:
		return &nothingError{fmt.Sprintf("%s is %s, which no witness cosigns; --witness is for a library, a bundle, a head or a proof", q.path, what)}
	}
	return nil
}

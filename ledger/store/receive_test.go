package store

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// cosigned is the line that a witness answers with.
func cosigned(t *testing.T, head archive.Signed, key note.Signer) string {
	t.Helper()
	n, err := note.Sign(&note.Note{Text: head.Text()}, key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(string(n), head.Text()+"\n")
}

// delivery is what a device hands over of its log, from an index to the end.
func delivery(t *testing.T, a *archive.Archive, log blob.Hash, from int64) Delivery {
	t.Helper()
	l, err := a.Log(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	h, err := a.LatestHead(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	d := Delivery{Log: log, From: from, Note: h.Note}
	for e, err := range a.Entries(t.Context(), l, from, l.Size) {
		if err != nil {
			t.Fatal(err)
		}
		d.Texts = append(d.Texts, e.Text)
		body, err := e.Decode()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range record.Commitments(body) {
			o, err := a.Opening(t.Context(), c.Commitment)
			if err != nil {
				t.Fatal(err)
			}
			d.Openings = append(d.Openings, o)
		}
	}
	return d
}

func TestAnotherDevicesLogIsReceived(t *testing.T) {
	there, here := open(t, Options{Dir: t.TempDir()}), open(t, Options{Dir: t.TempDir()})
	l := begin(t, there, "laptop")
	begin(t, here, "desk")
	for i := range 300 {
		appendTo(t, l, edit("p", i))
	}
	v := verifier(t, l.ID(), "laptop")
	if err := here.Receive(t.Context(), delivery(t, there.Archive(), l.ID(), 0), v); err != nil {
		t.Fatal(err)
	}
	appendTo(t, l, saved(t, "p", "Scallops", 1))
	for range 2 { // the second time it is known
		if err := here.Receive(t.Context(), delivery(t, there.Archive(), l.ID(), 290), v); err != nil {
			t.Fatal(err)
		}
	}
	all := verify(t, here.Archive(), "desk", "laptop")
	if len(all[l.ID()]) != 302 {
		t.Errorf("%d entries", len(all[l.ID()]))
	}
	n := 0
	for range here.Archive().History(t.Context(), "p", archive.NewestFirst) {
		n++
	}
	if n != 301 {
		t.Errorf("%d entries about it", n)
	}
}

func TestWhatIsNotTheLogIsNotReceived(t *testing.T) {
	there, here := open(t, Options{Dir: t.TempDir()}), open(t, Options{Dir: t.TempDir()})
	l, other := begin(t, there, "laptop"), begin(t, there, "phone")
	for i := range 5 {
		appendTo(t, l, edit("p", i))
		appendTo(t, other, edit("q", i))
	}
	v := verifier(t, l.ID(), "laptop")
	good := func() Delivery { return delivery(t, there.Archive(), l.ID(), 0) }
	for name, d := range map[string]func() Delivery{
		"an entry of another log": func() Delivery {
			d := good()
			d.Texts[2] = delivery(t, there.Archive(), other.ID(), 0).Texts[2]
			return d
		},
		"another order":     func() Delivery { d := good(); d.Texts[2], d.Texts[3] = d.Texts[3], d.Texts[2]; return d },
		"an entry left out": func() Delivery { d := good(); d.Texts = slices.Delete(d.Texts, 2, 3); return d },
		"an entry changed": func() Delivery {
			d := good()
			d.Texts[2] = []byte(strings.Replace(string(d.Texts[2]), "brush", "brusH", 1))
			return d
		},
		"no entry":              func() Delivery { d := good(); d.Texts[2] = []byte("{}"); return d },
		"without its beginning": func() Delivery { return delivery(t, there.Archive(), l.ID(), 2) },
		"another log's head":    func() Delivery { d := good(); d.Note = delivery(t, there.Archive(), other.ID(), 0).Note; return d },
		"another log's id":      func() Delivery { d := good(); d.Log = other.ID(); return d },
		"an opening of nothing": func() Delivery { d := good(); d.Openings = []record.Opening{{}}; return d },
		"a negative place":      func() Delivery { d := good(); d.From = -1; return d },
		"a head that nobody signed": func() Delivery {
			d := good()
			d.Note = []byte(strings.Replace(string(d.Note), "\n6\n", "\n7\n", 1))
			return d
		},
	} {
		var refused *ReceiveError
		if err := here.Receive(t.Context(), d(), v); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if logs, err := here.Archive().Logs(t.Context()); err != nil || len(logs) != 0 {
		t.Errorf("%+v, %v", logs, err)
	}
	// Its own log a device takes from nobody.
	var refused *ReceiveError
	if err := there.Receive(t.Context(), good(), v); !errors.As(err, &refused) {
		t.Error(err)
	}
	// A fork: the device went on from an older copy elsewhere.
	if err := here.Receive(t.Context(), good(), v); err != nil {
		t.Fatal(err)
	}
	fork := good()
	var edge tree.Edge
	texts := slices.Clone(fork.Texts)
	line, err := edit("fork", 0).Encode(l.ID(), record.Now())
	if err != nil {
		t.Fatal(err)
	}
	texts[5] = line.Text
	for _, text := range texts {
		edge.Append(record.Hash(text), nil)
	}
	signer, err := owner("laptop").Signer(tree.Origin(l.ID()))
	if err != nil {
		t.Fatal(err)
	}
	n, err := tree.Head{Origin: tree.Origin(l.ID()), Size: 6, Root: edge.Root(), Time: record.Now()}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := here.Receive(t.Context(), Delivery{Log: l.ID(), Texts: texts, Note: n}, v); !errors.As(err, &refused) || !strings.Contains(err.Error(), "forked") {
		t.Errorf("a fork: %v", err)
	}
	verify(t, here.Archive(), "laptop")
}

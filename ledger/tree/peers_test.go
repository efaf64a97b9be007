package tree

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// written lays out a log of n entries, cosigned by somebody else's witness.
func written(t *testing.T, dir string, n int) (*log, Head, note.Verifier, *torchwood.CosignatureSigner) {
	t.Helper()
	l := &log{}
	l.append(numbered(n)...)
	h := l.head()
	key, v := logKey(t, h.Origin)
	w, err := torchwood.NewCosignatureSigner("witness.example/w1", seeded(2))
	if err != nil {
		t.Fatal(err)
	}
	text, err := h.Sign(key, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), dir, l, text); err != nil {
		t.Fatal(err)
	}
	return l, h, v, w
}

// Somebody else's client reads every entry of the folder, and checks each of them.
func TestSomebodyElseReadsTheFolder(t *testing.T) {
	for _, n := range []int{1, 255, 256, 257, 1000} {
		dir := t.TempDir()
		l, h, v, _ := written(t, dir, n)
		files, err := torchwood.NewTileFS(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		client, err := torchwood.NewClient(files)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := files.ReadEndpoint(t.Context(), "checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := torchwood.VerifyCheckpoint(signed, torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(h.Origin), torchwood.SingleVerifierPolicy(v)))
		if err != nil || c.N != int64(n) || c.Origin != h.Origin || c.Hash != tlog.Hash(h.Root) {
			t.Fatalf("%+v, %v", c, err)
		}
		var got [][]byte
		for i, text := range client.AllEntries(t.Context(), c.Tree, 0) {
			if i != int64(len(got)) {
				t.Fatalf("entry %d stands at %d", i, len(got))
			}
			got = append(got, bytes.Clone(text))
		}
		if err := client.Err(); err != nil || !slices.EqualFunc(got, l.texts, bytes.Equal) {
			t.Errorf("of %d entries %d were read: %v", n, len(got), err)
		}
		text, proof, err := client.Entry(t.Context(), c.Tree, int64(n-1))
		if err != nil || CheckInclusion(ours(proof), h, int64(n-1), record.Hash(text)) != nil {
			t.Errorf("their proof of entry %d: %v", n-1, err)
		}
	}
}

// Their proofs pass our check and ours theirs, with a policy that asks for the witness.
func TestProofFilesOfBothPass(t *testing.T) {
	dir := t.TempDir()
	l, h, v, w := written(t, dir, 700)
	signed, err := OpenFolder(dir).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	path, err := Include(t.Context(), OpenFolder(dir), h, 300)
	if err != nil {
		t.Fatal(err)
	}
	leaf := record.Hash(l.texts[300])
	policy := torchwood.ThresholdPolicy(3, torchwood.OriginPolicy(h.Origin), torchwood.SingleVerifierPolicy(v), torchwood.SingleVerifierPolicy(w.Verifier()))
	for _, extra := range [][]byte{nil, []byte("extra")} {
		our := (&Proof{Extra: extra, Index: 300, Path: path, Head: signed}).Marshal()
		if err := torchwood.VerifyProof(policy, tlog.Hash(leaf), our); err != nil {
			t.Errorf("ours to them: %v", err)
		}
		their := torchwood.FormatProof(300, theirs(path), signed)
		if extra != nil {
			their = torchwood.FormatProofWithExtraData(300, extra, theirs(path), signed)
		}
		if !bytes.Equal(our, their) {
			t.Errorf("%s\nis written by them\n%s", our, their)
		}
		p, err := ParseProof(their)
		if err != nil {
			t.Fatal(err)
		}
		witness, err := ParseWitness(w.Verifier().String())
		if err != nil {
			t.Fatal(err)
		}
		_, seen, err := p.Check(leaf, v, witness)
		if err != nil || len(seen) != 1 || seen[0].Witness != "witness.example/w1" || seen[0].At.IsZero() {
			t.Errorf("theirs to us: %+v, %v", seen, err)
		}
		if !strings.Contains(string(signed), seen[0].Line+"\n") {
			t.Errorf("the line %q is not that of the note", seen[0].Line)
		}
	}
}

// What our witness signs passes their check; a line of it that is added to a note is
// found there.
func TestOurCosignaturePassesTheirCheck(t *testing.T) {
	l := &log{}
	l.append("a", "b", "c")
	h := l.head()
	key, v := logKey(t, h.Origin)
	text, err := h.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWitness("studio.example", seeded(2).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	when := time.Date(2026, 11, 27, 10, 1, 0, 0, time.UTC)
	cosigner := NewCosignatureKey(w, func(m []byte) ([]byte, error) { return ed25519.Sign(seeded(2), m), nil }, func() time.Time { return when })
	cosigned, err := note.Sign(&note.Note{Text: h.Text()}, cosigner)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimPrefix(string(cosigned), h.Text()+"\n")
	text, err = Cosign(text, line)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Cosign(text, line); err != nil || !bytes.Equal(again, text) {
		t.Errorf("a line is added twice: %v", err)
	}
	if _, err := Cosign(text, "no line"); err == nil {
		t.Error("something is added that is no signature")
	}
	their, err := torchwood.NewCosignatureVerifier(w.String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(text, note.VerifierList(their))
	if err != nil || len(n.Sigs) != 1 {
		t.Fatalf("%+v, %v", n, err)
	}
	if at, err := torchwood.CosignatureTimestamp(n.Sigs[0]); err != nil || at != when.Unix() {
		t.Errorf("%d, %v", at, err)
	}
	_, seen, err := Open(text, v, w)
	if err != nil || len(seen) != 1 || !seen[0].At.Equal(when) {
		t.Errorf("%+v, %v", seen, err)
	}
	// Another time than the one that was signed.
	wrong := bytes.Clone(text)
	wrong[bytes.LastIndexByte(wrong, ' ')+14] ^= 1
	var refused *HeadError
	if _, _, err := Open(wrong, v, w); !errors.As(err, &refused) {
		t.Errorf("a cosignature with another time: %v", err)
	}
}

func TestPathsAreTheirs(t *testing.T) {
	for _, n := range []int64{0, 7, 999, 1000, 1234067, 999_999_999_999} {
		for _, width := range []int{1, 17, 255, 256} {
			for level := range 4 {
				if got, want := (Tile{level, n, width}).Path(), torchwood.TilePath(tlog.Tile{H: 8, L: level, N: n, W: width}); got != want {
					t.Errorf("%s, not %s", got, want)
				}
			}
			if got, want := (Tile{0, n, width}).EntriesPath(), torchwood.TilePath(tlog.Tile{H: 8, L: -1, N: n, W: width}); got != want {
				t.Errorf("%s, not %s", got, want)
			}
		}
	}
}

// A later state is added to the folder of an earlier one, whose reader is not disturbed.
func TestAFolderGrows(t *testing.T) {
	dir := t.TempDir()
	l, early, _, _ := written(t, dir, 300)
	key, _ := logKey(t, early.Origin)
	full := filepath.Join(dir, "tile", "0", "000")
	before, err := os.Stat(full)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		l.append(fmt.Sprintf("more %d", i))
	}
	late := l.head()
	text, err := late.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), dir, l, text); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(full); err != nil || !os.SameFile(before, after) {
		t.Errorf("a full tile was written again: %v", err)
	}
	f := OpenFolder(dir)
	for _, h := range []Head{early, late} {
		if _, err := Include(t.Context(), f, h, 10); err != nil {
			t.Error(err)
		}
		n := int64(0)
		for text, err := range f.Texts(t.Context(), 0, h.Size, h.Size) {
			if err != nil || !bytes.Equal(text, l.texts[n]) {
				t.Fatalf("entry %d: %q, %v", n, text, err)
			}
			n++
		}
		if n != h.Size {
			t.Errorf("%d of %d entries", n, h.Size)
		}
	}
	proof, err := Extend(t.Context(), f, early, late)
	if err != nil || CheckExtension(proof, early, late) != nil {
		t.Errorf("%v", err)
	}
}

// breaks is a log that cannot be read beyond a tile or an entry.
type breaks struct {
	*log
	tile  int64
	entry int64
}

func (b breaks) Tile(ctx context.Context, t Tile) ([]byte, error) {
	if t.Level == 0 && t.Index >= b.tile {
		return nil, errors.New("the disk is gone")
	}
	return b.log.Tile(ctx, t)
}

func (b breaks) Texts(ctx context.Context, from, to int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for text, err := range b.log.Texts(ctx, from, max(from, min(to, b.entry))) {
			if !yield(text, err) {
				return
			}
		}
		if to > b.entry {
			yield(nil, errors.New("the disk is gone"))
		}
	}
}

// A folder that was left half written is completed by the next try.
func TestAFolderIsCompleted(t *testing.T) {
	l := &log{}
	l.append(numbered(1100)...)
	h := l.head()
	key, _ := logKey(t, h.Origin)
	text, err := h.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, b := range []breaks{{l, 2, 5000}, {l, 4, 5000}, {l, 9, 600}, {l, 9, 300}, {l, 9, 0}} {
		if err := Write(t.Context(), dir, b, text); err == nil {
			t.Fatal("it is not told")
		}
		if _, err := OpenFolder(dir).Checkpoint(); err == nil {
			t.Fatal("a half-written folder has a checkpoint")
		}
	}
	if err := Write(t.Context(), dir, l, text); err != nil {
		t.Fatal(err)
	}
	f := OpenFolder(dir)
	for i := range h.Size {
		if _, err := Include(t.Context(), f, h, i); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for text, err := range f.Texts(t.Context(), 0, h.Size, h.Size) {
		if err != nil || !bytes.Equal(text, l.texts[n]) {
			t.Fatalf("entry %d: %v", n, err)
		}
		n++
	}
	if n != 1100 {
		t.Errorf("%d entries", n)
	}
}

// A head that names another log than the key which signed it.
func TestAHeadOfAnotherOriginIsRefused(t *testing.T) {
	l := &log{}
	l.append("a")
	h := l.head()
	key, v := logKey(t, h.Origin)
	h.Origin = Origin(blob.Of([]byte("another log")))
	n, err := note.Sign(&note.Note{Text: h.Text()}, key)
	if err != nil {
		t.Fatal(err)
	}
	var refused *HeadError
	if _, _, err := Open(n, v); !errors.As(err, &refused) {
		t.Errorf("it opens: %v", err)
	}
}

package tree

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// log is a log in memory: its tiles as an Edge gave them, its partial ones from the Edge.
type log struct {
	edge  Edge
	full  map[Tile][]byte
	texts [][]byte
}

func (l *log) append(texts ...string) {
	if l.full == nil {
		l.full = map[Tile][]byte{}
	}
	for _, t := range texts {
		l.texts = append(l.texts, []byte(t))
		l.edge.Append(record.Hash([]byte(t)), func(f Full) { l.full[Tile{f.Level, f.Index, TileWidth}] = f.Hashes })
	}
}

func (l *log) Tile(_ context.Context, t Tile) ([]byte, error) {
	const size = sha256.Size
	if b, ok := l.full[Tile{t.Level, t.Index, TileWidth}]; ok {
		return b[:t.Width*size], nil
	}
	if t.Level >= len(l.edge.levels) || t.Index != l.edge.size>>(TileHeight*(t.Level+1)) || t.Width > len(l.edge.levels[t.Level]) {
		return nil, &TileError{t, "the tree has none such"}
	}
	return join(l.edge.levels[t.Level][:t.Width]), nil
}

func (l *log) Texts(_ context.Context, from, to int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, t := range l.texts[from:to] {
			if !yield(t, nil) {
				return
			}
		}
	}
}

// mth is RFC 6962's definition of the root, word for word.
func mth(leaves [][]byte) blob.Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		left, right := mth(leaves[:k]), mth(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

func at() record.Time {
	return record.Time{At: time.Date(2026, 11, 27, 10, 0, 0, 5e6, time.UTC), Clock: record.LocalClock}
}

func (l *log) head() Head {
	return Head{Origin: Origin(blob.Of([]byte("log"))), Size: l.edge.Size(), Root: l.edge.Root(), Time: at()}
}

func seeded(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// signer is a log's key as note has it.
type signer struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
}

func (s *signer) Name() string                     { return s.name }
func (s *signer) KeyHash() uint32                  { return s.hash }
func (s *signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key, text), nil }

func logKey(t testing.TB, origin string) (*signer, note.Verifier) {
	t.Helper()
	key := seeded(1)
	v, err := LogKey(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return &signer{origin, v.KeyHash(), key}, v
}

func numbered(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("entry %d", i)
	}
	return all
}

// A tree grows as RFC 6962 defines it, in any number of steps, and an edge that is read
// from its tiles goes on like the one that grew.
func TestAnEdgeIsTheTreeOfRFC6962(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &log{}
		n := rapid.IntRange(0, 1100).Draw(t, "size")
		l.append(numbered(n)...)
		if got, want := l.edge.Root(), mth(l.texts); got != want {
			t.Fatalf("root of %d leaves: %v, not %v", n, got, want)
		}
		again, err := EdgeOf(int64(n), func(level int, from int64, width int) ([]blob.Hash, error) {
			hashes := make([]blob.Hash, width)
			for i := range hashes {
				hashes[i] = blob.Hash(l.edge.levels[level][i])
			}
			return hashes, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if again.Root() != l.edge.Root() {
			t.Fatalf("an edge of %d leaves that is read again has another root", n)
		}
		for i := range 300 {
			h := record.Hash([]byte{byte(i)})
			var mine, theirs []Full
			again.Append(h, func(f Full) { mine = append(mine, f) })
			l.edge.Append(h, func(f Full) { theirs = append(theirs, f) })
			if again.Root() != l.edge.Root() || fmt.Sprint(mine) != fmt.Sprint(theirs) {
				t.Fatalf("they part after %d more", i)
			}
		}
	})
}

// Every leaf of every size is proved, by tiles only, and nothing else is.
func TestProofs(t *testing.T) {
	l := &log{}
	sizes := map[int]bool{1: true, 2: true, 3: true, 255: true, 256: true, 257: true, 511: true, 513: true, 700: true}
	heads := map[int]Head{}
	for i, text := range numbered(700) {
		l.append(text)
		if sizes[i+1] {
			heads[i+1] = l.head()
		}
	}
	ctx := t.Context()
	for n, h := range heads {
		for _, i := range []int64{0, 1, 2, 254, 255, 256, 510, int64(n) - 1} {
			leaf := record.Hash(fmt.Appendf(nil, "entry %d", i))
			proof, err := Include(ctx, l, h, i)
			if i >= int64(n) {
				if err == nil {
					t.Errorf("entry %d of %d is proved", i, n)
				}
				continue
			}
			if err != nil {
				t.Fatalf("entry %d of %d: %v", i, n, err)
			}
			if err := CheckInclusion(proof, h, i, leaf); err != nil {
				t.Errorf("entry %d of %d: %v", i, n, err)
			}
			var failed *ProofError
			if err := CheckInclusion(proof, h, i, record.Hash([]byte("another"))); !errors.As(err, &failed) {
				t.Errorf("another entry as %d of %d: %v", i, n, err)
			}
			if err := CheckInclusion(append(proof, blob.Hash{}), h, i, leaf); !errors.As(err, &failed) {
				t.Errorf("a proof that is too long: %v", err)
			}
		}
		for m, old := range heads {
			proof, err := Extend(ctx, l, old, h)
			if m > n {
				if err == nil {
					t.Errorf("%d goes on from %d", n, m)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckExtension(proof, old, h); err != nil {
				t.Errorf("%d from %d: %v", n, m, err)
			}
			forged := old
			forged.Root = blob.Of([]byte("another"))
			var failed *ProofError
			if err := CheckExtension(proof, forged, h); !errors.As(err, &failed) {
				t.Errorf("a forged head of %d: %v", m, err)
			}
			other := old
			other.Origin = Origin(blob.Of([]byte("another log")))
			if err := CheckExtension(proof, other, h); !errors.As(err, &failed) {
				t.Errorf("another log's head: %v", err)
			}
			if root, err := RootAt(ctx, l, h, int64(m)); err != nil || root != old.Root {
				t.Errorf("the root at %d of %d: %v, %v", m, n, root, err)
			}
		}
		empty := Head{Origin: h.Origin, Root: blob.Of(nil), Time: at()}
		if proof, err := Extend(ctx, l, empty, h); err != nil || CheckExtension(proof, empty, h) != nil {
			t.Errorf("from the empty tree: %v", err)
		}
		if root, err := RootAt(ctx, l, h, 0); err != nil || root != empty.Root {
			t.Errorf("the root of nothing: %v, %v", root, err)
		}
	}
}

// lies is a log of which one tile has one wrong bit.
type lies struct {
	*log
	in Tile
}

func (l lies) Tile(ctx context.Context, t Tile) ([]byte, error) {
	b, err := l.log.Tile(ctx, t)
	if err == nil && t.Level == l.in.Level && t.Index == l.in.Index {
		b = bytes.Clone(b)
		b[1] ^= 1
	}
	return b, err
}

func TestTilesThatLieProveNothing(t *testing.T) {
	l := &log{}
	l.append(numbered(700)...)
	h := l.head()
	for _, in := range []Tile{{Level: 0, Index: 0}, {Level: 0, Index: 2}, {Level: 1, Index: 0}} {
		var failed *ProofError
		if _, err := Include(t.Context(), lies{l, in}, h, 1); in.Index == 0 && !errors.As(err, &failed) {
			t.Errorf("a proof from %v: %v", in, err)
		}
		if _, err := Include(t.Context(), lies{l, in}, h, 699); in != (Tile{}) && !errors.As(err, &failed) {
			t.Errorf("a proof from %v: %v", in, err)
		}
	}
}

func TestAHeadIsSignedAndOpened(t *testing.T) {
	l := &log{}
	l.append("a", "b")
	h := l.head()
	key, v := logKey(t, h.Origin)
	text, err := h.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Open(text, v)
	if err != nil || got.Text() != h.Text() {
		t.Fatalf("%+v, %v", got, err)
	}
	want := h.Origin + "\n2\n" + base64.StdEncoding.EncodeToString(h.Root[:]) + "\ntime 2026-11-27T10:00:00.005Z local\n"
	if h.Text() != want {
		t.Errorf("%q", h.Text())
	}
	if unchecked, err := Read(text); err != nil || unchecked.Size != 2 {
		t.Errorf("%+v, %v", unchecked, err)
	}
	var refused *HeadError
	for name, changed := range map[string]string{
		"another size":      strings.Replace(string(text), "\n2\n", "\n3\n", 1),
		"another time":      strings.Replace(string(text), "2026", "2025", 1),
		"no signature":      h.Text() + "\n",
		"another signature": h.Text() + "\n— " + h.Origin + " " + base64.StdEncoding.EncodeToString(make([]byte, 68)) + "\n",
	} {
		if _, _, err := Open([]byte(changed), v); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The same device's key under another log's name.
	_, other := logKey(t, Origin(blob.Of([]byte("another"))))
	if _, _, err := Open(text, other); !errors.As(err, &refused) {
		t.Errorf("another log's key: %v", err)
	}
	stranger := &signer{"stranger", 7, seeded(9)}
	if _, err := h.Sign(stranger); !errors.As(err, &refused) {
		t.Errorf("a key of another name signs: %v", err)
	}
}

// A head that only a witness has signed is none.
func TestACosignatureDoesNotReplaceTheLogs(t *testing.T) {
	l := &log{}
	l.append("a")
	h := l.head()
	_, v := logKey(t, h.Origin)
	w, err := NewWitness("w.example", seeded(3).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	cosigner := NewCosignatureKey(w, func(m []byte) ([]byte, error) { return ed25519.Sign(seeded(3), m), nil }, func() time.Time { return at().At })
	n, err := note.Sign(&note.Note{Text: h.Text()}, cosigner)
	if err != nil {
		t.Fatal(err)
	}
	var refused *HeadError
	if _, _, err := Open(n, v, w); !errors.As(err, &refused) {
		t.Errorf("it opens: %v", err)
	}
}

func TestWhatIsNoHeadIsRefused(t *testing.T) {
	l := &log{}
	l.append("a")
	good := l.head().Text()
	for name, text := range map[string]string{
		"nothing": "", "no end": strings.TrimSuffix(good, "\n"), "an empty line": good + "\n", "leading zero": strings.Replace(good, "\n1\n", "\n01\n", 1),
		"negative": strings.Replace(good, "\n1\n", "\n-1\n", 1), "plus": strings.Replace(good, "\n1\n", "\n+1\n", 1),
		"no clock": strings.Replace(good, " local", "", 1), "another clock": strings.Replace(good, " local", " tower", 1),
		"another zone": strings.Replace(good, "Z local", "+01:00 local", 1), "another origin": strings.Replace(good, "selvage", "example", 1),
		"short root": strings.Replace(good, "=\n", "\n", 1), "long line": good + strings.Repeat("x", maxLine+1) + "\n",
	} {
		var refused *HeadError
		if _, err := ParseText(text); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	more := good + "a later program's line\n"
	if h, err := ParseText(more); err != nil || h.Text() != more || len(h.More) != 1 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestProofFiles(t *testing.T) {
	l := &log{}
	l.append(numbered(300)...)
	h := l.head()
	key, v := logKey(t, h.Origin)
	text, err := h.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	path, err := Include(t.Context(), l, h, 17)
	if err != nil {
		t.Fatal(err)
	}
	for _, extra := range [][]byte{nil, []byte("a pattern")} {
		p := &Proof{Extra: extra, Index: 17, Path: path, Head: text}
		again, err := ParseProof(p.Marshal())
		if err != nil || !bytes.Equal(again.Marshal(), p.Marshal()) || !bytes.Equal(again.Extra, extra) {
			t.Fatalf("%+v, %v", again, err)
		}
		if _, _, err := again.Check(record.Hash([]byte("entry 17")), v); err != nil {
			t.Error(err)
		}
		if _, _, err := again.Check(record.Hash([]byte("entry 18")), v); err == nil {
			t.Error("another entry is proved")
		}
		again.Index = 18
		if _, _, err := again.Check(record.Hash([]byte("entry 17")), v); err == nil {
			t.Error("another place is proved")
		}
	}
	good := string((&Proof{Index: 17, Path: path, Head: text}).Marshal())
	for name, bad := range map[string]string{
		"another version": strings.Replace(good, "@v1", "@v2", 1), "no index": strings.Replace(good, "index 17\n", "", 1),
		"leading zero": strings.Replace(good, "index 17", "index 017", 1), "no path end": strings.Replace(good, "\n\n", "\n", 1),
		"too long": strings.Replace(good, "index 17\n", "index 17\n"+strings.Repeat(base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n", 64), 1),
		"nothing":  "",
	} {
		var failed *ProofError
		p, err := ParseProof([]byte(bad))
		if err == nil && name == "no path end" {
			_, _, err = p.Check(record.Hash([]byte("entry 17")), v)
			if err == nil {
				t.Error(name)
			}
			continue
		}
		if !errors.As(err, &failed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWitnessKeys(t *testing.T) {
	w, err := NewWitness("witness.example/w1", seeded(2).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseWitness(w.String())
	if err != nil || again.KeyHash() != w.KeyHash() {
		t.Fatalf("%v, %v", again, err)
	}
	for _, bad := range []string{
		"", "a+b", "a+00000000+", w.String() + "A", strings.Replace(w.String(), "witness", "Witness", 1), "+" + w.String(),
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", // type 1
	} {
		var refused *WitnessError
		if _, err := ParseWitness(bad); !errors.As(err, &refused) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	var e Edge
	h := blob.Of(nil)
	for b.Loop() {
		binary.BigEndian.PutUint64(h[:], uint64(e.Size()))
		e.Append(h, func(Full) {})
	}
}

func FuzzOpen(f *testing.F) {
	l := &log{}
	l.append("a")
	h := l.head()
	key, v := logKey(f, h.Origin)
	text, err := h.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := Read(b); err == nil && !bytes.HasPrefix(b, []byte(h.Text())) {
			t.Fatalf("%q is read as %q", b, h.Text())
		}
		if h, _, err := Open(b, v); err == nil && h.Text() != l.head().Text() {
			t.Fatalf("a forged head: %q", b)
		}
	})
}

func FuzzParseProof(f *testing.F) {
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra YQ==\nindex 0\n" + tlog.Hash{}.String() + "\n\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ParseProof(b); err == nil && !bytes.Equal(p.Marshal(), b) {
			t.Fatalf("%q comes back as %q", b, p.Marshal())
		}
	})
}

func FuzzUnbundle(f *testing.F) {
	f.Add([]byte{0, 1, 'x', 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, err := Unbundle(b)
		if err != nil {
			return
		}
		var again []byte
		for _, text := range texts {
			again = append(binary.BigEndian.AppendUint16(again, uint16(len(text))), text...)
		}
		if !bytes.Equal(again, b) {
			t.Fatal("it comes back otherwise")
		}
	})
}

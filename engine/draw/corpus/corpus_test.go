package corpus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/draw"
)

// TestStream reads a stream back by the package comment alone.
func TestStream(t *testing.T) {
	const n, size = 70, 64
	var out bytes.Buffer
	rep, err := Stream(context.Background(), &out, Options{From: 5, N: n, Size: size, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	if string(b[:8]) != "selvcrp1" || binary.LittleEndian.Uint32(b[8:]) != draw.Version || binary.LittleEndian.Uint32(b[12:]) != size || binary.LittleEndian.Uint64(b[16:]) != n {
		t.Fatalf("header %q", b[:24])
	}
	b = b[24:]
	if sum := sha256.Sum256(b); rep.SHA256 != hex.EncodeToString(sum[:]) {
		t.Error("the report has another hash than the samples")
	}
	families := map[string]int{}
	for i := range n {
		next := func(k int) []byte {
			if len(b) < k {
				t.Fatalf("sample %d is cut off", i)
			}
			s := b[:k]
			b = b[k:]
			return s
		}
		caption := string(next(int(binary.LittleEndian.Uint16(next(2)))))
		var l Labels
		if err := json.Unmarshal(next(int(binary.LittleEndian.Uint16(next(2)))), &l); err != nil {
			t.Fatal(err)
		}
		rgb := next(size * size * 3)
		if draw.HeldOut(l.Spec) {
			t.Errorf("sample %d is held out", i)
		}
		if r, err := draw.Parse(caption); err != nil || r.Spec.Family != l.Family {
			t.Errorf("sample %d: %q is a drawing of %s (%v)", i, caption, l.Family, err)
		}
		sc, err := l.Scene()
		if err != nil {
			t.Fatal(err)
		}
		if l.Positions == sc.Spec.Positions {
			s, err := sc.Screens(size, size)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(s.Encode(nil), rgb) {
				t.Errorf("sample %d: the labels draw another picture", i)
			}
		}
		families[l.Family]++
	}
	if len(b) != 0 {
		t.Errorf("%d bytes are left over", len(b))
	}
	for f, k := range families {
		if rep.Families[f] != k {
			t.Errorf("the report counts %d of %s, not %d", rep.Families[f], f, k)
		}
	}
}

// TestWorkersAgree wants the same hash however many draw, and the one that
// was frozen with the rules.
func TestWorkersAgree(t *testing.T) {
	const frozen = "f1400dabda72d1c8a956a0615e0fc33a4614769a76a5a899e60671b6eeb5955b"
	for _, workers := range []int{1, 2, 5} {
		var out bytes.Buffer
		rep, err := Stream(context.Background(), &out, Options{N: 100, Size: 48, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if rep.SHA256 != frozen {
			t.Errorf("%d workers: hash %s, not %s", workers, rep.SHA256, frozen)
		}
	}
}

// TestFiguresAreFew: a stream of three figures has those three, in the drawings
// that it would have had anyway.
func TestFiguresAreFew(t *testing.T) {
	seen := map[uint64]int{}
	for seed := range uint64(300) {
		free, err := Options{}.Spec(seed)
		if err != nil {
			t.Fatal(err)
		}
		few, err := Options{Figures: 3}.Spec(seed)
		if err != nil {
			t.Fatal(err)
		}
		seen[few.Figure]++
		few.Figure = 0
		if few != free {
			t.Errorf("seed %d: %+v became %+v", seed, free, few)
		}
	}
	for figure := uint64(1); figure <= 3; figure++ {
		if seen[figure] < 60 {
			t.Errorf("figure %d is in %d of 300 drawings", figure, seen[figure])
		}
	}
	if len(seen) != 3 {
		t.Errorf("figures %v", seen)
	}
}

// TestGroupsAreOfTheSameDrawings: a stream of groups has the drawings that it would
// have had anyway, each as the group that it is made of, and says so.
func TestGroupsAreOfTheSameDrawings(t *testing.T) {
	parts := map[int]int{}
	for seed := range uint64(300) {
		free, err := Options{}.Spec(seed)
		if err != nil {
			t.Fatal(err)
		}
		group, err := Options{Group: true}.Spec(seed)
		if err != nil {
			t.Fatal(err)
		}
		parts[group.Part]++
		if group.Part != free.Groups() {
			t.Errorf("seed %d: a group of %d, not %d", seed, group.Part, free.Groups())
		}
		group.Part = 0
		if group != free {
			t.Errorf("seed %d: %+v became %+v", seed, free, group)
		}
	}
	for part := 1; part <= 3; part++ {
		if parts[part] < 30 {
			t.Errorf("%d in a line in %d of 300 drawings", part, parts[part])
		}
	}
}

func TestHeldOutStream(t *testing.T) {
	o := Options{Which: HeldOut}
	for seed := range uint64(40) {
		s, err := o.Spec(seed)
		if err != nil {
			t.Fatal(err)
		}
		if !draw.HeldOut(s) {
			t.Errorf("seed %d: %+v is not held out", seed, s)
		}
	}
}

type broken struct{ left int }

var errFull = errors.New("disk full")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestStreamRefuses(t *testing.T) {
	ctx := context.Background()
	var out bytes.Buffer
	for _, o := range []Options{{N: -1, Size: 64}, {N: 1, Size: 8}, {N: 1, Size: 5000}, {N: 1, Size: 64, Families: []string{"zebras"}}} {
		if _, err := Stream(ctx, &out, o); err == nil {
			t.Errorf("%+v was streamed", o)
		}
	}
	if _, err := Stream(ctx, &broken{1 << 20}, Options{N: 2000, Size: 64}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Stream(stopped, &out, Options{N: 2000, Size: 64}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := (Options{Which: HeldOut, Families: []string{"checks"}}).Spec(1); err != nil && !strings.Contains(err.Error(), "checks") && !strings.Contains(err.Error(), "families") {
		t.Errorf("%v", err)
	}
}

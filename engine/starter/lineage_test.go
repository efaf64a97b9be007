package starter_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/draw/corpus"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
)

// lineage opens the model and what its training wrote down.
func lineage(t testing.TB) (*starter.Lineage, weights.Card) {
	t.Helper()
	l, err := starter.OpenLineage()
	if err != nil {
		t.Fatal(err)
	}
	m, err := starter.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return l, m.Card
}

// redraw draws the first n drawings of the corpus again and returns their hash.
func redraw(t *testing.T, d starter.Data, n int) string {
	t.Helper()
	rep, err := corpus.Stream(t.Context(), io.Discard, corpus.Options{
		From: d.FirstSeed, N: n, Size: d.Size, Families: d.Chosen, Figures: d.Figures, Group: d.Group,
	})
	if err != nil {
		t.Fatal(err)
	}
	return rep.SHA256
}

// TestTheCorpusIsDrawnAgain: the rules that this program has, the seeds and the
// families of the lineage give the drawings that the model learned from, byte for
// byte.
func TestTheCorpusIsDrawnAgain(t *testing.T) {
	l, _ := lineage(t)
	for _, d := range append(l.Data.Earlier, l.Data) {
		if d.Rules != draw.Version {
			t.Fatalf("the model learned from rules of version %d, and this program draws by version %d: draw.Version may rise only with a model that is trained anew, or the old rules have to stay beside the new", d.Rules, draw.Version)
		}
		if got := redraw(t, d, d.SliceCount); got != d.SliceSHA256 {
			t.Errorf("the first %d drawings hash to %s; the lineage says %s", d.SliceCount, got, d.SliceSHA256)
		}
		other := d
		other.FirstSeed++
		if redraw(t, other, d.SliceCount) == d.SliceSHA256 {
			t.Error("other seeds have the same hash")
		}
		if testing.Short() {
			continue
		}
		if got := redraw(t, d, d.Block); got != d.FirstBlock {
			t.Errorf("the first block hashes to %s; the lineage says %s", got, d.FirstBlock)
		}
	}
}

// TestLineageIsOfTheseWeights: the hashes of card and lineage are those of the
// bytes in the program, and no weights are heavier than what may ship.
func TestLineageIsOfTheseWeights(t *testing.T) {
	l, card := lineage(t)
	held := starter.Blobs()
	var size int64
	for path, b := range held {
		sum := sha256.Sum256(b)
		digits := hex.EncodeToString(sum[:])
		if w := l.Weights[path]; w.SHA256 != digits || w.Bytes != int64(len(b)) {
			t.Errorf("%s: the lineage says %+v, the bytes are %d with sha256 %s", path, w, len(b), digits)
		}
		found := false
		for _, f := range card.Files {
			found = found || f.Path == path && f.SHA256 == digits && f.Size == int64(len(b))
		}
		if !found {
			t.Errorf("%s: the card has another hash than %s", path, digits)
		}
		size += int64(len(b))
	}
	if len(l.Weights) != len(held) || size != l.Bytes {
		t.Errorf("the lineage has %d files of %d bytes, the program %d of %d", len(l.Weights), l.Bytes, len(held), size)
	}
	if size > 24<<20 {
		t.Errorf("%d bytes of weights; at most 24 MiB ship", size)
	}
	if card.CommercialUse != weights.Yes || card.TrainingData == "" {
		t.Errorf("%+v", card)
	}
}

// TestLineageIsWhole: nothing that the card of a model has to say is left open.
func TestLineageIsWhole(t *testing.T) {
	l, _ := lineage(t)
	for _, d := range append(l.Data.Earlier, l.Data) {
		used := 0
		for _, family := range d.Chosen {
			n := d.Families[family]
			if n == 0 {
				t.Errorf("no drawing of %s", family)
			}
			used += n
		}
		if len(d.Chosen) < 30 || used != d.Used || used > d.Drawings || d.Drawings%d.Block != 0 || len(d.Corpus) != 64 {
			t.Errorf("%d drawings in %d families, %d by their counts, of %d drawn, hash %q", d.Used, len(d.Chosen), used, d.Drawings, d.Corpus)
		}
	}
	if l.Training.Steps == 0 || l.Training.Samples == 0 || l.Training.Hours == 0 || len(l.Training.Plan) == 0 ||
		len(l.Training.Sessions) == 0 || l.Software["torch"] == "" || len(l.Architecture) != 3 || len(l.Parameters) != 3 {
		t.Errorf("%+v", l)
	}
	e := l.Results.Evaluation
	if e == nil {
		t.Fatal("no judge has looked at the model")
	}
	if e.Prompts < 500 || e.Guidance != starter.Guidance || e.Steps != starter.Steps || len(e.Order) != len(e.Rows) {
		t.Errorf("judged on %d prompts with guidance %g and %d steps; the program uses %v and %d", e.Prompts, e.Guidance, e.Steps, float64(starter.Guidance), starter.Steps)
	}
	if e.Tries <= 1 || e.Tries > starter.Tries {
		t.Errorf("judged with %g samples a prompt; the program takes up to %d", e.Tries, starter.Tries)
	}
	if len(l.Training.Critic) == 0 || l.Data.AlsoRead["critic"] == "" {
		t.Errorf("nothing on the critic: %v, %v", l.Training.Critic, l.Data.AlsoRead)
	}
	for _, row := range []string{"chance (drawings of other prompts)", "real drawings", "their round trips", "the model", "the model, first samples", "the model, held-out combinations"} {
		for _, question := range []string{"family", "layout", "positions", "scale"} {
			if s := e.Rows[row][question]; s.Right == nil || s.Asked == 0 {
				t.Errorf("%s: nothing on %s", row, question)
			}
		}
	}
}

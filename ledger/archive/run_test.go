package archive

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// A run finds under each key the places that were put there, whichever order they came in, and its rows are
// the same bytes for the same entries.
func TestARunFindsWhatItWasGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		var entries []Entry
		want := map[uint64][]int64{}
		for i := range rapid.IntRange(0, 300).Draw(t, "entries") {
			e := Entry{Index: int64(i), Hash: blob.Of([]byte{byte(i), byte(i >> 8)}), Entry: record.Entry{Kind: record.KindEdit, Subjects: []string{subject.Draw(t, "subject")}}}
			entries = append(entries, e)
			for _, k := range keysOf(e) {
				want[k] = append(want[k], Place(3, e.Index))
			}
		}
		var run, again Run
		for _, e := range entries {
			run.Add(3, e)
		}
		for _, i := range rapid.Permutation(entries).Draw(t, "order") {
			again.Add(3, i)
		}
		rows := map[int64][]byte{}
		for s := range run.Shards(5) {
			if s.Key>>8 != 5 || len(s.Keys)%pairSize != 0 {
				t.Fatalf("a row of another run: %d", s.Key)
			}
			rows[s.Key&255] = s.Keys
		}
		for s := range again.Shards(5) {
			if !bytes.Equal(rows[s.Key&255], s.Keys) {
				t.Fatal("the order of the entries shows in the rows")
			}
		}
		for key, places := range want {
			if got := find(rows[int64(key>>56)], key); !slices.Equal(got, places) {
				t.Fatalf("%v instead of %v", got, places)
			}
			if got := find(rows[int64(key>>56)], key+1); len(got) != len(want[key+1]) {
				t.Fatalf("%v under a key that nobody has", got)
			}
		}
	})
}

func TestTheNewestStateIsThatOfTheHighestRevision(t *testing.T) {
	states := []Root{{Revision: 2, At: 5, Place: 9}, {Revision: 3, At: 1, Place: 1}, {Revision: 3, At: 2, Place: 0}, {Revision: 3, At: 2, Place: 4}}
	for i := range states {
		for j := range states {
			if states[i].after(states[j]) != (i > j) {
				t.Errorf("%d after %d", i, j)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add(make([]byte, 33), uint64(0))
	f.Fuzz(func(t *testing.T, keys []byte, key uint64) {
		for _, p := range find(keys, key) {
			if !bytes.Contains(keys, binary.BigEndian.AppendUint64(nil, uint64(p))) {
				t.Fatal("a place that stands nowhere")
			}
		}
	})
}

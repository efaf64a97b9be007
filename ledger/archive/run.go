package archive

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"sort"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
)

// RunLength is how many entries are indexed together.
const RunLength = 4096

// shards cut a run, by the first byte of its keys, so that a look at it reads one small row.
const shards = 256

// pairSize is the bytes of a key and a place in a shard.
const pairSize = 16

// pair is where an entry is found by a key. Two keys may be the same by chance: who
// follows one looks at the entry.
type pair struct {
	key   uint64
	place int64
}

// compare orders pairs by their keys, and equal ones by their places.
func (p pair) compare(q pair) int {
	if p.key != q.key {
		return cmp.Compare(p.key, q.key)
	}
	return cmp.Compare(p.place, q.place)
}

// Root is the newest saved state of a pattern or a collection: that with the highest revision,
// and among those the latest.
type Root struct {
	Of, ID   string
	Revision int
	At       int64 // milliseconds since 1970, by the clock of the entry
	Place    int64 // of the entry
}

// after says which of two states of one thing is shown.
func (r Root) after(s Root) bool {
	return cmp.Or(cmp.Compare(r.Revision, s.Revision), cmp.Compare(r.At, s.At), cmp.Compare(r.Place, s.Place)) > 0
}

type rootKey struct{ of, id string }

// Run is the index of a stretch of entries. The zero value is empty.
type Run struct {
	pairs []pair
	roots map[rootKey]Root
	size  int
}

// Add indexes an entry of the log with that number.
func (r *Run) Add(log int64, e Entry) {
	place := Place(log, e.Index)
	for _, k := range keysOf(e) {
		r.pairs = append(r.pairs, pair{k, place})
	}
	r.size++
	if root, ok := rootOf(place, e); ok {
		if r.roots == nil {
			r.roots = map[rootKey]Root{}
		}
		k := rootKey{root.Of, root.ID}
		if old, ok := r.roots[k]; !ok || root.after(old) {
			r.roots[k] = root
		}
	}
}

// Size is the number of entries.
func (r *Run) Size() int { return r.size }

// Shard is a row of the table lookup.
type Shard struct {
	Key  int64 // number of the run times 256, and the first byte of the keys
	Keys []byte
}

// Shards gives the rows of the run with that number, in the order of their keys.
func (r *Run) Shards(run int64) iter.Seq[Shard] {
	sorted := slices.Clone(r.pairs)
	slices.SortFunc(sorted, pair.compare)
	return func(yield func(Shard) bool) {
		for begin := 0; begin < len(sorted); {
			first, end := sorted[begin].key>>56, begin
			for end < len(sorted) && sorted[end].key>>56 == first {
				end++
			}
			s := Shard{Key: run*shards | int64(first), Keys: make([]byte, 0, (end-begin)*pairSize)}
			for _, p := range sorted[begin:end] {
				s.Keys = binary.BigEndian.AppendUint64(s.Keys, p.key)
				s.Keys = binary.BigEndian.AppendUint64(s.Keys, uint64(p.place))
			}
			begin = end
			if !yield(s) {
				return
			}
		}
	}
}

// Roots gives the newest states in the run, in the order of what they are of.
func (r *Run) Roots() iter.Seq[Root] {
	return func(yield func(Root) bool) {
		for _, k := range slices.SortedFunc(maps.Keys(r.roots), func(a, b rootKey) int { return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.id, b.id)) }) {
			if !yield(r.roots[k]) {
				return
			}
		}
	}
}

// find gives the places of a key in a shard.
func find(keys []byte, key uint64) []int64 {
	n := len(keys) / pairSize
	at := sort.Search(n, func(i int) bool { return binary.BigEndian.Uint64(keys[i*pairSize:]) >= key })
	var places []int64
	for ; at < n && binary.BigEndian.Uint64(keys[at*pairSize:]) == key; at++ {
		places = append(places, int64(binary.BigEndian.Uint64(keys[at*pairSize+8:])))
	}
	return places
}

// keysOf is what an entry is found by: its hash, its kind and its subjects.
func keysOf(e Entry) []uint64 {
	keys := make([]uint64, 0, 2+len(e.Subjects))
	keys = append(keys, hashKey(e.Hash), kindKey(e.Kind))
	for _, s := range e.Subjects {
		keys = append(keys, subjectKey(s))
	}
	return keys
}

func hashKey(h blob.Hash) uint64       { return binary.BigEndian.Uint64(h[:]) }
func subjectKey(subject string) uint64 { return word("subject\n", subject) }

func kindKey(k record.Kind) uint64 {
	if key, ok := kindKeys[k]; ok {
		return key
	}
	return kindWord(k)
}

// kindKeys are those of the kinds that are known, of which every entry has one.
//
//nolint:gochecknoglobals // a table
var kindKeys = func() map[record.Kind]uint64 {
	all := map[record.Kind]uint64{}
	for _, k := range record.Kinds() {
		all[k] = kindWord(k)
	}
	return all
}()

func kindWord(k record.Kind) uint64 { return word("kind\n", string(k)) }

func word(of, text string) uint64 {
	var usual [128]byte
	sum := sha256.Sum256(append(append(usual[:0], of...), text...))
	return binary.BigEndian.Uint64(sum[:])
}

// rootOf is the state that an entry saves, if it does.
func rootOf(place int64, e Entry) (Root, bool) {
	if e.Kind != record.KindSaved {
		return Root{}, false
	}
	body, err := e.Decode()
	if err != nil {
		return Root{}, false
	}
	saved, ok := body.(*record.Saved)
	if !ok {
		return Root{}, false
	}
	return Root{saved.Of, saved.ID, saved.Revision, e.Time.At.UnixMilli(), place}, true
}

// unique drops repeated places, which stand in order.
func unique(places []int64) []int64 {
	slices.Sort(places)
	return slices.Compact(places)
}

// has says whether an entry is really what a key was looked up for.
func (e Entry) has(subject string) bool { return slices.Contains(e.Subjects, subject) }

// is says whether the entry has that hash.
func (e Entry) is(h blob.Hash) bool { return bytes.Equal(e.Hash[:], h[:]) }

package edit

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// Cache keeps what can be made again, by a name. Anything in it may be lost at
// any time; what comes back damaged is noticed.
type Cache interface {
	// Has says whether there is something under key.
	Has(ctx context.Context, key Hash) (bool, error)
	// Load returns what was kept under key; an error where there is nothing.
	Load(ctx context.Context, key Hash) ([]byte, error)
	// Keep puts data under key.
	Keep(ctx context.Context, key Hash, data []byte) error
}

// snapshotScheme changes when the same version would be stored in another form.
const snapshotScheme = "selvage state 1"

// stateRecord is a state without its pixels: the bands of the layers and of the
// selection lie beside it under their SHA-256.
type stateRecord struct {
	Scheme string
	// Layers and Selection take the place of the state's own in the JSON; what
	// else a state has is stored as it is, also what later versions add.
	*State
	Layers    []layerRecord
	Selection *Hash
}

type layerRecord struct {
	ID      string
	Name    string
	Opacity uint16
	Blend   raster.Blend
	Hidden  bool
	Bands   []Hash
}

// encodeState returns the record and calls put for every band with its hash.
func encodeState(s *State, put func(sum Hash, content func() []byte) error) ([]byte, error) {
	r := stateRecord{Scheme: snapshotScheme, State: s, Layers: []layerRecord{}}
	for _, l := range s.Layers {
		k := layerRecord{l.ID, l.Name, l.Opacity, l.Blend, l.Hidden, nil}
		for i := range l.Pixels.Bands() {
			sum := Hash(l.Pixels.BandSum(i))
			k.Bands = append(k.Bands, sum)
			if err := put(sum, func() []byte { return l.Pixels.AppendBand(nil, i) }); err != nil {
				return nil, err
			}
		}
		r.Layers = append(r.Layers, k)
	}
	if s.Selection != nil {
		data := make([]byte, 0, 2*len(s.Selection.Pix))
		for _, v := range s.Selection.Pix {
			data = binary.LittleEndian.AppendUint16(data, v)
		}
		sum := HashOf(data)
		r.Selection = &sum
		if err := put(sum, func() []byte { return data }); err != nil {
			return nil, err
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("edit: the state cannot be stored: %w", err)
	}
	return Canonical(data)
}

// decodeState reads a record; get fetches the content of a hash, verified. It is
// called by several goroutines at once.
func decodeState(data []byte, pool bandPool, get func(Hash) ([]byte, error)) (*State, error) {
	s := &State{}
	r := stateRecord{State: s}
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("edit: a stored state cannot be read: %w", err)
	}
	if r.Scheme != snapshotScheme {
		return nil, fmt.Errorf("edit: a stored state has the form %q, not %q", r.Scheme, snapshotScheme)
	}
	if r.State == nil {
		return nil, fmt.Errorf("edit: a stored state is empty")
	}
	s = r.State
	if err := checkSize(s.Size); err != nil {
		return nil, err
	}
	if len(r.Layers) > MaxLayers {
		return nil, &ParameterError{"layer", fmt.Sprintf("a pattern has at most %d layers", MaxLayers)}
	}
	for _, k := range r.Layers {
		l := &Layer{ID: k.ID, Name: k.Name, Opacity: k.Opacity, Blend: k.Blend, Hidden: k.Hidden, Pixels: raster.New(s.Size.Width, s.Size.Height)}
		if len(k.Bands) != l.Pixels.Bands() {
			return nil, &RecordError{"state", fmt.Sprintf("layer %q has %d bands where %d belong", k.ID, len(k.Bands), l.Pixels.Bands())}
		}
		// To read, to verify and to unpack a band takes a millisecond or two: on all cores.
		var g errgroup.Group
		g.SetLimit(runtime.GOMAXPROCS(0))
		for i, sum := range k.Bands {
			if pool.share(l.Pixels, i, sum) {
				continue
			}
			g.Go(func() error {
				content, err := get(sum)
				if err != nil {
					return err
				}
				return l.Pixels.RestoreBand(i, content, sum)
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		s.Layers = append(s.Layers, l)
	}
	if r.Selection != nil {
		content, err := get(*r.Selection)
		if err != nil {
			return nil, err
		}
		m := &raster.Mask{W: s.Size.Width, H: s.Size.Height}
		if len(content) != 2*m.W*m.H {
			return nil, &RecordError{"state", "the selection has not the size of the cell"}
		}
		m.Pix = make([]uint16, m.W*m.H)
		for i := range m.Pix {
			m.Pix[i] = binary.LittleEndian.Uint16(content[2*i:])
		}
		s.Selection = m
	}
	return s, s.check()
}

// bandPool finds bands that are in memory already.
type bandPool map[Hash]pooledBand

type pooledBand struct {
	raster *raster.Raster
	band   int
}

// pool lists the bands of the states in memory whose sums are known.
func (p *Pattern) pool() bandPool {
	pool := bandPool{}
	for _, k := range p.kept {
		for _, l := range k.state.Layers {
			for i := range l.Pixels.Bands() {
				if sum, known := l.Pixels.KnownSum(i); known {
					pool[sum] = pooledBand{l.Pixels, i}
				}
			}
		}
	}
	return pool
}

// share gives band i of r the content with that sum, if it is in memory.
func (pool bandPool) share(r *raster.Raster, i int, sum Hash) bool {
	b, found := pool[sum]
	return found && r.ShareBand(i, b.raster, b.band)
}

// snapshotKey is what the record of a version's snapshot is kept under.
func snapshotKey(v Hash) Hash { return HashOf(append([]byte(snapshotScheme+"\n"), v[:]...)) }

// keepSnapshot puts the state of v into the cache: the bands that it does not
// have yet, and then the record, with its own SHA-256 in front.
func keepSnapshot(ctx context.Context, cache Cache, v Hash, s *State) error {
	data, err := encodeState(s, func(sum Hash, content func() []byte) error {
		had, err := cache.Has(ctx, sum)
		if err != nil || had {
			return err
		}
		return cache.Keep(ctx, sum, content())
	})
	if err != nil {
		return fmt.Errorf("edit: snapshot: %w", err)
	}
	sum := sha256.Sum256(data)
	if err := cache.Keep(ctx, snapshotKey(v), append(sum[:], data...)); err != nil {
		return fmt.Errorf("edit: snapshot: %w", err)
	}
	return nil
}

// loadSnapshot returns the state of v, nil where the cache does not have all of
// it undamaged.
func loadSnapshot(ctx context.Context, cache Cache, v Hash, pool bandPool) (*State, error) {
	data, err := cache.Load(ctx, snapshotKey(v))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || len(data) < sha256.Size || sha256.Sum256(data[sha256.Size:]) != [sha256.Size]byte(data) {
		return nil, nil //nolint:nilerr // what the cache cannot give is made again
	}
	s, err := decodeState(data[sha256.Size:], pool, func(sum Hash) ([]byte, error) {
		content, err := cache.Load(ctx, sum)
		if err == nil && HashOf(content) != sum {
			err = &RecordError{"snapshot", "a part of it is missing or damaged"}
		}
		return content, err
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, nil //nolint:nilerr // as above
	}
	return s, nil
}

// storeState puts a state among the blobs, its parts deflated, and returns the
// blob of its record.
func storeState(ctx context.Context, store Store, s *State) (Hash, error) {
	parts := map[Hash]Hash{}
	data, err := encodeState(s, func(sum Hash, content func() []byte) error {
		if _, done := parts[sum]; done {
			return nil
		}
		var packed bytes.Buffer
		w, err := flate.NewWriter(&packed, flate.BestSpeed)
		if err == nil {
			_, err = w.Write(content())
		}
		if err == nil {
			err = w.Close()
		}
		if err == nil {
			parts[sum], err = store.Put(ctx, packed.Bytes())
		}
		return err
	})
	if err == nil {
		data, err = json.Marshal(checkpointRecord{State: data, Parts: parts})
	}
	if err == nil {
		data, err = Canonical(data)
	}
	var blob Hash
	if err == nil {
		blob, err = store.Put(ctx, data)
	}
	if err != nil {
		return Hash{}, fmt.Errorf("edit: the state was not stored: %w", err)
	}
	return blob, nil
}

// checkpointRecord is the blob of a stored state: its record, and in which blob
// the content of each hash lies.
type checkpointRecord struct {
	State json.RawMessage `json:"state"`
	Parts map[Hash]Hash   `json:"parts"`
}

func loadState(ctx context.Context, blobs Blobs, at Hash) (*State, error) {
	data, err := blobs.Blob(ctx, at)
	if err != nil {
		return nil, err
	}
	var r checkpointRecord
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, &RecordError{"state", err.Error()}
	}
	return decodeState(r.State, nil, func(sum Hash) ([]byte, error) {
		packed, err := blobs.Blob(ctx, r.Parts[sum])
		if err != nil {
			return nil, err
		}
		// No part is larger than a band of the widest cell, or its selection.
		content, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), 2*MaxPixels+1))
		if err != nil {
			return nil, &RecordError{"state", err.Error()}
		}
		if HashOf(content) != sum {
			return nil, &RecordError{"state", fmt.Sprintf("a part does not hash to %v", sum)}
		}
		return content, nil
	})
}

// Sum is the SHA-256 of everything that the state is: two states with the same
// sum are the same to the last bit, pixels, authors and words. It is what "the
// same bytes on every platform" is tested with.
func (s *State) Sum() Hash {
	data, err := encodeState(s, func(Hash, func() []byte) error { return nil })
	if err != nil {
		panic(err) // a state holds nothing that JSON cannot
	}
	return HashOf(data)
}

// Flatten is the picture that the state shows: its visible layers, composed with
// their authors.
func (s *State) Flatten(ctx context.Context) (*raster.Raster, error) {
	return raster.Flatten(ctx, s.Size.Width, s.Size.Height, s.Sheets())
}

// Sheets lists the visible layers as raster.Flattener takes them.
func (s *State) Sheets() []raster.Sheet {
	var sheets []raster.Sheet
	for _, l := range s.Layers {
		if !l.Hidden {
			sheets = append(sheets, raster.Sheet{Pixels: l.Pixels, Opacity: l.Opacity, Blend: l.Blend})
		}
	}
	return sheets
}

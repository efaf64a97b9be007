// Package corpus streams drawings with captions and labels for training a
// model: the same seeds give the same bytes for ever, and the report's hash
// and counts are what a model card cites.
//
// The stream (all integers little-endian):
//
//	header  8 bytes "selvcrp1"
//	        uint32 version of the drawing rules (draw.Version)
//	        uint32 size: pictures are size x size
//	        uint64 number of samples
//	sample  uint16 length of the caption, then the caption in UTF-8
//	        uint16 length of the labels, then the labels in JSON (Labels)
//	        size*size*3 bytes: the picture in the coding of engine/draw
//	        (ground black; positions R, G, B, C, M, Y; line work white)
//
// Samples come in the order of their seeds, From, From+1, ...
package corpus

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/selvage-studio/selvage/engine/draw"
)

// Magic begins a stream.
const Magic = "selvcrp1"

// Which says what a stream holds.
type Which uint8

// Training leaves out the combinations of draw.HeldOut, HeldOut is only those.
const (
	Training Which = iota
	HeldOut
)

// Options say what to stream.
type Options struct {
	From    uint64 // first seed
	N       int    // samples
	Size    int    // side of the pictures in pixels, 16 to 2048
	Workers int    // 0 is one a core
	Which   Which
	// Families limits the stream to some, all when empty.
	Families []string
	// Figures limits how many forms a motif has in all (draw.Spec.Figure): 0 is
	// one of its own for each drawing.
	Figures int
	// Group draws of each sample the group that fills a picture when it is repeated
	// (draw.Spec.Part), rather than the picture.
	Group bool
}

// Labels are what is true of a sample.
type Labels struct {
	draw.Spec
	Ink bool `json:"ink"` // the last position is line work
}

// Report sums up a stream; the model card keeps it.
type Report struct {
	Version    int            `json:"version"`
	From       uint64         `json:"from"`
	N          int            `json:"n"`
	Size       int            `json:"size"`
	Which      string         `json:"which"`
	SHA256     string         `json:"sha256"` // over the samples, without the header
	Families   map[string]int `json:"families"`
	Layouts    map[string]int `json:"layouts"`
	Positions  map[int]int    `json:"positions"`
	Secondary  map[string]int `json:"secondary"`
	Vocabulary int            `json:"vocabulary"` // words that captions can have
}

// tries bounds the search for a drawing of the wanted kind; a miss has a
// chance below 1e-9 for held-out pairs.
const tries = 4096

// Spec is the drawing of a sample: the first of a chain of random drawings
// that begins at the seed and is of the wanted kind.
func (o Options) Spec(seed uint64) (draw.Spec, error) {
	for k := range uint64(tries) {
		s := draw.Spec{}
		at := seed + k*0x9e3779b97f4a7c15
		if len(o.Families) > 0 {
			chosen := seed
			if o.Which == HeldOut {
				// Not every family has combinations that are left out.
				chosen = at
			}
			s.Family = o.Families[(chosen*0x9e3779b97f4a7c15>>33)%uint64(len(o.Families))]
		}
		s = s.Complete(at)
		if o.Figures > 0 {
			s.Figure = 1 + (at^at>>32)*0xbf58476d1ce4e5b9>>33%uint64(o.Figures)
		}
		if draw.HeldOut(s) == (o.Which == HeldOut) {
			if o.Group {
				s.Part = s.Groups()
			}
			return s, nil
		}
	}
	return draw.Spec{}, fmt.Errorf("corpus: seed %d: no drawing of this kind among %d; name more families", seed, tries)
}

// chunk is how many samples a worker makes at a time.
const chunk = 32

type result struct {
	bytes  []byte
	labels []Labels
	err    error
}

// Stream writes header and samples to w.
func Stream(ctx context.Context, w io.Writer, o Options) (*Report, error) {
	if o.N < 0 || o.Size < 16 || o.Size > 2048 {
		return nil, fmt.Errorf("corpus: %d samples of %d x %d pixels cannot be streamed; use sizes of 16 to 2048", o.N, o.Size, o.Size)
	}
	for _, f := range o.Families {
		if err := (draw.Spec{Family: f}).Validate(); err != nil {
			return nil, fmt.Errorf("corpus: %w", err)
		}
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rep := &Report{
		Version: draw.Version, From: o.From, N: o.N, Size: o.Size, Which: [...]string{"training", "held-out"}[o.Which],
		Families: map[string]int{}, Layouts: map[string]int{}, Positions: map[int]int{}, Secondary: map[string]int{},
		Vocabulary: len(draw.Vocabulary()),
	}
	out := bufio.NewWriterSize(w, 1<<20)
	head := make([]byte, 0, 24)
	head = append(head, Magic...)
	head = binary.LittleEndian.AppendUint32(head, draw.Version)
	head = binary.LittleEndian.AppendUint32(head, uint32(o.Size))
	head = binary.LittleEndian.AppendUint64(head, uint64(o.N))
	if _, err := out.Write(head); err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	hash := sha256.New()
	queue := start(ctx, o)
	for slot := range queue {
		r := <-slot
		if r.err != nil {
			return nil, r.err
		}
		hash.Write(r.bytes)
		if _, err := out.Write(r.bytes); err != nil {
			return nil, fmt.Errorf("corpus: %w", err)
		}
		for _, l := range r.labels {
			rep.Families[l.Family]++
			rep.Layouts[string(l.Layout)]++
			rep.Positions[l.Positions]++
			rep.Secondary[l.Secondary]++
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	rep.SHA256 = hex.EncodeToString(hash.Sum(nil))
	if err := out.Flush(); err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	return rep, nil
}

// start hands out chunks to workers and returns their results in order. All
// goroutines end with ctx or when the last chunk is taken.
func start(ctx context.Context, o Options) <-chan chan result {
	type job struct {
		from uint64
		n    int
		slot chan result
	}
	queue := make(chan chan result, 2*o.Workers)
	jobs := make(chan job)
	go func() {
		defer close(queue)
		defer close(jobs)
		for at := 0; at < o.N; at += chunk {
			j := job{o.From + uint64(at), min(chunk, o.N-at), make(chan result, 1)}
			select {
			case queue <- j.slot:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				j.slot <- result{err: ctx.Err()}
				return
			}
		}
	}()
	for range o.Workers {
		go func() {
			m := &maker{o: o}
			for j := range jobs {
				j.slot <- m.make(j.from, j.n)
			}
		}()
	}
	return queue
}

// maker draws samples, with buffers of its own.
type maker struct {
	o       Options
	draw    draw.Renderer
	screens draw.Screens
	rgb     []byte
}

func (m *maker) make(from uint64, n int) (r result) {
	r.bytes = make([]byte, 0, n*(m.o.Size*m.o.Size*3+400))
	for i := range uint64(n) {
		var l Labels
		r.bytes, l, r.err = m.append(r.bytes, from+i)
		if r.err != nil {
			return r
		}
		r.labels = append(r.labels, l)
	}
	return r
}

func (m *maker) append(b []byte, seed uint64) ([]byte, Labels, error) {
	spec, err := m.o.Spec(seed)
	if err != nil {
		return b, Labels{}, err
	}
	scene, err := spec.Scene()
	if err != nil {
		return b, Labels{}, fmt.Errorf("corpus: seed %d: %w", seed, err)
	}
	if err := m.draw.Draw(scene, m.o.Size, m.o.Size, &m.screens); err != nil {
		return b, Labels{}, fmt.Errorf("corpus: seed %d: %w", seed, err)
	}
	labels := Labels{Spec: scene.Spec, Ink: m.screens.Ink >= 0}
	text, err := json.Marshal(labels)
	if err != nil {
		return b, Labels{}, fmt.Errorf("corpus: seed %d: %w", seed, err)
	}
	for _, s := range [][]byte{[]byte(draw.Describe(scene.Spec, seed)), text} {
		if len(s) > math.MaxUint16 {
			return b, Labels{}, fmt.Errorf("corpus: seed %d: a text of %d bytes is too long", seed, len(s))
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	m.rgb = m.screens.Encode(m.rgb)
	return append(b, m.rgb...), labels, nil
}

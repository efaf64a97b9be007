package gpu

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"
	"golang.org/x/sync/semaphore"

	"github.com/selvage-studio/selvage/gpu/bfloat"
)

// Fallback is a device that was preferred and did not start.
type Fallback struct {
	Device Device
	Err    error
}

// Queue is a device at work. It does one thing at a time, in the order of asking;
// a processor does several where their Spec.Threads leave it free.
type Queue struct {
	w         *worker
	fallbacks []Fallback
}

// Device is the device that the queue runs on.
func (q *Queue) Device() Device { return q.w.device }

// Width is how many programs of one thread (Spec.Threads) the device runs beside each
// other: as many as a processor has threads, one on any other device.
func (q *Queue) Width() int { return int(q.w.width) }

// Err says why the queue can do nothing any more: ErrClosed, or a *DeviceError of a
// device that was lost. It is nil while it can. Runtime.Queue then finds another device.
func (q *Queue) Err() error { return q.w.state() }

// Fallbacks are the devices that were preferred to this one and did not start.
func (q *Queue) Fallbacks() []Fallback { return slices.Clone(q.fallbacks) }

// Stats tells what a queue has done and holds.
type Stats struct {
	Runs    int64         // that began in ONNX Runtime
	Running time.Duration // inside ONNX Runtime's own Run, of all runs together
	Loads   int64         // compilations
	Unloads int64         // for room
	Used    int64         // bytes of the budget that loaded programs take
	Budget  int64         // bytes
}

// Stats is the state of the queue's device, of all the handles of it together.
func (q *Queue) Stats() Stats {
	w := q.w
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stats
	s.Budget = w.budget
	for _, p := range w.programs {
		s.Used += p.bytes
	}
	return s
}

// worker is the one owner of a device's programs.
type worker struct {
	native *native
	cfg    Config
	device Device
	width  int64               // threads of a processor, 1 of any other device
	turn   *semaphore.Weighted // of width; who takes all of it has the device

	mu       sync.Mutex // guards what follows
	budget   int64
	programs map[string]*loadedProgram
	clock    int64 // counts uses, for the order of unloading
	closed   bool
	lost     error
	stats    Stats
}

// loadedProgram is a compiled graph on a device.
type loadedProgram struct {
	key, name string
	native    *native
	session   unsafe.Pointer // OrtSession
	tensors   *weightTensors
	weights   []Weight // whose bytes the session reads, kept alive
	inputs    []string
	outputs   []string
	cInputs   cStrings
	cOutputs  cStrings
	width     int64 // of the device's that a run takes
	bytes     int64 // of the budget
	pins      int
	used      int64
}

// start makes the device ready, or returns its worker when it is.
func (r *Runtime) start(ctx context.Context, d Device) (*worker, error) {
	if w := r.workers[d.ID]; w != nil {
		return w, w.state()
	}
	if d.Unavailable != "" {
		return nil, &DeviceError{Device: d, Err: fmt.Errorf("%s", d.Unavailable)}
	}
	w := &worker{native: r.native, cfg: r.cfg, device: d, width: 1, programs: map[string]*loadedProgram{}}
	if d.Provider == providerCPU {
		w.width = int64(cmp.Or(r.cfg.Threads, runtime.NumCPU()))
	}
	w.turn = semaphore.NewWeighted(w.width)
	w.budget = r.cfg.Budget
	if w.budget == 0 {
		w.budget = defaultBudget(d)
	}
	if err := w.probe(ctx); err != nil {
		return nil, err
	}
	r.workers[d.ID] = w
	return w, nil
}

// state says why the worker cannot work, nil when it can.
func (w *worker) state() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	return w.lost
}

// Load compiles a program, or finds the one with the same key. The program stays
// loaded at least until Release. It unloads others, least recently used first, until
// the budget has room for the program's estimate; a *BudgetError says that it never
// will, and then nothing has been unloaded or allocated.
func (q *Queue) Load(ctx context.Context, s Spec) (*Program, error) {
	w := q.w
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range s.Weights {
		if err := s.Weights[i].check(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	if err := w.state(); err != nil {
		return nil, err
	}
	// What is loaded can be had while the device is at work.
	if p := w.pin(s.Key); p != nil {
		return &Program{w: w, p: p}, nil
	}
	if err := w.turn.Acquire(ctx, w.width); err != nil {
		return nil, err
	}
	defer w.turn.Release(w.width)
	if err := w.state(); err != nil {
		return nil, err
	}
	if p := w.pin(s.Key); p != nil {
		return &Program{w: w, p: p}, nil
	}
	loaded, loading := w.estimate(&s)
	if err := w.makeRoom(s.Name, loading); err != nil {
		return nil, err
	}
	p, err := w.compile(ctx, &s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, w.judge(ctx, err))
	}
	p.bytes, p.width = loaded, w.widthOf(&s)
	w.mu.Lock()
	w.programs[s.Key] = p
	w.stats.Loads++
	w.mu.Unlock()
	return &Program{w: w, p: w.pin(s.Key)}, nil
}

// pin finds a loaded program and keeps it loaded until it is released.
func (w *worker) pin(key string) *loadedProgram {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.programs[key]
	if p != nil {
		p.pins++
		w.clock++
		p.used = w.clock
	}
	return p
}

// widthOf is how much of the device a run of a program takes.
func (w *worker) widthOf(s *Spec) int64 {
	if s.Threads > 0 {
		return min(w.width, int64(s.Threads))
	}
	return w.width
}

// estimate is what a program takes of the device's memory in bytes, once it is loaded
// and while it is loading. Loaded, it takes its weights in the graph's type, once:
// ONNX Runtime packs them its own way and lets go of what it was given (a mapped file
// stays mapped, which the system may take back); and the scratch that the spec names.
// While convolutions are rearranged they exist twice; their part is not known here,
// and half of the weights is what image models have. OpenVINO compiles a copy of its
// own while ONNX Runtime keeps what it was given (measured: 1.6 times the weights in
// bfloat16 and 2 in single precision, and at the peak of loading 2.6 and 3).
func (w *worker) estimate(s *Spec) (loaded, loading int64) {
	weights := s.weightBytes()
	loaded = weights + s.Scratch + int64(len(s.Model))
	loading = loaded
	switch {
	case w.device.Provider == providerOpenVINO:
		loaded += weights
		loading = loaded + weights
	case w.blocked(s):
		loading = max(loaded, weights+weights/2+int64(len(s.Model)))
	}
	return loaded, loading
}

// makeRoom unloads programs that nobody has pinned until need bytes fit.
func (w *worker) makeRoom(name string, need int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var used, pinned int64
	var idle []*loadedProgram
	for _, p := range w.programs {
		used += p.bytes
		if p.pins > 0 {
			pinned += p.bytes
		} else {
			idle = append(idle, p)
		}
	}
	if pinned+need > w.budget {
		return &BudgetError{Program: name, Device: w.device.ID, Need: need, Have: max(w.budget-pinned, 0), Pinned: pinned}
	}
	slices.SortFunc(idle, func(a, b *loadedProgram) int { return int(a.used - b.used) })
	for _, p := range idle {
		if used+need <= w.budget {
			break
		}
		used -= p.bytes
		w.unload(p)
		w.stats.Unloads++
	}
	return nil
}

// unload frees a program; w.mu is held, and the caller has the device.
func (w *worker) unload(p *loadedProgram) {
	delete(w.programs, p.key)
	p.free()
}

func (p *loadedProgram) free() {
	p.native.releaseSession(p.session)
	p.tensors.release()
	p.cInputs.free()
	p.cOutputs.free()
}

// close unloads everything once the device is idle.
func (w *worker) close() {
	if err := w.turn.Acquire(context.Background(), w.width); err == nil { // it waits as long as it takes
		defer w.turn.Release(w.width)
	}
	w.mu.Lock()
	w.closed = true
	for _, p := range w.programs {
		w.unload(p)
	}
	w.mu.Unlock()
}

// compile makes a session of a spec.
func (w *worker) compile(ctx context.Context, s *Spec, more ...func(*ort.SessionOptions) error) (*loadedProgram, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer func() { _ = options.Destroy() }()
	if err := w.configure(options, s); err != nil {
		return nil, err
	}
	for _, set := range more {
		if err := set(options); err != nil {
			return nil, err
		}
	}
	raw, err := pointerIn(options, "o")
	if err != nil {
		return nil, err
	}
	if w.device.Parts > 0 {
		if err := w.native.check("operators in bfloat16", bfloat.Add(unsafe.Pointer(w.native.api), raw, w.native.operators)); err != nil {
			return nil, err
		}
	}
	open, err := openModel(s)
	if err != nil {
		return nil, err
	}
	tensors, err := newWeightTensors(ctx, w.native, s.Weights)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(s.Weights))
	for i := range s.Weights {
		names[i] = s.Weights[i].Name
	}
	// The options must outlive a call of cancelLoad that has begun.
	var ending sync.WaitGroup
	ending.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer ending.Done()
		_ = w.native.cancelLoad(raw)
	})
	session, err := w.native.session(open, raw, names, tensors)
	if stop() {
		ending.Done()
	}
	ending.Wait()
	if err != nil {
		tensors.release()
		return nil, err
	}
	p := &loadedProgram{native: w.native, key: s.Key, name: s.Name, session: session, tensors: tensors, weights: s.Weights}
	if err := p.inspect(); err != nil {
		p.free()
		return nil, err
	}
	return p, nil
}

// inspect reads the names of the session's inputs and outputs.
func (p *loadedProgram) inspect() (err error) {
	if p.inputs, err = p.native.names(p.session, false); err != nil {
		return err
	}
	if p.outputs, err = p.native.names(p.session, true); err != nil {
		return err
	}
	p.cInputs, p.cOutputs = newCStrings(p.inputs), newCStrings(p.outputs)
	return nil
}

// pointerIn follows the fields of the binding's structs to the C pointer that it
// keeps to itself. The binding's version is pinned, and native_test.go sees that
// these fields are there.
func pointerIn(of any, fields ...string) (unsafe.Pointer, error) {
	v := reflect.ValueOf(of)
	for _, f := range fields {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || !v.FieldByName(f).IsValid() {
			return nil, fmt.Errorf("gpu: the binding's %T has no field %q in this version", of, f)
		}
		v = v.FieldByName(f)
	}
	if v.Kind() != reflect.Pointer {
		return nil, fmt.Errorf("gpu: the binding's %T has no pointer in %q in this version", of, fields)
	}
	return v.UnsafePointer(), nil
}

// blockedLimit is the number of bytes of weights from which the processor's provider
// leaves convolutions in the order in which they are stored. Below it, it rearranges
// them into blocks of channels: that makes the decoder of a Stable Diffusion 1.5 and
// the starter model 10 % faster, but its UNet only 1 %, for which that takes 5 s of the
// load and another 1.9 GB at the peak (measured with AVX2).
const blockedLimit = 1 << 30

// blocked says whether the program's convolutions are rearranged.
func (w *worker) blocked(s *Spec) bool {
	return w.device.Provider == providerCPU && s.weightBytes() < blockedLimit
}

// configure sets a session's options for the device and the program.
func (w *worker) configure(o *ort.SessionOptions, s *Spec) error {
	threads := w.cfg.Threads
	if s.Threads > 0 && w.device.Provider == providerCPU {
		threads = int(w.widthOf(s))
	}
	if threads == 0 && runtime.NumCPU() == 1 {
		// ONNX Runtime counts the machine's cores, and its threads spin for each other
		// on the one that this process was given.
		threads = 1
	}
	if err := o.SetIntraOpNumThreads(threads); err != nil {
		return err
	}
	level := ort.GraphOptimizationLevelEnableExtended
	if w.blocked(s) {
		level = ort.GraphOptimizationLevelEnableAll
	}
	if w.device.Provider == providerCPU {
		if err := o.SetGraphOptimizationLevel(ort.GraphOptimizationLevel(level)); err != nil {
			return err
		}
	}
	// Without its arena a session asks the system for each run's scratch anew; the
	// arena's own shrinking keeps what it asked for first, which is nearly all.
	if err := o.SetCpuMemArena(!s.Brief); err != nil {
		return err
	}
	for key, value := range map[string]string{
		// Idle sessions must not burn the cores that the running one needs.
		"session.force_spinning_stop": "1",
	} {
		if err := o.AddSessionConfigEntry(key, value); err != nil {
			return err
		}
	}
	return w.device.appendTo(o)
}

// Package gpu runs compiled graphs on the machine's devices through ONNX Runtime,
// and is the one room that knows of it.
//
// Open loads the library and looks for devices. A Queue is a device at work: it holds
// programs and their weights under a memory budget and does one thing at a time.
// Load compiles a Spec, a graph built elsewhere with its weights by reference, into
// a Program, or finds the one that is loaded; Run runs it.
//
//	rt, err := gpu.Open(gpu.Config{})
//	queue, err := rt.Queue(ctx, "")             // the best device that starts
//	program, err := queue.Load(ctx, spec)
//	defer program.Release()
//	out, err := program.Run(ctx, map[string]*tensor.Dense{"sample": latent})
//
// Errors that a caller may act on have types: LibraryMissingError, LibraryError,
// UnknownDeviceError, DeviceError, BudgetError, InputError and RuntimeError.
package gpu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/selvage-studio/selvage/gpu/library"
)

// Config says how to open the runtime. Its zero value is the usual one.
type Config struct {
	Library  string // ONNX Runtime library, "" for what library.Find finds
	CacheDir string // for what providers compile, "" for the user's cache
	Budget   int64  // bytes of programs and weights per device, 0 to take it from the device's memory
	Threads  int    // of the CPU provider, 0 for one per core
}

// Runtime is ONNX Runtime with the devices that it finds.
type Runtime struct {
	cfg     Config
	native  *native
	devices []Device

	mu      sync.Mutex
	workers map[string]*worker
	closed  bool
}

// process is the library as this process has it: dlopen and the binding's
// environment exist once, whatever the number of Runtimes.
type process struct {
	mu     sync.Mutex
	path   string
	native *native
}

//nolint:gochecknoglobals // a loaded library belongs to the process, not to a value
var loaded process

// load loads the library, or returns it when it is loaded already.
func (p *process) load(path string) (*native, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.native != nil {
		if p.path != path {
			return nil, &LibraryError{path, fmt.Errorf("this process runs on %s already, and can load but one", p.path)}
		}
		return p.native, nil
	}
	n, err := loadNative(path)
	if err != nil {
		return nil, &LibraryError{path, err}
	}
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return nil, &LibraryError{path, err}
	}
	p.path, p.native = path, n
	return n, nil
}

// Open loads ONNX Runtime and lists the devices. It starts none of them.
func Open(cfg Config) (*Runtime, error) {
	if cfg.Budget < 0 || cfg.Threads < 0 {
		return nil, fmt.Errorf("gpu: a budget of %d bytes and %d threads make no sense", cfg.Budget, cfg.Threads)
	}
	if n := commandLine(); n > longestCommandLine {
		return nil, fmt.Errorf("gpu: a command line of %d bytes crashes ONNX Runtime, %d is the limit; shorten the prompt", n, longestCommandLine)
	}
	if cfg.Library == "" {
		path, err := library.Find()
		if err != nil {
			return nil, err
		}
		cfg.Library = path
	}
	n, err := loaded.load(cfg.Library)
	if err != nil {
		return nil, err
	}
	devices, err := discover(n, cfg.Library)
	if err != nil {
		return nil, &LibraryError{cfg.Library, err}
	}
	return &Runtime{cfg: cfg, native: n, devices: devices, workers: map[string]*worker{}}, nil
}

// Devices lists the devices, best first; those with Unavailable set cannot be used,
// and it says why.
func (r *Runtime) Devices() []Device { return slices.Clone(r.devices) }

// Queue starts the device with the ID, "" for the best, or returns its queue when it
// has been started. When it does not start, the next best is taken, and the queue's
// Fallbacks say what failed and why. The error is an *UnknownDeviceError when there
// is no such device, and joins every *DeviceError when none starts.
func (r *Runtime) Queue(ctx context.Context, id string) (*Queue, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	candidates := r.devices
	if id != "" {
		i := slices.IndexFunc(r.devices, func(d Device) bool { return d.ID == id })
		if i < 0 {
			err := &UnknownDeviceError{ID: id}
			for _, d := range r.devices {
				err.Known = append(err.Known, d.ID)
			}
			return nil, err
		}
		candidates = slices.Concat([]Device{r.devices[i]}, r.devices[:i], r.devices[i+1:])
	}
	var fallbacks []Fallback
	for _, d := range candidates {
		w, err := r.start(ctx, d)
		if err == nil {
			return &Queue{w, fallbacks}, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fallbacks = append(fallbacks, Fallback{d, err})
	}
	var errs []error
	for _, f := range fallbacks {
		errs = append(errs, f.Err)
	}
	return nil, errors.Join(errs...)
}

// Close unloads every program. Programs in use are waited for.
func (r *Runtime) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, w := range r.workers {
		w.close()
	}
	r.workers = map[string]*worker{}
	return nil
}

// longestCommandLine keeps ONNX Runtime 1.30 from overflowing its stack: when
// it starts it searches the process's command line by a recursive regular
// expression, which was seen to crash at 38 kB.
const longestCommandLine = 24 << 10

func commandLine() int {
	n := 0
	for _, a := range os.Args {
		n += len(a) + 1
	}
	return n
}

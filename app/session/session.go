// Package session is the program without a face: the use cases of the studio,
// as the command line and the window both call them.
//
//	s, err := session.Open(session.Config{})
//	if err != nil { ... }
//	defer s.Close()
//	made, err := s.Generate(ctx, session.Request{Prompt: "tulips", Model: "starter"}, nil)
//	files, err := s.Export(ctx, made[0], "tulips.png", session.ExportOptions{})
//
// A session opens nothing before it is needed: the ONNX Runtime with the first
// generation, a model with the first request that names it.
package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
	"github.com/selvage-studio/selvage/ledger/identity"
)

// Config says where a session keeps things and what it runs on; zero values
// are the system's usual places and the best device.
type Config struct {
	// DataDir holds the installed models, CacheDir what can be made again.
	DataDir, CacheDir string
	// Library is ONNX Runtime's shared library; empty is what set-up fetched,
	// or what SELVAGE_ONNXRUNTIME names.
	Library string
	// Device is the ID of the device to use where a request names none.
	Device string
	// MemoryBudget is the bytes that programs and weights may take on a
	// device; 0 is a share of the device's memory.
	MemoryBudget int64
	// PersonName is what a new identity is called; empty is what the system calls the person.
	PersonName string
	// Passphrase is asked for one where the system has no key store; again says that it is a
	// new one. nil asks nobody.
	Passphrase func(ctx context.Context, again bool) (string, error)
	// NoKeyStore keeps away from the system's key store.
	NoKeyStore bool
	// PassphraseWork is log2 of what a guess at a passphrase costs; 0 is the usual second.
	PassphraseWork int
	// Witnessing asks witnesses and authorities beside the work; nil asks them only by Ask.
	Witnessing *Witnessing
}

// Session is an open program. It is safe for concurrent use.
type Session struct {
	cfg Config

	mu      sync.Mutex
	runtime *gpu.Runtime
	queues  map[string]*gpu.Queue
	open    map[string]*opened
	order   []string // of open, least recently used first

	meMu sync.Mutex
	me   *identity.Identity // once it was needed

	libraries []*library.Library // that were opened; under mu
	attendant *attendant         // nil where nobody is asked beside the work

	factsMu sync.Mutex
	facts   map[string]facts       // by model and upscaler
	prints  map[string]fingerprint // by model, under factsMu
}

// opened is a pipeline with the models that it holds open.
type opened struct {
	pipeline *diffusion.Pipeline
	model    *weights.Model
	upscaler *weights.Model
	models   []*weights.Model
	critic   *starter.Critic // nil where the model has none
	beside   int             // samples that the device makes beside each other
	facts    facts
	hash     string
	users    int
}

// Open makes a session. Close it.
func Open(cfg Config) (*Session, error) {
	if cfg.DataDir == "" {
		dir, err := dataDir()
		if err != nil {
			return nil, fmt.Errorf("there is no place for the studio's data: %w; set SELVAGE_DATA to a folder", err)
		}
		cfg.DataDir = dir
	}
	if cfg.CacheDir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			dir = os.TempDir()
		}
		cfg.CacheDir = filepath.Join(dir, "selvage")
	}
	s := &Session{cfg: cfg, queues: map[string]*gpu.Queue{}, open: map[string]*opened{}, facts: map[string]facts{}}
	if cfg.Witnessing != nil {
		s.attendant = newAttendant(s, *cfg.Witnessing)
	}
	return s, nil
}

// dataDir is where a person's data lives on this system.
func dataDir() (string, error) {
	if d := os.Getenv("SELVAGE_DATA"); d != "" {
		return d, nil
	}
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "selvage"), nil
	}
	d, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	if home, err := os.UserHomeDir(); err == nil && d == filepath.Join(home, ".config") {
		d = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(d, "selvage"), nil
}

// Close gives back what the session opened, in the reverse order.
func (s *Session) Close() error {
	if s.attendant != nil {
		s.attendant.stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	// Programs look at the models' mapped weights, so the runtime goes first.
	if s.runtime != nil {
		errs = append(errs, s.runtime.Close())
	}
	for _, o := range s.open {
		errs = append(errs, o.close())
	}
	for _, l := range s.libraries {
		errs = append(errs, l.Close())
	}
	s.libraries = nil
	s.queues, s.open, s.order, s.runtime = map[string]*gpu.Queue{}, map[string]*opened{}, nil, nil
	return errors.Join(errs...)
}

func (o *opened) close() error {
	var errs []error
	for i := len(o.models) - 1; i >= 0; i-- {
		errs = append(errs, o.models[i].Close())
	}
	return errors.Join(errs...)
}

// Devices lists what the engine can run on, the best first.
func (s *Session) Devices() ([]gpu.Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rt, err := s.engine()
	if err != nil {
		return nil, err
	}
	return rt.Devices(), nil
}

// engine loads ONNX Runtime once. Callers hold mu.
func (s *Session) engine() (*gpu.Runtime, error) {
	if s.runtime == nil {
		rt, err := gpu.Open(gpu.Config{Library: s.cfg.Library, CacheDir: s.cfg.CacheDir, Budget: s.cfg.MemoryBudget})
		if err != nil {
			return nil, err
		}
		s.runtime = rt
	}
	return s.runtime, nil
}

// again is the device of that ID where this machine has it and nobody chose another,
// and "" else. Callers hold mu.
func (s *Session) again(id string) string {
	rt, err := s.engine()
	if err != nil || s.cfg.Device != "" {
		return "" // the error comes when a queue is asked for
	}
	if slices.ContainsFunc(rt.Devices(), func(d gpu.Device) bool { return d.ID == id && d.Unavailable == "" }) {
		return id
	}
	return ""
}

// queue opens a device once, and the next best in place of one that was lost. Callers
// hold mu.
func (s *Session) queue(ctx context.Context, id string) (*gpu.Queue, error) {
	if id == "" {
		id = s.cfg.Device
	}
	if q, ok := s.queues[id]; ok && q.Err() == nil {
		return q, nil
	}
	rt, err := s.engine()
	if err != nil {
		return nil, err
	}
	q, err := rt.Queue(ctx, id)
	if err != nil {
		return nil, err
	}
	s.queues[id] = q
	return q, nil
}

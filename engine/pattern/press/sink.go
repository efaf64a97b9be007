package press

import (
	"bytes"
	"context"
	"io"
	"runtime"
)

// sink counts what is written, and mends what was: in the file where w can, and
// in memory where it cannot.
type sink struct {
	w    io.Writer
	at   io.WriterAt
	held *bytes.Buffer // where at is nil
	n    int64
}

func newSink(w io.Writer) *sink {
	s := &sink{w: w}
	if at, ok := w.(io.WriterAt); ok {
		s.at = at
	} else {
		s.held = &bytes.Buffer{}
	}
	return s
}

func (s *sink) write(p []byte) error {
	s.n += int64(len(p))
	if s.held != nil {
		s.held.Write(p)
		return nil
	}
	_, err := s.w.Write(p)
	return err
}

func (s *sink) patch(p []byte, off int64) error {
	if s.held != nil {
		copy(s.held.Bytes()[off:], p)
		return nil
	}
	_, err := s.at.WriteAt(p, off)
	return err
}

// close writes what was held back.
func (s *sink) close() error {
	if s.held == nil {
		return nil
	}
	_, err := s.held.WriteTo(s.w)
	return err
}

// inOrder calls do for 0 to n-1 on all cores and take with the results in
// order, with no more of them in memory than twice the cores. It returns when
// all goroutines have; the error is the first of take or ctx.
func inOrder(ctx context.Context, n int, do func(i int) []byte, take func([]byte) error) error {
	workers := min(runtime.GOMAXPROCS(0), n)
	type job struct {
		i    int
		done chan []byte
	}
	jobs := make(chan job, workers)
	queue := make(chan job, workers) // in order
	stop := make(chan struct{})
	go func() {
		defer close(jobs)
		defer close(queue)
		for i := range n {
			j := job{i, make(chan []byte, 1)}
			select {
			case queue <- j:
			case <-stop:
				return
			}
			jobs <- j
		}
	}()
	finished := make(chan struct{})
	for range workers {
		go func() {
			for j := range jobs {
				j.done <- do(j.i)
			}
			finished <- struct{}{}
		}()
	}
	var err error
	for j := range queue {
		if err == nil {
			if err = ctx.Err(); err == nil {
				err = take(<-j.done)
			}
			if err != nil {
				close(stop)
			}
		}
	}
	for range workers {
		<-finished
	}
	return err
}

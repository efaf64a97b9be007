package viewmodel_test

import (
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// A thousand changes within a frame are one delivery; the next comes a frame
// later, and never while one is still drawn.
func TestADispatcherDeliversOncePerFrame(t *testing.T) {
	clock := newHandClock()
	posted := make(chan func(), 16)
	delivered := 0
	d := viewmodel.NewDispatcher(func(f func()) { posted <- f }, func() { delivered++ }, 16*time.Millisecond, clock)
	defer d.Close()
	for range 1000 {
		d.Changed()
	}
	draw := <-posted
	for range 1000 {
		d.Changed()
	}
	if len(posted) != 0 {
		t.Fatal("a second delivery is posted while the first is not drawn")
	}
	draw()
	<-clock.asked
	if len(posted) != 0 {
		t.Fatal("a second delivery within a frame")
	}
	clock.turn(16 * time.Millisecond)
	(<-posted)()
	<-clock.asked
	clock.turn(time.Hour)
	if delivered != 2 || len(posted) != 0 {
		t.Fatalf("%d deliveries and %d waiting after two frames with changes", delivered, len(posted))
	}
	d.Changed()
	(<-posted)()
	if delivered != 3 {
		t.Fatal("a later change was not delivered")
	}
}

func TestAClosedDispatcherDeliversNothing(t *testing.T) {
	posted := make(chan func(), 1)
	delivered := false
	d := viewmodel.NewDispatcher(func(f func()) { posted <- f }, func() { delivered = true }, time.Millisecond, newHandClock())
	d.Changed()
	draw := <-posted
	d.Close() // though nobody ever draws
	draw()
	d.Changed()
	if delivered {
		t.Error("a delivery after Close")
	}
}

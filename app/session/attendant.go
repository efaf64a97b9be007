package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/record"
)

// Witnessing says how those who were named as witnesses and authorities are asked beside the work. Where
// nobody was named, nobody is asked.
type Witnessing struct {
	// Now and After are the system's where they are nil.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
	// Asked is told of each answer, and of each that did not come, from the attendant's goroutine;
	// nil is nobody.
	Asked func(Asked)
	// Linger is how long Close waits for answers to what was saved; 0 leaves them for the next time.
	Linger time.Duration
}

const (
	// quiet is how long nothing has to be saved before somebody is asked, so that one question
	// covers what belongs together.
	quiet = 4 * time.Second
	// patience is how long saving may go on before somebody is asked all the same.
	patience = time.Minute
	// gather is how long an authority's question waits for what else happens: a stamp covers
	// everything before it, and a public service is not asked for every stroke. A milestone
	// does not wait.
	gather = 10 * time.Minute
	// again is the first wait after a question that was not answered; it doubles with each try.
	again = time.Minute
	// mostDoublings bounds the wait, at 17 hours.
	mostDoublings = 10
)

// DueAt is when a question that waits is asked the next time by a program that is open then.
func DueAt(p archive.Pending) time.Time { return due(p) }

// due is when a question is asked the next time. It follows from what the ledger keeps of the question, so that
// a program that is opened often asks no more often than one that stays open.
func due(p archive.Pending) time.Time {
	at := p.Since
	if p.Kind == archive.WantStamp {
		at = at.Add(gather)
	}
	n := min(p.Tries, mostDoublings)
	at = at.Add(again * time.Duration(1<<n-1))
	return at.Add(again << mostDoublings * time.Duration(p.Tries-n))
}

// attendant asks witnesses and authorities beside the work: what waits in the ledger of a library, a while
// after something was saved there. There is one goroutine of it, which stop ends.
type attendant struct {
	session *Session
	o       Witnessing

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended

	// calls wakes the goroutine; it holds one, since looking once finds everything.
	calls chan struct{}
	mu    sync.Mutex
	libs  map[*library.Library]*errand
}

// errand is what is to be done in a library.
type errand struct {
	saved  bool // something was recorded since it was last looked at
	urgent bool // a milestone among it
}

func newAttendant(s *Session, o Witnessing) *attendant {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = time.After
	}
	a := &attendant{session: s, o: o, done: make(chan struct{}), calls: make(chan struct{}, 1), libs: map[*library.Library]*errand{}}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	go a.attend()
	return a
}

// watch hears of what is recorded in a library, and looks what waits in it from before.
func (a *attendant) watch(l *library.Library) {
	l.OnSigned(a.signed)
	a.call(l, func(*errand) {})
}

// signed puts the question about the new head into the ledger, with the batch's own pen, so that it
// outlives the process, and calls for it to be asked.
func (a *attendant) signed(ctx context.Context, p *library.Pen, entries []archive.Entry) {
	if len(a.session.Parties()) == 0 {
		return
	}
	// Where it cannot be kept now, look finds that the head was not asked about.
	_ = a.session.want(context.WithoutCancel(ctx), p)
	a.call(p.Library(), func(e *errand) {
		e.saved = true
		for _, one := range entries {
			e.urgent = e.urgent || one.Kind == record.KindMilestone
		}
	})
}

func (a *attendant) call(l *library.Library, note func(*errand)) {
	a.mu.Lock()
	if a.libs[l] == nil {
		a.libs[l] = &errand{}
	}
	note(a.libs[l])
	a.mu.Unlock()
	select {
	case a.calls <- struct{}{}:
	default: // somebody has called already
	}
}

// attend waits for calls, for quiet after them, and for the time of the next question.
func (a *attendant) attend() {
	defer close(a.done)
	var settled, next <-chan time.Time
	var since time.Time // the first call that nothing was done about
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-a.calls:
			if now := a.o.Now(); settled == nil {
				since, settled = now, a.o.After(quiet)
			} else if now.Sub(since) < patience {
				settled = a.o.After(quiet)
			}
			continue
		case <-settled:
		case <-next:
		}
		settled, next = nil, nil
		if at := a.look(a.ctx); !at.IsZero() {
			next = a.o.After(max(quiet, at.Sub(a.o.Now())))
		}
	}
}

// look asks what is due in all libraries, and returns when the next question is; zero for none.
func (a *attendant) look(ctx context.Context) (next time.Time) {
	a.mu.Lock()
	libs := map[*library.Library]errand{}
	for l, e := range a.libs {
		libs[l] = *e
		e.saved, e.urgent = false, false
	}
	a.mu.Unlock()
	for l, e := range libs {
		at, err := a.ask(ctx, l, e)
		if err != nil && ctx.Err() == nil {
			// Another process writes, or the disk is gone: nothing is lost, and it is tried again.
			at = a.o.Now().Add(again)
		}
		if next.IsZero() || !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next
}

// ask asks what is due in a library. The keys are never asked for here: where nobody has unlocked them by
// writing, there is nothing new, and what is old waits.
func (a *attendant) ask(ctx context.Context, l *library.Library, e errand) (next time.Time, err error) {
	if !a.session.unlocked() || len(a.session.Parties()) == 0 {
		return next, nil
	}
	pen, err := a.session.write(ctx, l)
	if err != nil {
		return next, err
	}
	if err := errors.Join(a.session.want(ctx, pen), pen.Release()); err != nil {
		return next, err
	}
	now := a.o.Now()
	chosen := func(p archive.Pending) bool { return !due(p).After(now) || e.urgent && p.Tries == 0 }
	_, err = a.session.askThose(ctx, l, chosen, a.o.Asked)
	if err != nil {
		return next, err
	}
	waiting, err := a.session.Pending(ctx, l)
	for _, p := range waiting {
		if at := due(p); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, err
}

// stop ends the goroutine and waits for it. Where the session lingers, what was saved and not asked about
// yet is asked about first.
func (a *attendant) stop() {
	a.mu.Lock()
	saved := false
	for _, e := range a.libs {
		saved = saved || e.saved
	}
	a.mu.Unlock()
	a.cancel()
	<-a.done
	if !saved || a.o.Linger <= 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	over := make(chan struct{})
	go func() {
		defer close(over)
		a.look(ctx)
	}()
	select {
	case <-over:
	case <-a.o.After(a.o.Linger):
		cancel()
		<-over
	}
}

package session_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/app/connect"
	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/app/session/sessiontest"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/witness"
)

// wait is that somebody waits.
type wait struct {
	d    time.Duration
	over chan time.Time
}

// handClock is turned by hand.
type handClock struct {
	mu    sync.Mutex
	now   time.Time
	waits chan wait
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(d time.Duration) <-chan time.Time {
	w := wait{d, make(chan time.Time, 1)}
	c.waits <- w
	return w.over
}

// pass lets somebody who waits go on, after as long as they wanted.
func (c *handClock) pass(w wait) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(w.d)
	w.over <- c.now
}

// until lets time pass until something comes, and returns it with the longest wait before it.
func until[T any](c *handClock, comes <-chan T) (got T, longest time.Duration) {
	for {
		select {
		case got = <-comes:
			return got, longest
		case w := <-c.waits:
			longest = max(longest, w.d)
			c.pass(w)
		}
	}
}

// attended is a session that asks by itself, by a clock that is turned by hand, with a library in which something
// is on record.
type attended struct {
	*session.Session
	lib   *library.Library
	clock *handClock
	asked chan session.Asked
	dir   string
}

func attend(t *testing.T, dir string, parties ...session.Party) *attended {
	t.Helper()
	a := &attended{clock: &handClock{now: time.Now(), waits: make(chan wait, 16)}, asked: make(chan session.Asked, 16), dir: dir}
	a.Session = sessiontest.Open(t, func(c *session.Config) {
		c.DataDir = dir
		c.Witnessing = &session.Witnessing{Now: a.clock.Now, After: a.clock.After, Asked: func(q session.Asked) { a.asked <- q }}
	})
	for _, p := range parties {
		if err := a.AddParty(p); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if a.lib, _, err = a.MakeLibrary(""); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *attended) pending(t *testing.T) []archive.Pending {
	t.Helper()
	all, err := a.Pending(t.Context(), a.lib)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (a *attended) save(t *testing.T, text string) {
	t.Helper()
	if err := a.Note(t.Context(), a.lib, "", text); err != nil {
		t.Fatal(err)
	}
}

// tower is a witness of any log whose key it is given, that can be away.
type tower struct {
	*httptest.Server
	party session.Party
	away  atomic.Bool
	mu    sync.Mutex
	logs  map[string]note.Verifier
}

func newTower(t *testing.T) *tower {
	t.Helper()
	w := &tower{logs: map[string]note.Verifier{}}
	key, err := open(t).WitnessKey(t.Context(), "tower")
	if err != nil {
		t.Fatal(err)
	}
	stand := connect.Witnessing(witness.New(t.TempDir(), key, func(origin string) (note.Verifier, bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		v, ok := w.logs[origin]
		return v, ok
	}))
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.away.Load() {
			http.Error(rw, "gone fishing", http.StatusServiceUnavailable)
			return
		}
		stand.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.Close)
	w.party = session.Party{URL: w.URL, Key: key.String()}
	return w
}

// knows makes the witness know the logs of a library.
func (w *tower) knows(t *testing.T, a *attended) {
	t.Helper()
	heads, err := a.Heads(t.Context(), a.lib)
	if err != nil || len(heads) == 0 {
		t.Fatalf("%v, %v", heads, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range heads {
		v, err := note.NewVerifier(h.Key)
		if err != nil {
			t.Fatal(err)
		}
		w.logs[v.Name()] = v
	}
}

// What is saved is seen by the witness soon, without anybody asking; while the witness is away the question
// waits in the library, longer after each try, and covers what comes after it.
func TestWitnessesAreAskedByThemselves(t *testing.T) {
	w := newTower(t)
	a := attend(t, t.TempDir(), w.party)
	a.save(t, "one")
	w.knows(t, a)
	if p := a.pending(t); len(p) != 1 || p[0].Kind != archive.WantCosignature || p[0].Tries != 0 {
		t.Fatalf("what was saved is not asked for before anything else: %+v", p)
	}
	if q, _ := until(a.clock, a.asked); q.Err != nil || q.Size == 0 {
		t.Fatalf("%+v", q)
	}
	v, err := a.VerifyLedger(t.Context(), a.lib, session.VerifyOptions{}, nil)
	if err != nil || !v.Intact() || len(v.Logs) != 1 || len(v.Logs[0].Seen) != 1 || v.Logs[0].Seen[0].Size != v.Entries || len(a.pending(t)) != 0 {
		t.Fatalf("%+v, %v", v, err)
	}

	w.away.Store(true)
	a.save(t, "two")
	q, first := until(a.clock, a.asked)
	if q.Err == nil {
		t.Fatal("nobody answered, and nobody said so")
	}
	q, second := until(a.clock, a.asked)
	if q.Err == nil || second <= first {
		t.Fatalf("it is asked again after %v, as after %v: %v", second, first, q.Err)
	}
	p := a.pending(t)
	if len(p) != 1 || p[0].Tries != 2 || p[0].Error == "" {
		t.Fatalf("%+v", p)
	}
	w.away.Store(false)
	q, third := until(a.clock, a.asked)
	if q.Err != nil || third <= second {
		t.Fatalf("after %v and %v: %v", second, third, q.Err)
	}
	if p := a.pending(t); len(p) != 0 {
		t.Errorf("%+v", p)
	}
}

// An authority is asked once for what happens within minutes, and at once for a milestone.
func TestAStampCoversWhatComesTogether(t *testing.T) {
	asks := make(chan bool, 16)
	authority := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asks <- true
		http.Error(w, "not today", http.StatusServiceUnavailable)
	}))
	defer authority.Close()
	a := attend(t, t.TempDir(), session.Party{URL: authority.URL})
	p, _, err := a.NewPattern(t.Context(), a.lib, session.NewPattern{Name: "Stars", Width: 64, Height: 64}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	q, longest := until(a.clock, a.asked)
	if q.Err == nil || len(asks) != 1 || longest < 5*time.Minute {
		t.Fatalf("%+v after %d questions and %v", q, len(asks), longest)
	}

	b := attend(t, t.TempDir(), session.Party{URL: authority.URL})
	if p, _, err = b.NewPattern(t.Context(), b.lib, session.NewPattern{Name: "Stars", Width: 64, Height: 64}, nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Close(), b.Milestone(t.Context(), b.lib, "Stars", identity.Draft)); err != nil {
		t.Fatal(err)
	}
	if q, longest := until(b.clock, b.asked); q.Err == nil || longest > time.Minute {
		t.Errorf("a milestone waits for %v: %+v", longest, q)
	}
	if p := b.pending(t); len(p) != 1 || p[0].Kind != archive.WantStamp || p[0].Tries != 1 {
		t.Errorf("%+v", p)
	}
}

// Whoever closes does not wait for the network; what was asked waits in the library, and is asked by the
// next who works there.
func TestClosingLeavesTheQuestion(t *testing.T) {
	entered, gone := make(chan bool, 1), make(chan bool, 1)
	var once sync.Once
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		once.Do(func() {
			// The server learns that the other side has gone once it has read all that came.
			_, _ = io.Copy(io.Discard, r.Body)
			entered <- true
			<-r.Context().Done()
			gone <- true
		})
	}))
	defer slow.Close()
	w := newTower(t)
	party := session.Party{URL: slow.URL, Key: w.party.Key}
	dir := t.TempDir()
	a := attend(t, dir, party)
	a.save(t, "one")
	until(a.clock, entered)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	<-gone
	b := attend(t, dir)
	if p := b.pending(t); len(p) != 1 || p[0].Tries != 0 {
		t.Fatalf("%+v", p)
	}
	b.save(t, "two")
	if q, _ := until(b.clock, b.asked); q.Err == nil || q.Party.URL != slow.URL {
		t.Fatalf("%+v", q)
	}
	if p := b.pending(t); len(p) != 1 || p[0].Tries != 1 {
		t.Errorf("one question covers both: %+v", p)
	}
}

// A command that ends lingers for an answer, and no longer than it was told to.
func TestACommandLingers(t *testing.T) {
	w := newTower(t)
	dir := t.TempDir()
	first := attend(t, dir, w.party)
	first.save(t, "one")
	w.knows(t, first)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	waits := make(chan wait, 16)
	clock := &handClock{now: time.Now(), waits: waits}
	asked := make(chan session.Asked, 4)
	c := sessiontest.Config(t, func(c *session.Config) {
		c.DataDir = dir
		c.Witnessing = &session.Witnessing{Now: clock.Now, After: clock.After, Linger: time.Second, Asked: func(q session.Asked) { asked <- q }}
	})
	s, err := session.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	lib, err := s.Library("")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Note(t.Context(), lib, "", "two"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if q := <-asked; q.Err != nil {
		t.Errorf("%+v", q)
	}
}

// Where nobody was named, nobody is asked, and nothing waits.
func TestNobodyIsAskedWhoWasNotNamed(t *testing.T) {
	a := attend(t, t.TempDir())
	a.save(t, "one")
	if p := a.pending(t); len(p) != 0 || len(a.asked) != 0 {
		t.Errorf("%+v", p)
	}
	var usage *session.UsageError
	if _, err := a.Ask(context.Background(), a.lib); !errors.As(err, &usage) {
		t.Error(err)
	}
}

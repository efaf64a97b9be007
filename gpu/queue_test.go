package gpu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/tensor"
)

// product is a program y = x·w with a weight of n x n elements that is v on its
// diagonal, so that y = v·x.
func product(key string, n int, v float32) Spec {
	data := make([]float32, n*n)
	for i := range n {
		data[i*n+i] = v
	}
	w := Weight{Name: "w", Type: Float32, Shape: []int{n, n}, Data: float32s(data...)}
	m := model(external(w), node("MatMul", []string{"x", "w"}, []string{"y"}), input("x", Float32, 1, n), output("y", Float32, 1, n))
	return Spec{Key: key, Name: "product " + key, Model: m, Weights: []Weight{w}}
}

func ones(n int) map[string]*tensor.Dense {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return map[string]*tensor.Dense{"x": dense([]int{1, n}, v...)}
}

// runProduct runs a product and checks that it is v.
func runProduct(t *testing.T, p *Program, n int, v float32) {
	t.Helper()
	out, err := p.Run(t.Context(), ones(n))
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range out["y"].Data().([]float32) {
		if y != v {
			t.Fatalf("got %g, want %g", y, v)
		}
	}
}

func (q *Queue) keys() map[string]bool {
	q.w.mu.Lock()
	defer q.w.mu.Unlock()
	keys := map[string]bool{}
	for k := range q.w.programs {
		keys[k] = true
	}
	return keys
}

func TestSameKeyIsOneProgram(t *testing.T) {
	q := queueTest(t, Config{}, "cpu")
	a, b := loadTest(t, q, product("a", 16, 2)), loadTest(t, q, product("a", 16, 2))
	if a.p != b.p {
		t.Error("loaded twice")
	}
	if c := loadTest(t, q, product("c", 16, 3)); c.p == a.p {
		t.Error("another key is the same program")
	}
	again, err := openTestQueueOf(t, q)
	if err != nil || again.w != q.w {
		t.Error("the same device has two queues", err)
	}
}

func openTestQueueOf(t *testing.T, q *Queue) (*Queue, error) {
	t.Helper()
	rt := &Runtime{cfg: q.w.cfg, native: q.w.native, devices: []Device{q.w.device}, workers: map[string]*worker{q.w.device.ID: q.w}}
	return rt.Queue(t.Context(), q.w.device.ID)
}

func TestLeastRecentlyUsedGoesFirst(t *testing.T) {
	const n = 64
	spec := func(key string) Spec { return product(key, n, 2) }
	s := spec("a")
	one := int64(n*n*4 + len(s.Model))
	// Room for three that are loaded, or two beside one that is loading.
	q := queueTest(t, Config{Budget: 3*one + n*n*2}, "cpu")
	hold := map[string]*Program{}
	for _, key := range []string{"a", "b", "c"} {
		hold[key] = loadTest(t, q, spec(key))
	}
	want := func(keys string) {
		t.Helper()
		got := q.keys()
		if len(got) != len(keys) {
			t.Fatalf("loaded are %v, want %s", got, keys)
		}
		for _, k := range keys {
			if !got[string(k)] {
				t.Fatalf("loaded are %v, want %s", got, keys)
			}
		}
	}
	want("abc")

	_, err := q.Load(t.Context(), spec("d"))
	var budget *BudgetError
	if !errors.As(err, &budget) {
		t.Fatalf("all are pinned, and yet: %v", err)
	}
	if budget.Need != one+n*n*2 || budget.Pinned != 3*one || budget.Have != n*n*2 {
		t.Errorf("wrong figures: %+v, one program being %d", budget, one)
	}
	for _, figure := range []string{Bytes(budget.Need), Bytes(budget.Have), "product d", "cpu"} {
		if !strings.Contains(err.Error(), figure) {
			t.Errorf("%q does not say %q", err, figure)
		}
	}
	want("abc")

	hold["a"].Release()
	hold["b"].Release()
	hold["b"].Release() // twice is once
	runProduct(t, hold["c"], n, 2)
	a := loadTest(t, q, spec("a")) // used after b now
	want("abc")
	a.Release()
	d := loadTest(t, q, spec("d"))
	want("acd")
	runProduct(t, d, n, 2)
	loadTest(t, q, spec("e"))
	want("cde")
	runProduct(t, hold["c"], n, 2) // pinned all along
	if _, err := a.Run(t.Context(), ones(n)); !errors.Is(err, ErrClosed) {
		t.Error("a released program runs:", err)
	}
	big := product("big", 4*n, 1)
	if s := q.Stats(); s.Loads != 5 || s.Unloads != 2 || s.Runs != 3 || s.Running <= 0 || s.Used != 3*one || s.Budget != 3*one+n*n*2 {
		t.Errorf("%+v", s)
	}
	before := len(q.keys())
	if _, err := q.Load(t.Context(), big); !errors.As(err, &budget) {
		t.Error("a program larger than the budget is loaded:", err)
	}
	if len(q.keys()) != before {
		t.Error("programs were unloaded for one that can never fit")
	}
}

// The estimate is honest: loading a program takes not much more memory than it says.
func TestEstimateAgainstTheProcess(t *testing.T) {
	if !freshProcess(t) {
		return
	}
	const n = 2048
	q := queueTest(t, Config{}, "cpu")
	runProduct(t, loadTest(t, q, product("warm", 64, 1)), 64, 1)
	s := product("big", n, 1)
	data := make([]byte, 2*n*n)
	for i := range n {
		data[2*(i*n+i)+1] = 0x3c // 1 in half precision
	}
	s.Weights[0] = Weight{Name: "w", Type: Float16, Shape: []int{n, n}, Data: data}
	before := residentBytes(t)
	p := loadTest(t, q, s)
	runProduct(t, p, n, 1)
	loaded, _ := q.w.estimate(&s)
	if grew := residentBytes(t) - before; grew > loaded*5/4 || grew < loaded/2 {
		t.Errorf("the process grew by %s, the estimate is %s", Bytes(grew), Bytes(loaded))
	}
}

// What other devices are known to take besides, in parts of the weights.
func TestEstimateOfEveryProvider(t *testing.T) {
	const n = 64
	s := product("a", n, 1)
	s.Scratch = 1000
	weights, rest := int64(n*n*4), int64(1000+len(s.Model))
	for provider, want := range map[string][2]int64{
		providerCPU:      {weights + rest, weights*3/2 + rest - 1000},
		providerWebGPU:   {weights + rest, weights + rest},
		providerOpenVINO: {2*weights + rest, 3*weights + rest},
	} {
		loaded, loading := (&worker{device: Device{Provider: provider}}).estimate(&s)
		if loaded != want[0] || loading != want[1] {
			t.Errorf("%s: %d loaded and %d while loading, want %d", provider, loaded, loading, want)
		}
	}
}

// residentBytes is the memory of the process that no file backs.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("this system does not tell a process's memory in /proc/self/status")
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] == "RssAnon:" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Skip("/proc/self/status has no RssAnon")
	return 0
}

// A program that runs seldom keeps no scratch; one that runs at every step does, since
// asking the system for it again costs more than the step.
func TestBriefProgramsGiveTheirScratchBack(t *testing.T) {
	if !freshProcess(t) {
		return
	}
	const n = 4096 // n x n float32 are 64 MiB
	spec := func(key string, brief bool) Spec {
		m := model(node("MatMul", []string{"column", "row"}, []string{"a"}), node("Softmax", []string{"a"}, []string{"b"}),
			node("ReduceMax", []string{"b"}, []string{"y"}, attr("keepdims", 0)),
			input("column", Float32, n, 1), input("row", Float32, 1, n), output("y", Float32))
		return Spec{Key: key, Name: key, Model: m, Brief: brief}
	}
	in := map[string]*tensor.Dense{"column": dense([]int{n, 1}, make([]float32, n)...), "row": dense([]int{1, n}, make([]float32, n)...)}
	grown := func(brief bool) int64 {
		q := queueTest(t, Config{}, "cpu")
		p := loadTest(t, q, spec("p", brief))
		debug.FreeOSMemory() // what other tests left to Go's collector is not ours
		before := residentBytes(t)
		for range 3 {
			out, err := p.Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if y := out["y"].Data(); y != float32(1)/n {
				t.Fatal(y)
			}
		}
		return residentBytes(t) - before
	}
	if g := grown(false); g < n*n*4 {
		t.Errorf("an ordinary program keeps only %s, so that this test shows nothing", Bytes(g))
	}
	if g := grown(true); g > n*n*4/4 {
		t.Errorf("a brief program keeps %s", Bytes(g))
	}
}

// Runs, loads and unloads leave nothing behind. A megabyte of weights, or a third of
// it, that stayed behind in every round would show at once; SELVAGE_SOAK makes it long
// enough to show a kilobyte. The C library's allocator keeps some 16 MiB in pieces.
func TestSoakMemoryIsFlat(t *testing.T) {
	const n = 512 // 1 MiB of weights
	rounds, allowed := 200, int64(32<<20)
	if os.Getenv("SELVAGE_SOAK") != "" {
		rounds = 20000
	}
	one := product("x", n, 1)
	loading := int64(n*n*6 + len(one.Model))
	q := queueTest(t, Config{Budget: loading + 100}, "cpu")
	round := func(i int) {
		s := product("k"+strconv.Itoa(i%2), n, float32(1+i%2))
		if i%3 == 0 { // widened ones own memory, others borrow it
			half := make([]byte, 2*n*n)
			for i := range n {
				half[2*(i*n+i)+1] = 0x3c
			}
			s = product("h"+strconv.Itoa(i), n, 1)
			s.Weights[0].Type, s.Weights[0].Data = Float16, half
		}
		p, err := q.Load(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Release()
		if _, err := p.Run(t.Context(), ones(n)); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(t.Context(), nil); err == nil {
			t.Fatal("runs without inputs")
		}
	}
	for i := range 60 {
		round(i)
	}
	settle := func() int64 {
		debug.FreeOSMemory() // Go's own garbage is not the question
		return residentBytes(t)
	}
	before := settle()
	for i := range rounds {
		round(i)
	}
	if grew := settle() - before; grew > allowed {
		t.Errorf("%d rounds grew the process by %s", rounds, Bytes(grew))
	}
	if len(q.keys()) != 1 {
		t.Errorf("%v are loaded in a budget for one", q.keys())
	}
}

// endless is a program that would run for hours: a loop of products.
func endless() Spec {
	const n = 512
	body := func() []byte {
		g := msg(str(2, "body"),
			node("MatMul", []string{"state", "state"}, []string{"next"}),
			node("Identity", []string{"more"}, []string{"again"}),
			input("i", Int64), input("more", Bool), input("state", Float32, n, n),
			output("again", Bool), output("next", Float32, n, n))
		return sub(5, msg(str(1, "body"), sub(6, g), num(20, 5)))
	}()
	m := model(
		constant("times", Int64, nil, int64s(1<<40)), constant("yes", Bool, nil, []byte{1}),
		node("Loop", []string{"times", "yes", "x"}, []string{"y"}, body),
		input("x", Float32, n, n), output("y", Float32, n, n))
	return Spec{Key: "endless", Name: "endless", Model: m}
}

func TestCancelStopsARun(t *testing.T) {
	q := queueTest(t, Config{}, "cpu")
	p := loadTest(t, q, endless())
	x := map[string]*tensor.Dense{"x": dense([]int{512, 512}, make([]float32, 512*512)...)}

	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := p.Run(ctx, x)
		result <- err
	}()
	// Once somebody else waits in vain for the device, the run is under way or has
	// not begun; either way cancelling ends it.
	waiting, stop := context.WithCancel(t.Context())
	waited := make(chan error)
	go func() {
		_, err := p.Run(waiting, x)
		waited <- err
	}()
	stop()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Error("who waits for the device does not hear of cancelling:", err)
	}
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Error("a cancelled run ends with", err)
	}
	// The program and the device still work.
	if p2 := loadTest(t, q, product("a", 16, 2)); p2 != nil {
		runProduct(t, p2, 16, 2)
	}
	if _, err := p.Run(ctx, x); !errors.Is(err, context.Canceled) {
		t.Error("runs with an ended context:", err)
	}
	if _, err := q.Load(ctx, product("b", 16, 2)); !errors.Is(err, context.Canceled) {
		t.Error("loads with an ended context:", err)
	}
}

// Cancelling is heard in the middle of a run, not before it: the run has begun when
// the device is taken.
func TestCancelInTheMiddle(t *testing.T) {
	q := queueTest(t, Config{}, "cpu")
	p := loadTest(t, q, endless())
	x := map[string]*tensor.Dense{"x": dense([]int{512, 512}, make([]float32, 512*512)...)}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := p.Run(ctx, x)
		result <- err
	}()
	for taken := false; !taken; { // until the run has the device
		if taken = !q.w.turn.TryAcquire(q.w.width); !taken {
			q.w.turn.Release(q.w.width)
		}
	}
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Error("a cancelled run ends with", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	const n = 32
	s := product("a", n, 2)
	one := int64(n*n*6 + len(s.Model))
	q := queueTest(t, Config{Budget: 8 * one}, "cpu")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				v := float32(1 + (i+j)%5)
				p, err := q.Load(t.Context(), product(fmt.Sprint(v), n, v))
				if err != nil {
					t.Error(err)
					return
				}
				out, err := p.Run(t.Context(), ones(n))
				p.Release()
				if err != nil {
					t.Error(err)
					return
				}
				if y := out["y"].Data().([]float32); y[0] != v || y[n-1] != v {
					t.Errorf("got %g, want %g", y[0], v)
				}
			}
		})
	}
	wg.Wait()
}

func TestClosed(t *testing.T) {
	rt := openTest(t, Config{})
	q, err := rt.Queue(t.Context(), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	p := loadTest(t, q, product("a", 16, 2))
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), ones(16)); !errors.Is(err, ErrClosed) {
		t.Error("a closed program runs:", err)
	}
	if _, err := q.Load(t.Context(), product("b", 16, 2)); !errors.Is(err, ErrClosed) {
		t.Error("a closed queue loads:", err)
	}
	if _, err := rt.Queue(t.Context(), "cpu"); !errors.Is(err, ErrClosed) {
		t.Error("a closed runtime starts a device:", err)
	}
}

func TestBadInputsToRun(t *testing.T) {
	q := queueTest(t, Config{}, "cpu")
	p := loadTest(t, q, product("a", 4, 2))
	x := func(d *tensor.Dense) map[string]*tensor.Dense { return map[string]*tensor.Dense{"x": d} }
	var input *InputError
	for name, in := range map[string]map[string]*tensor.Dense{
		"nothing":          nil,
		"nil":              x(nil),
		"another name":     {"z": dense([]int{1, 4}, 1, 2, 3, 4)},
		"one too many":     {"x": dense([]int{1, 4}, 1, 2, 3, 4), "z": dense([]int{1}, 1)},
		"strings":          x(tensor.New(tensor.WithShape(1, 4), tensor.WithBacking([]string{"a", "b", "c", "d"}))),
		"column by column": x(tensor.New(tensor.WithShape(2, 2), tensor.AsFortran([]float32{1, 2, 3, 4}))),
	} {
		if _, err := p.Run(t.Context(), in); !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var runtime *RuntimeError
	for name, d := range map[string]*tensor.Dense{
		"another shape": dense([]int{1, 3}, 1, 2, 3),
		"another rank":  dense([]int{4}, 1, 2, 3, 4),
		"another type":  tensor.New(tensor.WithShape(1, 4), tensor.WithBacking([]int64{1, 2, 3, 4})),
	} {
		if _, err := p.Run(t.Context(), x(d)); !errors.As(err, &runtime) || runtime.Code != CodeInvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A view is put in order: the second column of a matrix, as a row.
	m := dense([]int{4, 2}, 9, 1, 9, 2, 9, 3, 9, 4)
	view, err := m.Slice(nil, tensor.S(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	column := view.(*tensor.Dense)
	if err := column.Reshape(1, 4); err == nil {
		out, err := p.Run(t.Context(), x(column))
		if err != nil {
			t.Fatal(err)
		}
		if y := out["y"].Data().([]float32); y[0] != 2 || y[3] != 8 {
			t.Error("a view is read out of order:", y)
		}
	}
}

// freshProcess runs a test that measures the process's memory in one of its own: what others
// gave back to the heap would be taken again unseen. It is true in there.
func freshProcess(t *testing.T) bool {
	t.Helper()
	const env = "SELVAGE_TEST_FRESH"
	if os.Getenv(env) == t.Name() {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A system that is short of memory takes pages away while they are counted: what is wrong
	// with the estimate is wrong each time.
	const attempts = 4
	for i := range attempts {
		c := exec.CommandContext(t.Context(), self, "-test.run", "^"+t.Name()+"$", "-test.v")
		c.Env = append(os.Environ(), env+"="+t.Name())
		out, err := c.CombinedOutput()
		if err == nil && strings.Contains(string(out), "--- PASS: "+t.Name()) {
			return false
		}
		if i == attempts-1 {
			t.Errorf("%v\n%s", err, out)
		}
	}
	return false
}

// Programs of one thread share a processor; one that takes all of it waits for them.
func TestNarrowProgramsRunBesideEachOther(t *testing.T) {
	q := queueTest(t, Config{Threads: 2}, "cpu")
	if q.Width() != 2 {
		t.Fatalf("two threads give a width of %d", q.Width())
	}
	narrow := endless()
	narrow.Threads, narrow.Key = 1, "narrow"
	p := loadTest(t, q, narrow)
	x := map[string]*tensor.Dense{"x": dense([]int{512, 512}, make([]float32, 512*512)...)}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	for range 2 {
		go func() {
			_, err := p.Run(ctx, x)
			result <- err
		}()
	}
	for q.w.turn.TryAcquire(1) { // until both run
		q.w.turn.Release(1)
	}
	loadTest(t, q, narrow).Release() // what is loaded can be had meanwhile
	cancel()
	for range 2 {
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Error("a cancelled run ends with", err)
		}
	}
	wide := loadTest(t, q, product("wide", 16, 2))
	if _, err := wide.Run(t.Context(), ones(16)); err != nil {
		t.Error(err)
	}
}

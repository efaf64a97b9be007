package desktop

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ui/shell"
	"github.com/selvage-studio/selvage/ui/uitest"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// The window is opened for real in a process of its own: this test binary,
// started again with childEnv, over patterns drawn by rule or over a session
// with the starter model. It reads commands from its standard input and writes
// what the studio shows as lines of JSON.
const childEnv = "SELVAGE_TEST_WINDOW"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	os.Exit(child())
}

// seen is what a line of the child says.
type seen struct {
	Started    bool     `json:"started,omitempty"`
	Closed     bool     `json:"closed,omitempty"`
	Drawn      bool     `json:"drawn,omitempty"`
	Prompt     string   `json:"prompt"`
	Running    string   `json:"running,omitempty"`
	Step       int      `json:"step,omitempty"`
	Runs       int      `json:"runs"`
	Candidates int      `json:"candidates"`
	Viewing    bool     `json:"viewing,omitempty"`
	Typing     bool     `json:"typing,omitempty"`   // keys go into a field
	Commands   []string `json:"commands,omitempty"` // those that a key would run now
	Canvas     string   `json:"canvas,omitempty"`
	Letter     string   `json:"letter,omitempty"`
	Laid       bool     `json:"laid,omitempty"`
	Zoom       float64  `json:"zoom,omitempty"`
	Notices    []string `json:"notices,omitempty"`
	History    int      `json:"history,omitempty"` // entries that the panel lists
}

func child() int {
	d := uitest.New()
	deps := Deps{Services: d.Services()}
	if os.Getenv(childEnv) == "session" {
		s, err := session.Open(session.Config{})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		deps = Studio(s)
	}
	out := json.NewEncoder(os.Stdout)
	closed := false
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	below := deps.Close
	deps.Close = func() error {
		closed = true
		if below == nil {
			return nil
		}
		return below()
	}
	deps.Started = func(sh *shell.Shell, st *viewmodel.Studio) {
		look := func(started bool) {
			s := st.State()
			v := seen{Started: started, Prompt: s.Form.Prompt, Runs: d.Runs(), Candidates: len(s.Candidates), Viewing: s.Viewing != 0,
				Zoom: sh.Screen().View().Zoom(), Laid: s.Ground != nil, Typing: sh.Window().Canvas().Focused() != nil}
			for _, id := range []string{"accept", "cancel", "export"} {
				if c, ok := sh.Commands().Find(id); ok && c.Available() {
					v.Commands = append(v.Commands, id)
				}
			}
			if t, ok := s.Running(); ok {
				v.Running, v.Step = t.StageLine(), t.Step
			}
			if s.Canvas != nil {
				v.Canvas, v.Letter = s.Canvas.Result.Request.Prompt, s.Canvas.Letter
			}
			if s.Record.Open && !s.Record.Reading {
				v.History = len(s.Record.Acts())
			}
			for _, n := range s.Notices {
				v.Notices = append(v.Notices, n.Text)
			}
			_ = out.Encode(v)
		}
		disp := viewmodel.NewDispatcher(fyne.Do, func() { look(false) }, shell.Frame, viewmodel.SystemClock())
		st.Subscribe(disp.Changed)
		look(true)
		go func() {
			defer cancel()
			for in := bufio.NewScanner(os.Stdin); in.Scan(); {
				switch in.Text() {
				case "hold":
					d.Hold()
				case "step":
					d.Step()
				case "free":
					d.Free()
				case "look":
					fyne.DoAndWait(func() { look(false) })
				case "drawn":
					// Only for pictures that people look at.
					<-viewmodel.SystemClock().After(300 * time.Millisecond)
					fyne.DoAndWait(func() {})
					<-viewmodel.SystemClock().After(500 * time.Millisecond)
					_ = out.Encode(seen{Drawn: true})
				}
			}
		}()
	}
	err := Run(ctx, deps)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_ = out.Encode(seen{Closed: closed})
	return 0
}

// xserver is an X server of this test's own.
type xserver struct {
	t    *testing.T
	name string
}

func newX(t *testing.T) *xserver {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the window is tested under Xvfb, which is of Linux")
	}
	for _, tool := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: apt-get install xvfb xdotool", tool)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "Xvfb", "-displayfd", "3", "-screen", "0", "1440x900x24", "-dpi", "96", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	_ = w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	return &xserver{t: t, name: ":" + strings.TrimSpace(number)}
}

// do runs xdotool.
func (x *xserver) do(args ...string) string {
	x.t.Helper()
	cmd := exec.CommandContext(x.t.Context(), "xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+x.name)
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Fatalf("xdotool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// window is the studio in its own process.
type window struct {
	t     *testing.T
	x     *xserver
	home  string
	in    io.WriteCloser
	lines chan seen
	last  seen
	cmd   *exec.Cmd
}

// openWindow opens it over services "rule" or "session".
func openWindow(t *testing.T, services string) *window {
	t.Helper()
	x := newX(t)
	w := &window{t: t, x: x, home: t.TempDir(), lines: make(chan seen, 1024)}
	w.cmd = exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^$")
	w.cmd.Env = append(os.Environ(), childEnv+"="+services, "DISPLAY="+x.name, "HOME="+w.home, "XDG_CONFIG_HOME="+filepath.Join(w.home, ".config"),
		"XDG_CACHE_HOME="+cacheHome(t), "SELVAGE_DATA="+filepath.Join(w.home, "data"), identity.PassphraseEnv+"=test",
		"LIBGL_ALWAYS_SOFTWARE=1", "FYNE_SCALE=1")
	w.cmd.Stderr = os.Stderr
	var err error
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			var s seen
			if json.Unmarshal(in.Bytes(), &s) == nil {
				w.lines <- s
			}
		}
	}()
	w.until("the window is open and shows the example", func(s seen) bool { return s.Laid && s.Canvas != "" })
	id := strings.Fields(x.do("search", "--onlyvisible", "--name", "Selvage"))[0]
	x.do("windowsize", "--sync", id, "1440", "900")
	x.do("windowfocus", "--sync", id)
	return w
}

// cacheHome is where set-up left the runtime, which a home of the test's own
// has not.
func cacheHome(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (w *window) say(line string) {
	w.t.Helper()
	if _, err := fmt.Fprintln(w.in, line); err != nil {
		w.t.Fatal(err)
	}
}

// until waits for a line that fits. The test's own deadline ends a wait for
// one that never comes.
func (w *window) until(what string, fits func(seen) bool) seen {
	w.t.Helper()
	if !w.within(60*time.Second, what, fits) {
		w.t.Fatalf("never: %s; last seen %+v", what, w.last)
	}
	return w.last
}

// within is until, and reports whether such a line came in that time.
func (w *window) within(limit time.Duration, what string, fits func(seen) bool) bool {
	w.t.Helper()
	give := time.After(limit)
	for {
		select {
		case s, ok := <-w.lines:
			if !ok {
				w.t.Fatalf("the window closed before %s; last seen %+v", what, w.last)
			}
			w.last = s
			if fits(s) {
				return true
			}
		case <-give:
			return false
		}
	}
}

// prompt types a prompt over what is there, again where the X server lost a key of it.
func (w *window) prompt(text string) {
	w.t.Helper()
	for range 4 {
		w.key("ctrl+a")
		w.x.do("type", "--delay", "12", text)
		if w.within(15*time.Second, "the prompt is typed", func(s seen) bool { return s.Prompt == text }) {
			return
		}
	}
	w.t.Fatalf("never: the prompt is typed; last seen %+v", w.last)
}

func (w *window) key(keys ...string) { w.x.do(append([]string{"key", "--clearmodifiers"}, keys...)...) }

// leave leaves the field that keys go into, and waits until they do not: the window
// takes its time on a busy machine, and an arrow that comes too early moves the cursor of
// the field. An Escape that came while the screen still showed what ran went to that.
func (w *window) leave() {
	w.t.Helper()
	w.settle("nothing that runs is shown", func(s seen) bool { return !slices.Contains(s.Commands, "cancel") })
	w.key("Escape")
	w.settle("the field is left", func(s seen) bool { return !s.Typing })
}

// ready waits until a key would run a command: what the screen shows comes a frame
// after what is known.
func (w *window) ready(command string) {
	w.t.Helper()
	w.settle(command+" can be had", func(s seen) bool { return slices.Contains(s.Commands, command) })
}

// settle looks until what the screen has come to fits.
func (w *window) settle(what string, fits func(seen) bool) {
	w.t.Helper()
	for range 500 {
		w.say("look")
		if s := w.until("an answer", func(seen) bool { return true }); fits(s) {
			return
		}
	}
	w.t.Fatalf("never: %s; last seen %+v", what, w.last)
}

// picture takes what the screen shows, when a folder for that is named.
func (w *window) picture(name string) {
	dir := os.Getenv("SELVAGE_TEST_PICTURES")
	if dir == "" {
		return
	}
	w.say("drawn")
	w.until("the window is drawn", func(s seen) bool { return s.Drawn })
	cmd := exec.CommandContext(w.t.Context(), "import", "-window", "root", filepath.Join(dir, name+".png"))
	cmd.Env = append(os.Environ(), "DISPLAY="+w.x.name)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Logf("no picture of %s: %v\n%s", name, err, out)
	}
}

// A person types a prompt, generates, cancels, generates again, looks at the
// candidate, accepts and exports it, all by the keyboard.
func TestJourney(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a window")
	}
	w := openWindow(t, "rule")
	w.picture("1-first-start")
	w.say("hold")

	w.prompt("daisies and leaves")

	w.key("ctrl+Return")
	w.until("generation began", func(s seen) bool { return s.Running != "" && s.Runs == 1 })
	w.say("step")
	w.say("step")
	w.until("two steps are done", func(s seen) bool { return s.Step == 2 })
	w.picture("2-running")
	w.ready("cancel")
	w.key("Escape")
	w.until("cancelled, with nothing left behind", func(s seen) bool { return s.Running == "" && s.Candidates == 0 })

	w.say("free")
	w.key("ctrl+Return")
	w.until("a candidate is there", func(s seen) bool { return s.Candidates == 1 && s.Running == "" })
	if w.last.Letter != "" {
		t.Fatalf("the candidate went to the canvas by itself: %+v", w.last)
	}
	w.picture("3-candidate")
	w.leave()
	w.key("Right")
	w.until("the candidate is on view", func(s seen) bool { return s.Viewing })
	w.picture("4-viewing")
	w.key("c")
	w.picture("5-comparing")
	w.ready("accept")
	w.key("Return")
	w.until("it is accepted", func(s seen) bool { return s.Letter == "A" && s.Candidates == 0 && !s.Viewing })

	w.key("h")
	w.until("the history is on view", func(s seen) bool { return s.History > 1 })
	w.picture("5-history")
	w.key("h")
	w.until("it is closed", func(s seen) bool { return s.History == 0 })

	w.ready("export")
	w.key("ctrl+e")
	w.picture("6-export")
	w.key("ctrl+a")
	w.x.do("type", "--delay", "1", filepath.Join(w.home, "out"))
	w.key("Return")
	w.until("it is exported", func(s seen) bool { return len(s.Notices) > 0 && strings.HasPrefix(s.Notices[0], "Exported ") })
	w.picture("7-exported")
	for _, name := range []string{"out.png", "out.rectangle.png"} {
		f, err := os.Open(filepath.Join(w.home, name))
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(f)
		if err != nil || m.Bounds().Empty() {
			t.Errorf("%s: %v", name, err)
		}
		_ = f.Close()
	}

	w.key("ctrl+k")
	w.x.do("type", "--delay", "1", "look light")
	w.picture("8-palette")
	w.key("Return")
	w.picture("9-theme")
	w.key("ctrl+q")
	w.until("the window closed, and what was under it after it", func(s seen) bool { return s.Closed })
	if err := w.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// The toolkit has nothing to say about the locale of a container.
func TestTheToolkitIsQuiet(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^$")
	cmd.Env = []string{"LANG=C.UTF-8"}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "Fyne") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The same with the starter model: cancelled after a step, generated, accepted and
// exported with its report. The edges of scallops are curved: a straight one of gingham may lie on
// the edge of the cell, where it is sharper than inside if the groups end between pixels, and the proof takes it for a seam.
func TestJourneyWithTheStarter(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a window and runs the model")
	}
	w := openWindow(t, "session")
	w.prompt("red scallops")
	w.key("ctrl+Return")
	w.until("the sampler has made a step", func(s seen) bool { return s.Step > 0 })
	w.ready("cancel")
	w.key("Escape")
	w.until("cancelled, with nothing left behind", func(s seen) bool { return s.Running == "" && s.Candidates == 0 })
	w.key("ctrl+Return")
	w.until("a candidate is there", func(s seen) bool { return s.Candidates == 1 && s.Running == "" })
	w.leave()
	w.key("Right")
	w.until("the candidate is on view", func(s seen) bool { return s.Viewing })
	w.picture("starter-viewing")
	w.ready("accept")
	w.key("Return")
	w.until("it is accepted", func(s seen) bool { return s.Letter == "A" && !s.Viewing })
	w.ready("export")
	w.key("ctrl+e")
	w.key("ctrl+a")
	path := filepath.Join(w.home, "out")
	w.x.do("type", "--delay", "12", path)
	w.key("Return")
	w.until("it is exported", func(s seen) bool {
		return slices.ContainsFunc(s.Notices, func(n string) bool { return strings.HasPrefix(n, "Exported ") })
	})
	saved, err := session.RequestFrom(path + ".png")
	if err != nil || saved.Prompt != "red scallops" || saved.Repeat.Kind != pattern.HalfDrop {
		t.Errorf("the file carries the request %+v, %v", saved, err)
	}
	for _, file := range []struct {
		name   string
		repeat pattern.Repeat
	}{{path + ".png", pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}}, {path + "-rectangle.png", pattern.Repeat{}}} {
		report, err := session.Seam(file.name, file.repeat)
		if err != nil || !report.Pass {
			t.Errorf("%s: %v, %v", file.name, report, err)
		}
	}
	w.key("ctrl+q")
	w.until("the window closed, and the session after it", func(s seen) bool { return s.Closed })
	if err := w.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestNoDisplayIsSaid(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("of Linux")
	}
	for _, name := range []string{"", ":4711"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^$")
		cmd.Env = append(os.Environ(), childEnv+"=rule", "DISPLAY="+name, "WAYLAND_DISPLAY=")
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "no window can be opened") {
			t.Errorf("DISPLAY=%q: %v\n%s", name, err, out)
		}
	}
}

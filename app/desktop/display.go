package desktop

import (
	"fmt"
	"os"
	"runtime"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// display opens a window that nobody sees, and closes it, to find out whether
// one can be opened: the toolkit ends the program where it cannot. What it
// initialises, the toolkit finds done.
func display() (err error) {
	// The binding drops a platform's error at Init, prints it, and panics at
	// the next call instead.
	defer func() {
		if r := recover(); r != nil {
			err = &NoDisplayError{fmt.Sprint(r)}
		}
	}()
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return &NoDisplayError{"neither DISPLAY nor WAYLAND_DISPLAY is set"}
	}
	if err := glfw.Init(); err != nil {
		return &NoDisplayError{err.Error()}
	}
	glfw.WindowHint(glfw.Visible, glfw.False)
	glfw.WindowHint(glfw.ContextVersionMajor, 2)
	glfw.WindowHint(glfw.ContextVersionMinor, 1)
	defer glfw.DefaultWindowHints()
	w, err := glfw.CreateWindow(16, 16, "", nil, nil)
	if err != nil {
		return &NoDisplayError{"OpenGL 2.1 is missing: " + err.Error()}
	}
	w.Destroy()
	return nil
}

// Millimetres of a pixel that a monitor may claim: what lies outside is a
// projector, or a monitor that does not know its size.
const (
	leastPitch = 0.03
	mostPitch  = 1.5
)

// pitch returns the millimetres of one device pixel of the monitor that most
// of the window is on, 0 when it does not tell. It runs on the drawing thread.
func pitch(win fyne.Window) float64 {
	m := monitor(win)
	if m == nil {
		return 0
	}
	mode := m.GetVideoMode()
	mm, _ := m.GetPhysicalSize()
	if mode == nil || mode.Width == 0 || mm == 0 {
		return 0
	}
	pixels := float64(mode.Width)
	if runtime.GOOS == "darwin" {
		// There a mode counts points, of which each has several pixels.
		scale, _ := m.GetContentScale()
		pixels *= float64(scale)
	}
	p := float64(mm) / pixels
	if p < leastPitch || p > mostPitch {
		return 0
	}
	return p
}

// monitor returns the one that most of the window lies on, or the first.
func monitor(win fyne.Window) *glfw.Monitor {
	best := glfw.GetPrimaryMonitor()
	own, ok := win.(interface{ RunWithContext(func()) })
	if !ok {
		return best
	}
	own.RunWithContext(func() {
		w := glfw.GetCurrentContext()
		if w == nil {
			return
		}
		x, y := w.GetPos()
		width, height := w.GetSize()
		most := 0
		for _, m := range glfw.GetMonitors() {
			mode := m.GetVideoMode()
			if mode == nil {
				continue
			}
			mx, my := m.GetPos()
			over := max(0, min(x+width, mx+mode.Width)-max(x, mx)) * max(0, min(y+height, my+mode.Height)-max(y, my))
			if over > most {
				best, most = m, over
			}
		}
	})
	return best
}

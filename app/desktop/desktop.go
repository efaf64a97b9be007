// Package desktop opens the studio's window over the services that it is
// given, and takes everything down again in the reverse order: tasks are
// cancelled and waited for, the window's goroutines end, then what the caller
// opened is closed.
//
//	err := desktop.Run(ctx, desktop.Deps{Services: services, Close: session.Close})
//	var none *desktop.NoDisplayError
//	if errors.As(err, &none) {
//		// no window can be opened here: do the job headless
//	}
package desktop

import (
	"context"
	"errors"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	_ "github.com/selvage-studio/selvage/app/locale" // before the toolkit
	"github.com/selvage-studio/selvage/ui/shell"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// ID is what the system knows the program's preferences by.
const ID = "studio.selvage.Selvage"

// Deps are what the window stands on.
type Deps struct {
	Services viewmodel.Services
	// Close closes what is under the services, after the last of their calls
	// has returned; nil when there is nothing to close. It is called whatever
	// becomes of the window.
	Close func() error
	// Started is called on the drawing thread when the window is on the
	// screen; nil is nothing.
	Started func(*shell.Shell, *viewmodel.Studio)
}

// NoDisplayError says that no window can be opened here.
type NoDisplayError struct{ Reason string }

func (e *NoDisplayError) Error() string {
	return fmt.Sprintf("no window can be opened: %s; use the command line (selvage generate), or set DISPLAY or WAYLAND_DISPLAY", e.Reason)
}

// Run opens the window and returns when it was closed, or ctx is done. It has
// to be called on the program's first goroutine. Where there is no display the
// error is a *NoDisplayError, and nothing was opened.
func Run(ctx context.Context, d Deps) (err error) {
	if d.Close != nil {
		defer func() { err = errors.Join(err, d.Close()) }()
	}
	if err := display(); err != nil {
		return err
	}
	a := app.NewWithID(ID)
	a.SetIcon(icon())
	st := viewmodel.New(d.Services, viewmodel.SystemClock(), viewmodel.WithForm(shell.SavedForm(a.Preferences())))
	defer st.Close()
	sh, err := shell.New(a, st, shell.Options{Pitch: pitch})
	if err != nil {
		return err
	}
	defer sh.Close()
	a.Lifecycle().SetOnStarted(func() {
		fyne.Do(func() {
			sh.Started()
			if d.Started != nil {
				d.Started(sh, st)
			}
		})
	})
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stop()
	sh.Window().SetMaster()
	sh.Window().ShowAndRun()
	return ctx.Err()
}

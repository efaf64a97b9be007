// Package cli is the command line over app/session: it reads flags, shows
// progress and turns errors into exit codes, and decides nothing else.
//
//	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
//
// Without a command it opens the studio's window; where there is no display
// it does the same job headless. Exit codes: 0 done, 1 failed, 2 wrong usage,
// 130 cancelled by an interrupt.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/desktop"
	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Exit codes.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitCancelled = 130
)

// lingers is how long a command that changed something waits for witnesses to answer, where there are any; what
// they have not answered by then is asked with a later command.
const lingers = 3 * time.Second

// program is one run of the command line.
type program struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	config   session.Config
	session  *session.Session
}

// Main runs the command line and returns the process's exit code.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Cells are large and live shortly: half the garbage for a few per cent of the time.
	debug.SetGCPercent(50)
	p := &program{in: in, out: out, err: errs, config: session.Config{
		Passphrase: terminalPassphrase(os.Stderr),
		Witnessing: &session.Witnessing{Linger: lingers},
	}}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if p.session != nil {
		err = errors.Join(err, p.session.Close())
	}
	return p.report(ctx, err)
}

// errFailed ends a command with exit code 1 that has said all there is to say.
var errFailed = errors.New("failed")

// report tells an error and returns the exit code that it stands for.
func (p *program) report(ctx context.Context, err error) int {
	code := exitFailed
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFailed):
		return exitFailed
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		code, err = exitCancelled, errors.New("cancelled; nothing was left behind")
	case isUsage(err):
		code = exitUsage
	}
	if p.json {
		p.line(map[string]any{"event": "error", "error": err.Error(), "exit": code})
	} else {
		fmt.Fprintf(p.err, "selvage: %v\n", err)
	}
	return code
}

// usageError is an error of the command line itself.
type usageError struct{ error }

func (w usageError) Unwrap() error { return w.error }

func isUsage(err error) bool {
	var (
		flags   usageError
		usage   *session.UsageError
		request *diffusion.RequestError
		size    *pattern.SizeError
		demand  *pattern.DemandError
		length  *pattern.LengthError
	)
	return isLibraryUsage(err) || errors.As(err, &flags) || errors.As(err, &usage) || errors.As(err, &request) ||
		errors.As(err, &size) || errors.As(err, &demand) || errors.As(err, &length)
}

// line writes one JSON object on a line of its own.
func (p *program) line(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(map[string]string{"event": "error", "error": err.Error()})
	}
	fmt.Fprintf(p.out, "%s\n", b)
}

// studio opens the session once.
func (p *program) studio() (*session.Session, error) {
	if p.session == nil {
		s, err := session.Open(p.config)
		if err != nil {
			return nil, err
		}
		p.session = s
	}
	return p.session, nil
}

func (p *program) root() *cobra.Command {
	c := &cobra.Command{
		Use:           "selvage",
		Short:         "A studio for surface patterns: prompts become repeats that are proved seamless",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, _ []string) error { return p.window(c.Context()) },
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see selvage %s --help", err, c.Name())}
	})
	c.CompletionOptions.HiddenDefaultCmd = true
	c.AddCommand(p.generate(), p.draw(), p.pattern(), p.edit(), p.library(), p.collection(), p.importPicture(), p.export(), p.vary(), p.inpaint(), p.upscale(),
		p.ledger(), p.identity(), p.certificate(), p.authorship(), p.milestone(), p.review(), p.disclose(), p.note(), p.models(), p.devices(), p.seam(), p.version())
	wrapArgs(c)
	return c
}

// wrapArgs makes wrong arguments count as wrong usage.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}

// window opens the studio, or does its first job headless.
func (p *program) window(ctx context.Context) error {
	p.config.Witnessing.Linger = 0 // a window that closes is gone; the next one asks
	p.config.Passphrase = nil      // a question on a terminal behind the window would be seen by nobody
	s, err := p.studio()
	if err != nil {
		return err
	}
	err = desktop.Run(ctx, studioDeps(s))
	var none *desktop.NoDisplayError
	if !errors.As(err, &none) {
		return err
	}
	fmt.Fprintf(p.err, "selvage: %v; doing the same job without a window\n", none)
	return p.headless(ctx, s)
}

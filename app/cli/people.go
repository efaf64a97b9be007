package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
)

// terminalPassphrase asks on the terminal; nil where there is none.
func terminalPassphrase(w *os.File) func(ctx context.Context, again bool) (string, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil
	}
	return func(_ context.Context, again bool) (string, error) {
		return askTwice(func(prompt string) (string, error) {
			fmt.Fprint(w, prompt)
			text, err := term.ReadPassword(int(os.Stdin.Fd()))
			fmt.Fprintln(w)
			return string(text), err
		}, again)
	}
}

func (p *program) identity() *cobra.Command {
	c := &cobra.Command{Use: "identity", Short: "Who you are in your libraries: keys, devices, roles"}
	c.AddCommand(p.identityShow(), p.identityCreate(), p.identityExport(), p.identityImport(), p.identityRotate(), p.identityRole("grant", identity.Grant), p.identityRole("withdraw", identity.Withdraw),
		p.identityRevoke(), p.identityRules())
	c.RunE = func(*cobra.Command, []string) error {
		return usageError{errors.New("say what to do: selvage identity show, create, export, import, rotate, grant, withdraw, revoke or rules")}
	}
	return c
}

// inStudio makes a command that needs no library.
func (p *program) inStudio(c *cobra.Command, run func(c *cobra.Command, s *session.Session, args []string) error) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := p.studio()
		if err != nil {
			return err
		}
		return run(c, s, args)
	}
	c.Flags().BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

func (p *program) tellIdentity(s *session.Session, me *identity.Identity) error {
	fingerprint, err := s.StudioFingerprint(me)
	if err != nil {
		return err
	}
	if p.json {
		p.line(map[string]any{"name": me.PersonName(), "person": me.DID(), "device": me.Keys(), "kept": me.Kept(), "fingerprint": fingerprint})
		return nil
	}
	fmt.Fprintf(p.out, "%s\nperson       %s\ndevice       %s\nkeys         %s\nfingerprint  %s\n", me.PersonName(), me.DID(), me.Keys().Heads, me.Kept(), fingerprint)
	fmt.Fprintln(p.out, "The fingerprint is that of the certificates that your pictures carry: publish it on your web site or letterhead.")
	return nil
}

func (p *program) identityShow() *cobra.Command {
	return p.inStudio(&cobra.Command{Use: "show", Short: "Show who you are on this device", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, _ []string) error {
			me, err := s.Identity(c.Context())
			if err != nil {
				return err
			}
			return p.tellIdentity(s, me)
		})
}

func (p *program) identityCreate() *cobra.Command {
	var name string
	c := p.inStudio(&cobra.Command{Use: "create --name NAME", Short: "Make your identity; without this it is made on first use, with the system's name for you", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, _ []string) error {
			me, err := s.CreateIdentity(c.Context(), name)
			if err != nil {
				return err
			}
			return p.tellIdentity(s, me)
		})
	c.Flags().StringVar(&name, "name", "", "your name, as certificates and reports call you")
	return c
}

// transferPassphrase is the one that locks an export: it is not that of the keys.
func (p *program) transferPassphrase(path string, again bool) (string, error) {
	if path != "" {
		return identity.ReadPassphrase(path)
	}
	ask := terminalPassphrase(os.Stderr)
	if ask == nil {
		return "", usageError{errors.New("there is no terminal to ask for the passphrase of the file; name a file that holds it with --passphrase-file")}
	}
	return ask(context.Background(), again)
}

func (p *program) identityExport() *cobra.Command {
	var out, passphrase string
	c := p.inStudio(&cobra.Command{Use: "export --out FILE", Short: "Write yourself into one locked file: for another device, and for the day that this one is lost", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, _ []string) error {
			if out == "" {
				return usageError{errors.New("--out is missing: name the file, such as anna.selvage-identity")}
			}
			word, err := p.transferPassphrase(passphrase, true)
			if err != nil {
				return err
			}
			locked, err := s.ExportIdentity(c.Context(), word)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			_, err = f.Write(locked)
			return errors.Join(err, f.Sync(), f.Close())
		})
	c.Flags().StringVar(&out, "out", "", "the file")
	c.Flags().StringVar(&passphrase, "passphrase-file", "", "file that holds the passphrase that locks it (default: asked for)")
	return c
}

func (p *program) identityImport() *cobra.Command {
	var passphrase string
	c := p.inStudio(&cobra.Command{Use: "import FILE", Short: "Become, on this device, who was exported", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, s *session.Session, args []string) error {
			locked, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			word, err := p.transferPassphrase(passphrase, false)
			if err != nil {
				return err
			}
			me, err := s.ImportIdentity(c.Context(), locked, word)
			if err != nil {
				return err
			}
			return p.tellIdentity(s, me)
		})
	c.Flags().StringVar(&passphrase, "passphrase-file", "", "file that holds the passphrase that locks it (default: asked for)")
	return c
}

func (p *program) identityRotate() *cobra.Command {
	return p.inStudio(&cobra.Command{Use: "rotate", Short: "Take a new key; each library learns of it when you next write to it", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, _ []string) error {
			me, err := s.RotateIdentity(c.Context())
			if err != nil {
				return err
			}
			return p.tellIdentity(s, me)
		})
}

func (p *program) identityRole(verb string, t identity.Type) *cobra.Command {
	return p.inLedger(&cobra.Command{
		Use: verb + " DID ROLE", Short: verb + " a role in the library: owner, art-director or designer", Args: cobra.ExactArgs(2),
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
		return s.State(c.Context(), lib, identity.Statement{Type: t, Person: args[0], Role: identity.Role(args[1])})
	})
}

func (p *program) identityRevoke() *cobra.Command {
	var trusted []string
	var person, reason string
	c := p.inLedger(&cobra.Command{
		Use: "revoke DEVICE", Short: "Let a device speak for its person no longer: it was lost, or its key is feared for", Args: cobra.ExactArgs(1),
		Long: `Let the device with that key of heads (selvage identity show, ledger head) speak no longer.
--trust LOG:SIZE says up to where a log of it is still believed; what is not named is not
believed at all.`,
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
		st := identity.Statement{Type: identity.Revoke, Key: args[0], Person: person, Reason: reason}
		for _, text := range trusted {
			t, err := parseTrusted(text)
			if err != nil {
				return err
			}
			st.Trusted = append(st.Trusted, t)
		}
		return s.State(c.Context(), lib, st)
	})
	c.Flags().StringArrayVar(&trusted, "trust", nil, "LOG:SIZE up to which a log is believed; may be repeated")
	c.Flags().StringVar(&person, "person", "", "whose device it is (default: yours)")
	c.Flags().StringVar(&reason, "reason", "", "what happened")
	return c
}

func parseTrusted(text string) (t identity.Trusted, err error) {
	at := len(text) - 1
	for ; at > 0 && text[at] != ':'; at-- {
	}
	if _, err := fmt.Sscanf(text[at:], ":%d", &t.Size); err != nil {
		return t, usageError{fmt.Errorf("--trust %q: LOG:SIZE, such as sha256:…:120", text)}
	}
	if t.Log, err = blob.Parse(text[:at]); err != nil {
		return t, usageError{err}
	}
	return t, nil
}

func (p *program) identityRules() *cobra.Command {
	var four string
	c := p.inLedger(&cobra.Command{Use: "rules", Short: "Show who may do what in the library, or set its rules", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
			switch four {
			case "":
			case "on", "off":
				if err := s.State(c.Context(), lib, identity.Statement{Type: identity.Settings, FourEyes: four == "on"}); err != nil {
					return err
				}
			default:
				return usageError{fmt.Errorf("--four-eyes %q: on or off", four)}
			}
			people, err := s.People(c.Context(), lib)
			if err != nil {
				return err
			}
			for _, did := range people.People() {
				if p.json {
					p.line(map[string]any{"person": did, "roles": people.Roles(did), "devices": people.Devices(did)})
					continue
				}
				fmt.Fprintf(p.out, "%s  %v, %d devices\n", did, people.Roles(did), len(people.Devices(did)))
			}
			if p.json {
				p.line(map[string]any{"four_eyes": people.FourEyes()})
				return nil
			}
			fmt.Fprintf(p.out, "four eyes: %v\n", people.FourEyes())
			return nil
		})
	c.Flags().StringVar(&four, "four-eyes", "", "on: approval needs a review by somebody else; off")
	return c
}

func (p *program) milestone() *cobra.Command {
	all := []string{"concept", "draft", "review", "approved"}
	return p.inLedger(&cobra.Command{
		Use: "milestone PATTERN concept|draft|review|approved", Short: "Say, signed with your key, that a pattern has come so far", Args: cobra.ExactArgs(2),
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
		if !slices.Contains(all, args[1]) {
			return usageError{fmt.Errorf("%q is no milestone: one of %v", args[1], all)}
		}
		return s.Milestone(c.Context(), lib, args[0], identity.Milestone(args[1]))
	})
}

func (p *program) review() *cobra.Command {
	var note string
	c := p.inLedger(&cobra.Command{Use: "review PATTERN changes|approved|comment", Short: "Record what you say of a pattern", Args: cobra.ExactArgs(2)},
		func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
			return s.Review(c.Context(), lib, args[0], args[1], note)
		})
	c.Flags().StringVar(&note, "note", "", "in words; only its commitment stands in the ledger")
	return c
}

func (p *program) disclose() *cobra.Command {
	var d session.Disclosed
	c := p.inLedger(&cobra.Command{
		Use: "disclose PATTERN", Short: "Record when and where a pattern was first shown: rights run from there", Args: cobra.ExactArgs(1),
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
		return s.Disclose(c.Context(), lib, args[0], d)
	})
	c.Flags().StringVar(&d.Date, "date", time.Now().Format(time.DateOnly), "day, YYYY-MM-DD")
	c.Flags().StringVar(&d.How, "how", "publication", "publication, fair, web, sale or other")
	c.Flags().StringVar(&d.Country, "country", "", "two letters, such as FR")
	c.Flags().StringVar(&d.Place, "place", "", "such as the fair, or the address of the page")
	return c
}

func (p *program) note() *cobra.Command {
	var about string
	c := p.inLedger(&cobra.Command{Use: "note TEXT", Short: "Put a remark on record", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
			return s.Note(c.Context(), lib, about, args[0])
		})
	c.Flags().StringVar(&about, "pattern", "", "the pattern that it is about")
	return c
}

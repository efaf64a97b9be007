package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

func (p *program) ledger() *cobra.Command {
	c := &cobra.Command{Use: "ledger", Short: "What happened in the library, on record: show it, verify it, prove it"}
	c.AddCommand(p.ledgerLog(), p.ledgerShow(), p.ledgerVerify(), p.ledgerProve(), p.ledgerHead(), p.ledgerWitness(), p.ledgerBackup(), p.ledgerRestore(),
		p.ledgerReindex(), p.ledgerEpoch(), p.ledgerErase(), p.ledgerTiles())
	c.RunE = func(*cobra.Command, []string) error {
		return usageError{errors.New("say what to do: selvage ledger log, show, verify, prove, head, witness, backup, restore, reindex, epoch, erase or tiles")}
	}
	return c
}

// inLedger makes a command that works on a library.
func (p *program) inLedger(c *cobra.Command, run func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error) *cobra.Command {
	var dir string
	c.RunE = func(c *cobra.Command, args []string) error {
		s, lib, err := p.inLibrary(dir)
		if err != nil {
			return err
		}
		return run(c, s, lib, args)
	}
	return p.collectionFlags(c, &dir)
}

func (p *program) ledgerLog() *cobra.Command {
	var q session.LedgerQuery
	var kind string
	c := p.inLedger(&cobra.Command{Use: "log", Short: "List what happened, the newest first", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
			q.Kind = record.Kind(kind)
			return s.Acts(c.Context(), lib, q, func(a session.Act) error {
				if p.json {
					p.line(actJSON(a))
					return nil
				}
				fmt.Fprintf(p.out, "%s  %-20s  %s\n", a.Time.At.Local().Format("2006-01-02 15:04:05"), a.Kind, sentence(a))
				return nil
			})
		})
	c.Flags().StringVar(&q.Pattern, "pattern", "", "only what is about this pattern")
	c.Flags().StringVar(&kind, "kind", "", "only this kind of entry, such as edit or milestone")
	c.Flags().IntVar(&q.Most, "most", 0, "no more than so many")
	return c
}

// actJSON is an entry with its place and what is opened of it.
func actJSON(a session.Act) map[string]any {
	out := map[string]any{"log": a.In, "index": a.Index, "hash": a.Hash, "kind": a.Kind, "time": a.Time.At, "clock": a.Time.Clock, "subjects": a.Subjects, "body": a.Entry.Body}
	if len(a.Opened) > 0 {
		opened := map[string]string{}
		for h, text := range a.Opened {
			opened[h.String()] = text
		}
		out["opened"] = opened
	}
	return out
}

// sentence says in a line what an entry is about.
func sentence(a session.Act) string {
	said := func(s record.Sealed) string {
		if text, ok := a.Opened[s.Commitment]; ok && !s.IsZero() {
			return fmt.Sprintf("%.60q", text)
		}
		return "(withheld)"
	}
	short := func(h blob.Hash) string { return strings.TrimPrefix(h.String(), "sha256:")[:12] }
	switch b := a.Body.(type) {
	case *record.Log:
		return fmt.Sprintf("a log begins: epoch %d of %s", b.Epoch, b.Author)
	case *record.Edit:
		return fmt.Sprintf("%s (%s) makes version %s", b.Operation, b.Class, short(b.Version))
	case *record.Saved:
		return fmt.Sprintf("%s %s, revision %d", b.Of, said(b.Name), b.Revision)
	case *record.Prompt:
		return fmt.Sprintf("version %d: %s", b.Version, said(b.Prompt))
	case *record.Requested:
		return fmt.Sprintf("%s, %s, %d steps", b.Mode, b.Repeat, b.Steps)
	case *record.Finished:
		return fmt.Sprintf("%s, %d candidates", b.Outcome, len(b.Candidates))
	case *record.Accepted:
		return fmt.Sprintf("candidate %s out of %d", short(b.Picture), b.Of)
	case *record.Rejected:
		return "candidate " + short(b.Picture)
	case *record.Model:
		return fmt.Sprintf("%s, licence %s, training data %s", b.Name, b.Licence, b.Lineage)
	case *record.Import:
		return fmt.Sprintf("%s, stated as %s", said(b.Name), b.Origin)
	case *record.Export:
		return fmt.Sprintf("%d files", len(b.Files))
	case *record.Milestone:
		return fmt.Sprintf("%s, version %s", b.Milestone, short(b.Version))
	case *record.Review:
		return fmt.Sprintf("%s: %s", b.Decision, said(b.Note))
	case *record.Disclosure:
		return fmt.Sprintf("%s on %s in %s", b.How, b.Date, b.Country)
	case *record.Revert:
		return fmt.Sprintf("from %s to %s", short(b.From), short(b.To))
	case *record.Note:
		return said(b.Text)
	case *record.Actor, *record.Library:
		return "about people"
	case *record.Erased:
		return "what " + short(b.Commitment) + " commits to"
	}
	return ""
}

func (p *program) ledgerShow() *cobra.Command {
	return p.inLedger(&cobra.Command{Use: "show ENTRY", Short: "Show an entry: by its hash, or its place as N or LOG#N", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
			a, err := s.EntryAt(c.Context(), lib, args[0])
			if err != nil {
				return err
			}
			if p.json {
				p.line(actJSON(a))
				return nil
			}
			fmt.Fprintf(p.out, "%v#%d\nhash  %v\n%s  %s\n%s\n", a.In, a.Index, a.Hash, a.Kind, sentence(a), a.Text)
			for h, text := range a.Opened {
				fmt.Fprintf(p.out, "%v commits to %q\n", h, text)
			}
			return nil
		})
}

func (p *program) ledgerVerify() *cobra.Command {
	var (
		heads []string
		deep  bool
	)
	c := p.inLedger(&cobra.Command{
		Use: "verify", Short: "Judge the whole ledger: exit 1 where something is wrong", Args: cobra.NoArgs,
		Long: `Read every entry, build the trees anew, compare them with every signed head, and the
people's keys with what they may do. A head that was kept elsewhere (--head FILE, as
selvage ledger head prints it) shows as well whether the library was rolled back or
written anew since.`,
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
		o := session.VerifyOptions{Deep: deep}
		for _, path := range heads {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			o.Heads = append(o.Heads, text)
		}
		v, err := s.VerifyLedger(c.Context(), lib, o, nil)
		if err != nil {
			return err
		}
		state := "Valid"
		if !v.Intact() {
			state = "Invalid"
		}
		if p.json {
			problems := []map[string]any{}
			for _, one := range v.Problems {
				problems = append(problems, map[string]any{"code": one.Code, "entry": one.Entry(), "detail": one.Detail})
			}
			p.line(map[string]any{"kind": "library", "state": state, "entries": v.Entries, "heads": v.Heads, "openings": v.Openings, "problems": problems})
		} else {
			for _, one := range v.Problems {
				fmt.Fprintln(p.out, one)
			}
			for _, l := range v.Logs {
				for _, seen := range l.Seen {
					fmt.Fprintf(p.out, "%s saw %d entries of %v at %s\n", seen.By, seen.Size, l.ID, seen.At.Format("2006-01-02 15:04:05 MST"))
				}
			}
			fmt.Fprintf(p.out, "%s: %d entries in %d logs, %d signed heads, %d problems\n", map[bool]string{true: "intact", false: "not intact"}[v.Intact()], v.Entries, len(v.Logs), v.Heads, len(v.Problems))
		}
		if !v.Intact() {
			return errFailed
		}
		return nil
	})
	c.Flags().StringArrayVar(&heads, "head", nil, "file of a head that was kept elsewhere; may be repeated")
	c.Flags().BoolVar(&deep, "deep", false, "read every content that is in use as well")
	return c
}

func (p *program) ledgerProve() *cobra.Command {
	var out, pattern string
	c := p.inLedger(&cobra.Command{
		Use: "prove ENTRY --out FILE | prove --pattern PATTERN --out FILE.zip", Short: "Write the proof that entries are in their log, for somebody who has not the library", Args: cobra.MaximumNArgs(1),
		Long: `Write a tlog-proof file (C2SP): the path from the entry to a signed head. The entry's own
text is written beside it, as FILE.json. With --pattern, write one file with the proofs of all
entries about a pattern; selvage-verify judges it.`,
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
		if (pattern == "") == (len(args) == 0) {
			return usageError{errors.New("name an entry, by its hash or its place, or a pattern with --pattern")}
		}
		if out == "" {
			return usageError{errors.New("--out is missing: name the file, such as milestone" + tree.ProofExtension)}
		}
		if pattern != "" {
			done, err := s.ProvePattern(c.Context(), lib, pattern, out)
			if err != nil {
				return err
			}
			if p.json {
				p.line(map[string]any{"event": "done", "bundle": out, "entries": done.Entries, "heads": done.Heads})
				return nil
			}
			fmt.Fprintf(p.out, "%s  the proofs of %d entries, under %d signed heads\n", out, done.Entries, done.Heads)
			return nil
		}
		proof, a, err := s.Prove(c.Context(), lib, args[0])
		if err != nil {
			return err
		}
		if err := os.WriteFile(out, proof.Marshal(), 0o666); err != nil {
			return err
		}
		if err := os.WriteFile(out+".json", a.Text, 0o666); err != nil {
			return errors.Join(err, os.Remove(out))
		}
		if p.json {
			p.line(map[string]any{"event": "done", "proof": out, "entry": out + ".json", "hash": a.Hash})
			return nil
		}
		fmt.Fprintf(p.out, "%s  the proof\n%s  the entry\n", out, out+".json")
		return nil
	})
	c.Flags().StringVar(&out, "out", "", "file of the proof")
	c.Flags().StringVar(&pattern, "pattern", "", "prove every entry about this pattern, in one file")
	return c
}

func (p *program) ledgerHead() *cobra.Command {
	return p.inLedger(&cobra.Command{
		Use: "head", Short: "Print the latest signed head of each log: keep it elsewhere, or give it to somebody", Args: cobra.NoArgs,
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
		heads, err := s.Heads(c.Context(), lib)
		if err != nil {
			return err
		}
		for _, h := range heads {
			if p.json {
				p.line(map[string]any{"log": h.Log.ID, "size": h.Log.Size, "author": h.Log.First.Author, "device": h.Log.First.Device, "epoch": h.Log.First.Epoch, "key": h.Key, "head": string(h.Note)})
				continue
			}
			if _, err := p.out.Write(h.Note); err != nil {
				return err
			}
			fmt.Fprintf(p.err, "key %s\n", h.Key)
		}
		return nil
	})
}

func (p *program) ledgerWitness() *cobra.Command {
	c := &cobra.Command{
		Use: "witness", Short: "Have others see the ledger's heads: witnesses and time-stamp authorities",
		Long: `Have others see the heads of the ledger, so that nobody can roll it back or write it anew
unseen, its owner included. Nothing leaves this computer before a witness or an authority is
added here, and then only signed heads: sizes and hashes, no content. From then on they are
asked by themselves, shortly after something was saved; what they do not answer waits in the
library (selvage ledger witness list) and is asked again, longer after each try.`,
	}
	var roots string
	add := &cobra.Command{
		Use: "add URL [KEY]", Short: "Add a witness with its key, or without a key a time-stamp authority (RFC 3161)", Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			party := session.Party{URL: args[0], Roots: roots}
			if len(args) == 2 {
				party.Key = args[1]
			}
			return s.AddParty(party)
		},
	}
	add.Flags().StringVar(&roots, "roots", "", "PEM file of the certificates that vouch for an authority (default: the system's)")
	remove := &cobra.Command{
		Use: "remove URL", Short: "Ask somebody no longer", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			return s.RemoveParty(args[0])
		},
	}
	list := p.inLedger(&cobra.Command{Use: "list", Aliases: []string{"status"}, Short: "List who is asked, and what still waits for an answer", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
			for _, one := range s.Parties() {
				kind := "time-stamp authority"
				if one.Witness() {
					kind = "witness"
				}
				if p.json {
					p.line(map[string]any{"kind": kind, "url": one.URL, "key": one.Key, "roots": one.Roots})
					continue
				}
				fmt.Fprintf(p.out, "%s  %s\n", kind, one.URL)
			}
			pending, err := s.Pending(c.Context(), lib)
			for _, one := range pending {
				if p.json {
					p.line(map[string]any{"waits": one.Kind, "url": one.Party, "size": one.Size, "since": one.Since, "tries": one.Tries, "error": one.Error, "next": session.DueAt(one)})
					continue
				}
				state := "not asked yet"
				if one.Tries > 0 {
					state = fmt.Sprintf("tried %d times: %s", one.Tries, one.Error)
				}
				fmt.Fprintf(p.out, "waits for %s: a %s over %d entries, next asked at %s; %s\n", one.Party, one.Kind, one.Size, session.DueAt(one).Local().Format("2006-01-02 15:04:05"), state)
			}
			return err
		})
	ask := p.inLedger(&cobra.Command{Use: "ask", Short: "Ask all of them about the latest head now", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
			asked, err := s.Ask(c.Context(), lib)
			failed := false
			for _, one := range asked {
				failed = failed || one.Err != nil
				line := map[string]any{"url": one.Party.URL, "log": one.Log, "size": one.Size}
				if one.Err != nil {
					line["error"] = one.Err.Error()
				} else {
					line["time"] = one.At
				}
				switch {
				case p.json:
					p.line(line)
				case one.Err != nil:
					fmt.Fprintf(p.out, "%s: %v; it is asked again later\n", one.Party.URL, one.Err)
				default:
					fmt.Fprintf(p.out, "%s saw %d entries at %s\n", one.Party.URL, one.Size, one.At.Format("2006-01-02 15:04:05 MST"))
				}
			}
			if err == nil && len(asked) == 0 && !p.json {
				fmt.Fprintln(p.out, "all of them have seen the latest head")
			}
			if err == nil && failed {
				return errFailed
			}
			return err
		})
	var (
		listen, name string
		logs         []string
	)
	serve := &cobra.Command{
		Use: "serve --log KEY", Short: "Stand witness for other devices' logs, until interrupted", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			key, err := s.WitnessKey(c.Context(), name)
			if err != nil {
				return err
			}
			err = s.StandWitness(c.Context(), key, logs, listen, func(address string) {
				if p.json {
					p.line(map[string]any{"event": "ready", "address": address, "key": key.String()})
					return
				}
				fmt.Fprintf(p.out, "standing witness at http://%s\nkey %s\n", address, key)
			})
			return err
		},
	}
	serve.Flags().StringVar(&listen, "listen", "127.0.0.1:8437", "address to answer at")
	serve.Flags().StringVar(&name, "name", "selvage/device", "what this witness is called, without spaces")
	serve.Flags().StringArrayVar(&logs, "log", nil, "key of a log, as selvage ledger head prints it; may be repeated")
	serve.Flags().BoolVar(&p.json, "json", false, "one JSON object a line instead of text")
	c.AddCommand(add, remove, list, ask, serve)
	c.RunE = func(*cobra.Command, []string) error {
		return usageError{errors.New("say what to do: selvage ledger witness add, remove, list, ask or serve")}
	}
	return c
}

func (p *program) ledgerBackup() *cobra.Command {
	return p.inLedger(&cobra.Command{Use: "backup FOLDER|FILE.zip", Short: "Copy the library into a new folder or one file, while it is used", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
			return s.Backup(c.Context(), lib, args[0], nil)
		})
}

func (p *program) ledgerRestore() *cobra.Command {
	return &cobra.Command{
		Use: "restore BACKUP FOLDER", Short: "Make a library of a back-up, a folder or one file, in a new folder; it goes on in a new epoch", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.studio()
			if err != nil {
				return err
			}
			return s.Restore(c.Context(), args[0], args[1])
		},
	}
}

func (p *program) ledgerReindex() *cobra.Command {
	return p.inLedger(&cobra.Command{Use: "reindex", Short: "Make the indexes anew from the logs", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
			return s.Reindex(c.Context(), lib)
		})
}

func (p *program) ledgerEpoch() *cobra.Command {
	var reason string
	c := p.inLedger(&cobra.Command{Use: "epoch --reason TEXT", Short: "Go on in a new log, after an older copy of the library was put back", Args: cobra.NoArgs},
		func(c *cobra.Command, s *session.Session, lib *library.Library, _ []string) error {
			if strings.TrimSpace(reason) == "" {
				return usageError{errors.New("--reason is missing: say what happened, it stands in the ledger")}
			}
			return s.NewEpoch(c.Context(), lib, reason)
		})
	c.Flags().StringVar(&reason, "reason", "", "what happened")
	return c
}

func (p *program) ledgerErase() *cobra.Command {
	var reason string
	c := p.inLedger(&cobra.Command{
		Use: "erase COMMITMENT", Short: "Destroy what a commitment was made of, for good", Args: cobra.ExactArgs(1),
		Long: `Destroy the salt and the value that a commitment (sha256:…, as ledger show prints it) was made
of, other openings that hold the same text, and the contents in which it stands in clear: files
that came in, certificates that disclosed it. The ledger stays as it is and verifies, and says
that they were erased; nobody can show the value any more. Exit 1 where it still stands somewhere.`,
	}, func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
		h, err := blob.Parse(args[0])
		if err != nil {
			return usageError{err}
		}
		done, err := s.Erase(c.Context(), lib, h, reason)
		if err != nil {
			return err
		}
		if p.json {
			left := []map[string]any{}
			for _, one := range done.Left {
				left = append(left, map[string]any{"content": one.Content, "why": one.Why})
			}
			p.line(map[string]any{"event": "done", "openings": done.Openings, "contents": done.Contents, "left": left})
		} else {
			fmt.Fprintf(p.out, "erased: %d openings, %d contents\n", len(done.Openings), len(done.Contents))
			for _, one := range done.Left {
				fmt.Fprintf(p.out, "left: %v: %s\n", one.Content, one.Why)
			}
		}
		if len(done.Left) > 0 {
			return errFailed
		}
		return nil
	})
	c.Flags().StringVar(&reason, "reason", "", "why; it stands in the ledger")
	return c
}

func (p *program) ledgerTiles() *cobra.Command {
	return p.inLedger(&cobra.Command{Use: "tiles FOLDER", Short: "Write the newest log as a static tiled log (C2SP tlog-tiles) for other people's tools", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
			return s.WriteTiles(c.Context(), lib, args[0])
		})
}

// askTwice reads a passphrase from the terminal, twice where it is a new one.
func askTwice(read func(prompt string) (string, error), again bool) (string, error) {
	first, err := read("Passphrase of your keys: ")
	if err != nil || !again {
		return first, err
	}
	second, err := read("The same once more: ")
	if err == nil && first != second {
		err = errors.New("the two were not the same; nothing was changed")
	}
	return first, err
}

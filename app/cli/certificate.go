package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/app/session/library"
)

func (p *program) certificate() *cobra.Command {
	var out string
	c := p.inStudio(&cobra.Command{
		Use: "certificate FILE", Short: "Show the birth certificate of a picture, and whether it holds", Args: cobra.ExactArgs(1),
		Long: `Show what a picture (PNG, JPEG, TIFF), or a certificate in a file of its own (.json), says of its
birth: models, edits, inputs, milestones. Exit 1 where it does not hold.`,
	}, func(c *cobra.Command, s *session.Session, args []string) error {
		found, err := s.ReadCertificate(c.Context(), args[0])
		if err != nil {
			return err
		}
		if out != "" && found.Text != nil {
			if err := os.WriteFile(out, found.Text, 0o666); err != nil {
				return err
			}
		}
		p.tellCertificate(found)
		if found.Birth == nil || found.Picture != nil && found.Picture.State != "Valid" {
			return errFailed
		}
		return nil
	})
	c.Flags().StringVar(&out, "out", "", "write the certificate itself to this file")
	c.AddCommand(p.certificateIssue(), p.certificateUse())
	return c
}

func (p *program) tellCertificate(c session.Certificate) {
	if p.json {
		line := map[string]any{"holds": c.Birth != nil}
		if c.Picture != nil {
			line["c2pa"] = map[string]any{"state": c.Picture.State, "trusted": c.Picture.Trusted, "failures": c.Picture.Failures, "manifests": c.Picture.Manifests}
		}
		if c.Birth != nil {
			line["issuer"], line["birth"], line["hand_only"] = c.Birth.Signer, c.Birth.Birth, c.Birth.HandOnly
		}
		if c.Problem != "" {
			line["problem"] = c.Problem
		}
		p.line(line)
		return
	}
	if c.Picture != nil {
		fmt.Fprintf(p.out, "Content Credentials: %s, %d manifests %s\n", strings.ToLower(string(c.Picture.State)), c.Picture.Manifests, strings.Join(c.Picture.Failures, ", "))
	}
	if c.Birth == nil {
		fmt.Fprintf(p.out, "birth certificate: %s\n", c.Problem)
		return
	}
	b := c.Birth.Birth
	fmt.Fprintf(p.out, "birth certificate: it holds, issued by %s on %s\n", c.Birth.Signer, c.Birth.Created.Format("2 January 2006 15:04 MST"))
	fmt.Fprintf(p.out, "pattern    %s (%s), version %v\n", b.Pattern.Name, b.Pattern.ID, b.Pattern.Version)
	for _, m := range b.Models {
		fmt.Fprintf(p.out, "model      %s, licence %s, training data %s\n", m.Name, m.License, m.Lineage)
	}
	for _, g := range b.Generations {
		words := "(withheld)"
		if text := g.Prompt.Text(); text != "" {
			words = text
		}
		fmt.Fprintf(p.out, "request    %s, %d steps of %s, prompt %s\n", g.Mode, g.Steps, g.Sampler, words)
	}
	for _, e := range b.Edits {
		fmt.Fprintf(p.out, "edits      %d %s\n", e.Count, e.Class)
	}
	for _, i := range b.Inputs {
		fmt.Fprintf(p.out, "input      %s, stated as %s %s\n", i.Name, i.Origin, i.Rights)
	}
	for _, m := range b.Milestones {
		fmt.Fprintf(p.out, "milestone  %s, signed by %s\n", m.Stage, m.Signer)
	}
	if b.Inclusion != nil {
		fmt.Fprintf(p.out, "recorded   in the log %s\n", b.Inclusion.Origin)
	}
	for _, s := range b.Statements {
		fmt.Fprintln(p.out, s)
	}
}

func (p *program) certificateIssue() *cobra.Command {
	var (
		out      string
		disclose bool
	)
	c := p.inLedger(&cobra.Command{Use: "issue PATTERN --out FILE", Short: "Write the birth certificate of a pattern as a file of its own (.json)", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, s *session.Session, lib *library.Library, args []string) error {
			if !strings.HasSuffix(strings.ToLower(out), ".json") {
				return usageError{errors.New("--out names a file that ends in .json")}
			}
			pat, err := s.OpenPattern(c.Context(), lib, args[0])
			if err != nil {
				return err
			}
			text, err := s.Issue(c.Context(), pat, disclose)
			if err = errors.Join(err, pat.Close()); err != nil {
				return err
			}
			return os.WriteFile(out, text, 0o666)
		})
	c.Flags().StringVar(&out, "out", "", "the file")
	c.Flags().BoolVar(&disclose, "disclose", false, "disclose prompts and seeds")
	return c
}

func (p *program) certificateUse() *cobra.Command {
	var own bool
	c := p.inStudio(&cobra.Command{Use: "use [FILE.pem]", Short: "Sign pictures with a certificate of yours: a PEM file with its key and chain", Args: cobra.MaximumNArgs(1)},
		func(_ *cobra.Command, s *session.Session, args []string) error {
			switch {
			case own && len(args) == 0:
				return s.UseCertificate("")
			case !own && len(args) == 1:
				return s.UseCertificate(args[0])
			}
			return usageError{errors.New("name a PEM file, or --own for the studio's own authority")}
		})
	c.Flags().BoolVar(&own, "own", false, "go back to the studio's own authority")
	return c
}

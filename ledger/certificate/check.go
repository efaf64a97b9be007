package certificate

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
)

const (
	maxText = 8 << 10 // bytes of a text
	maxList = 4096    // items of a list
)

// HandOnly says whether no model took part, as far as is told: there is none, no request
// to one, no edit by one, no input that a model made, no edit of an unknown class, and
// no pixel of a model.
func (b *Birth) HandOnly() bool {
	return len(b.Models) == 0 && len(b.Generations) == 0 &&
		!slices.ContainsFunc(b.Edits, func(e Edits) bool { return e.Class == record.ByModel || e.Class == record.Unclassed }) &&
		!slices.ContainsFunc(b.Inputs, func(i Input) bool { return i.Origin == originModel }) &&
		(b.Authorship == nil || b.Authorship.Model == 0)
}

const originModel = "model"

// Statements are what each certificate says about itself.
func Statements(handOnly bool) []string {
	all := []string{
		"This certificate is evidence, not legal advice. Whether a work is protected, and whose it is, courts and offices decide.",
		"The record behind it is tamper-evident: a later change can be found out. It is not tamper-proof.",
		"The signature proves who signed and that nothing was changed since. What people stated, such as the origin and the rights of an input, is written down as they stated it.",
		"Commitments are SHA-256 under a salt: they bind what was withheld without showing it.",
		"Shares of pixels are facts of the authorship map, in thousandths. They do not measure human authorship.",
	}
	if handOnly {
		return append(all, "No model took part in anything that this program saw. What happened outside of it, and how files came about that were brought in, it did not see.")
	}
	return append(all, "Where the lineage of a model is declared, its publisher said so and nobody here proved it.")
}

// checker collects the first thing that is wrong.
type checker struct{ err error }

func (c *checker) fail(field, reason string, err error) {
	if c.err == nil {
		c.err = &BirthError{field, reason, err}
	}
}

func (c *checker) text(field, s string, needed bool) {
	switch {
	case needed && s == "":
		c.fail(field, "it is missing", nil)
	case len(s) > maxText:
		c.fail(field, fmt.Sprintf("it has %d bytes, more than %d", len(s), maxText), nil)
	}
}

func (c *checker) list(field string, n int) bool {
	if n > maxList {
		c.fail(field, fmt.Sprintf("it has %d items, more than %d", n, maxList), nil)
	}
	return c.err == nil
}

func (c *checker) hash(field string, h blob.Hash) {
	if h == (blob.Hash{}) {
		c.fail(field, "the hash is missing", nil)
	}
}

func (c *checker) oneOf(field, s string, allowed ...string) {
	if !slices.Contains(allowed, s) {
		c.fail(field, fmt.Sprintf("%.40q is none of %q", s, allowed), nil)
	}
}

// check holds a birth to its form. The error is a *BirthError.
func (b *Birth) check() error {
	c := &checker{}
	c.pattern(b.Pattern)
	c.models(b)
	c.generations(b)
	if c.list("inputs", len(b.Inputs)) {
		for i, in := range b.Inputs {
			at := fmt.Sprintf("inputs[%d].", i)
			c.hash(at+"hash", in.Hash)
			c.oneOf(at+"origin", in.Origin, "own", "import", originModel, "rule")
			c.text(at+"name", in.Name, false)
			c.text(at+"author", in.Author, false)
			c.text(at+"rights", in.Rights, false)
		}
	}
	c.edits(b.Edits)
	if a := b.Authorship; a != nil {
		c.hash("authorship.map", a.Map)
		if a.Person+a.Model+a.Rule+a.Import+a.Nobody != whole || min(a.Person, a.Model, a.Rule, a.Import, a.Nobody) < 0 {
			c.fail("authorship", "its shares are not 1000 together", nil)
		}
	}
	c.milestones(b.Milestones)
	c.text("software.name", b.Software.Name, true)
	c.text("software.softwareVersion", b.Software.Version, true)
	c.text("device", b.Device, false)
	if b.Inclusion != nil {
		c.hash("inclusion.entry", b.Inclusion.Entry)
		if err := b.Inclusion.read(); err != nil {
			c.fail("inclusion", "it proves nothing", err)
		}
	}
	if c.list("statements", len(b.Statements)) {
		for i, s := range b.Statements {
			c.text(fmt.Sprintf("statements[%d]", i), s, true)
		}
		if want := Statements(b.HandOnly()); len(b.Statements) < len(want) || !slices.Equal(b.Statements[:len(want)], want) {
			c.fail("statements", "they do not begin with those that belong to this kind of certificate", nil)
		}
	}
	return c.err
}

func (c *checker) pattern(p Pattern) {
	c.text("pattern.patternID", p.ID, true)
	c.text("pattern.name", p.Name, false)
	c.hash("pattern.version", p.Version)
	if len(p.Pictures) == 0 {
		c.fail("pattern.pictures", "there is none", nil)
	}
	if !c.list("pattern.pictures", len(p.Pictures)) {
		return
	}
	for i, f := range p.Pictures {
		at := fmt.Sprintf("pattern.pictures[%d].", i)
		c.hash(at+"hash", f.Hash)
		c.text(at+"mediaType", f.MediaType, false)
		if min(f.Width, f.Height) < 0 || max(f.Width, f.Height) > 1<<31 {
			c.fail(at+"width", "no picture has that size", nil)
		}
	}
}

func (c *checker) models(b *Birth) {
	if !c.list("models", len(b.Models)) {
		return
	}
	seen := map[blob.Hash]bool{}
	for i, m := range b.Models {
		at := fmt.Sprintf("models[%d].", i)
		c.text(at+"name", m.Name, true)
		c.hash(at+"weights", m.Weights)
		c.hash(at+"card", m.Card)
		c.text(at+"licence", m.License, true)
		c.oneOf(at+"commercialUse", m.CommercialUse, "", "yes", "no", "unknown")
		c.oneOf(at+"lineage", string(m.Lineage), string(record.LineageDeclared), string(record.LineageProved), string(record.LineageUnknown))
		c.text(at+"training", m.Training, false)
		if seen[m.Weights] {
			c.fail(at+"weights", "a model is there twice", nil)
		}
		seen[m.Weights] = true
	}
}

func (c *checker) generations(b *Birth) {
	if !c.list("generations", len(b.Generations)) {
		return
	}
	known := map[blob.Hash]bool{}
	for _, m := range b.Models {
		known[m.Weights] = true
	}
	decimal := regexp.MustCompile(`^(0|[1-9][0-9]{0,8})(\.[0-9]{1,12})?$`)
	for i, g := range b.Generations {
		at := fmt.Sprintf("generations[%d].", i)
		c.hash(at+"entry", g.Entry)
		c.oneOf(at+"mode", g.Mode, "generate", "vary", "inpaint", "upscale")
		for _, h := range append([]blob.Hash{g.Model}, g.LoRAs...) {
			if !known[h] {
				c.fail(at+"model", fmt.Sprintf("no model of the certificate has the weights %v", h), nil)
			}
		}
		c.list(at+"loras", len(g.LoRAs))
		c.text(at+"sampler", g.Sampler, false)
		if g.Steps < 0 || g.Steps > 1e6 {
			c.fail(at+"steps", "no sampler takes that many", nil)
		}
		for name, s := range map[string]string{"guidance": g.Guidance, "strength": g.Strength} {
			if s != "" && !decimal.MatchString(s) {
				c.fail(at+name, fmt.Sprintf("%.40q is no decimal number", s), nil)
			}
		}
		for name, s := range map[string]*Secret{"prompt": g.Prompt, "negativePrompt": g.Negative, "seed": g.Seed} {
			if s == nil {
				continue
			}
			c.hash(at+name, s.Commitment)
			if err := s.check(); err != nil {
				c.fail(at+name, "it is not what was committed to", err)
			}
		}
	}
}

func (c *checker) edits(all []Edits) {
	classes := []string{
		string(record.Drawn), string(record.Selected), string(record.Arranged), string(record.Recolored), string(record.Mechanical),
		string(record.ByModel), string(record.ByRule), string(record.ByImport), string(record.Described), string(record.Unclassed),
	}
	seen := map[record.Class]bool{}
	for i, e := range all {
		at := fmt.Sprintf("edits[%d].", i)
		c.oneOf(at+"class", string(e.Class), classes...)
		if e.Count < 1 || e.Count > 1<<40 {
			c.fail(at+"count", "a class is there when there are edits of it", nil)
		}
		if seen[e.Class] {
			c.fail(at+"class", "a class is there twice", nil)
		}
		seen[e.Class] = true
	}
}

func (c *checker) milestones(all []Milestone) {
	if !c.list("milestones", len(all)) {
		return
	}
	for i, m := range all {
		at := fmt.Sprintf("milestones[%d].", i)
		c.oneOf(at+"stage", m.Stage, "concept", "draft", "review", "approved")
		if _, err := identity.ParseDID(m.Signer); err != nil {
			c.fail(at+"signer", "it is no person's key", err)
		}
		c.text(at+"role", m.Role, false)
		c.hash(at+"entry", m.Entry)
		if m.Time.Year() < 1 || m.Time.Year() > 9999 || m.Time.IsZero() {
			c.fail(at+"time", "it is missing", nil)
		}
	}
}

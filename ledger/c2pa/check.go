package c2pa

import (
	"encoding/json"
	"fmt"
	"strings"
)

// check says whether the manifest keeps the rules that a reader will hold it to.
func (m *Manifest) check() error {
	bad := func(field, format string, args ...any) error {
		return &ManifestError{field, fmt.Sprintf(format, args...)}
	}
	if m.Generator.Name == "" {
		return bad("Generator", "the program has no name")
	}
	parents := 0
	for i, in := range m.Ingredients {
		field := fmt.Sprintf("Ingredients[%d]", i)
		switch in.Relationship {
		case ParentOf:
			parents++
		case ComponentOf, InputTo:
		default:
			return bad(field, "the relationship %q is none", in.Relationship)
		}
		if in.From != nil && in.From.State == Error && in.From.Failures[0] != string(FaultManifestNotFound) {
			return bad(field, "its manifests cannot be carried over: %s; leave From away to take it in without them", in.From.Detail)
		}
		if err := in.Thumbnail.check(field + ".Thumbnail"); err != nil {
			return err
		}
	}
	if parents > 1 {
		return bad("Ingredients", "%d are parents; a picture has one", parents)
	}
	if len(m.Actions) == 0 || !begins(m.Actions[0].Action) {
		return bad("Actions", "the first action is neither %s nor %s", Created, Opened)
	}
	for i, a := range m.Actions {
		if err := m.checkAction(i, a); err != nil {
			return err
		}
	}
	if m.Mining != nil {
		for _, p := range []Permission{m.Mining.DataMining, m.Mining.AIInference, m.Mining.AIGenerativeTraining, m.Mining.AITraining} {
			if p != Allowed && p != NotAllowed && p != Constrained {
				return bad("Mining", "the permission %q is none", p)
			}
		}
	}
	seen := map[string]bool{}
	for i, c := range m.Custom {
		field := fmt.Sprintf("Custom[%d]", i)
		domain, _, dotted := strings.Cut(c.Label, ".")
		switch {
		case !dotted || domain == "c2pa" || domain == "cawg" || strings.ContainsAny(c.Label, "/=# \x00") || strings.Contains(c.Label, "__"):
			return bad(field, "%q is no label for an assertion of one's own; write one with a domain, as in studio.selvage.certificate", c.Label)
		case seen[c.Label]:
			return bad(field, "the label %q is there twice", c.Label)
		case !json.Valid(c.JSON):
			return bad(field, "the assertion %s is no JSON", c.Label)
		}
		seen[c.Label] = true
	}
	return m.Thumbnail.check("Thumbnail")
}

func (m *Manifest) checkAction(i int, a Action) error {
	bad := func(format string, args ...any) error {
		return &ManifestError{fmt.Sprintf("Actions[%d]", i), fmt.Sprintf(format, args...)}
	}
	if !strings.Contains(a.Action, ".") {
		return bad("%q is no action; write one with a domain, as in c2pa.edited", a.Action)
	}
	if begins(a.Action) && i > 0 {
		return bad("%s can only come first", a.Action)
	}
	want, needs := ComponentOf, false
	switch a.Action {
	case Created:
		if a.SourceType == "" {
			return bad("%s does not say how the picture came to be (SourceType)", Created)
		}
	case Opened:
		want, needs = ParentOf, true
	case Placed, actionRemoved:
		needs = true
	}
	found := 0
	for _, n := range a.Ingredients {
		if n < 0 || n >= len(m.Ingredients) {
			return bad("there is no ingredient %d", n)
		}
		if m.Ingredients[n].Relationship == want {
			found++
		}
	}
	if needs && (found != len(a.Ingredients) || found == 0 || a.Action == Opened && found != 1) {
		return bad("%s names the ingredients %v, and needs one that is %s", a.Action, a.Ingredients, want)
	}
	return nil
}

func (t *Thumbnail) check(field string) error {
	switch {
	case t == nil:
		return nil
	case t.MediaType != "image/jpeg" && t.MediaType != "image/png":
		return &ManifestError{field, fmt.Sprintf("a thumbnail is image/jpeg or image/png, and not %q", t.MediaType)}
	case len(t.Data) == 0:
		return &ManifestError{field, "the thumbnail is empty"}
	default:
		return nil
	}
}

package c2pa

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// claims judges what a manifest says of itself.
func (v *validation) claims(m *manifest) error {
	c := m.claim
	for _, g := range c.generators {
		if g.icon != nil {
			v.icon(m, *g.icon)
		}
	}
	v.redactionRules(m)
	if err := v.parentRules(m); err != nil {
		return err
	}
	if err := v.assertions(m); err != nil {
		return err
	}
	if err := v.actions(m); err != nil {
		return err
	}
	if c.version >= 2 {
		if err := v.metadata(m); err != nil {
			return err
		}
		if c.generators[0].Name == "" {
			v.fail(codeClaimMalformed, manifestURI(m.label), "the program that made the claim has no name")
		}
	}
	v.softBindings(m)
	v.cloudData(m)
	return nil
}

// icon checks that an icon is there, and is the one that was meant.
func (v *validation) icon(m *manifest, icon hashedURI) {
	if a := m.get(icon.URL); a != nil {
		if !equalHash(a.hash, icon.Hash) {
			v.fail(codeHashedURIMismatch, icon.URL, "the icon is not the one that the claim means")
		}
		return
	}
	if !m.databoxes[lastPart(icon.URL)] {
		v.fail(codeAssertionMissing, icon.URL, "an icon is missing")
	}
}

func (v *validation) redactionRules(m *manifest) {
	for _, r := range m.claim.redacted {
		if strings.Contains(r, m.label) {
			v.fail(codeAssertionSelfRedacted, r, "the manifest redacts itself")
		}
		if strings.Contains(r, labelActions) {
			v.fail(codeActionRedacted, r, "actions must not be redacted")
		}
		if slices.ContainsFunc([]string{labelDataHash, labelBoxHash, labelBMFFHash, labelCollectionHash}, func(l string) bool {
			return strings.Contains(r, l)
		}) {
			v.fail(codeHardBindingRedacted, r, "hard bindings must not be redacted")
		}
	}
}

// parentRules are about what a manifest may come from.
func (v *validation) parentRules(m *manifest) error {
	parents := 0
	for _, a := range m.ingredients() {
		if in, err := a.ingredient(); err == nil && in.relationship == ParentOf {
			parents++
		}
	}
	uri := manifestURI(m.label)
	if !m.update {
		if parents > 1 {
			v.fail(codeMultipleParents, uri, "the manifest has %d parents", parents)
		}
		return nil
	}
	for _, a := range m.byBase(labelActions) {
		list, err := a.actions()
		if err != nil {
			return err
		}
		for _, act := range list.actions {
			switch act.name {
			case "c2pa.edited.metadata", actionOpened, "c2pa.published", actionRedacted:
			default:
				v.fail(codeUpdateInvalid, uri, "an update must not contain the action %.60q", act.name)
			}
		}
	}
	thumbnails := 0
	for _, a := range m.assertions {
		if strings.Contains(a.label, labelClaimThumbnail) {
			thumbnails++
		}
	}
	if thumbnails > 1 {
		v.fail(codeUpdateInvalid, uri, "an update has thumbnails")
	}
	switch {
	case parents == 0:
		v.fail(codeUpdateWrongParents, uri, "an update has no parent")
	case parents > 1:
		v.fail(codeUpdateInvalid, uri, "an update has %d parents", parents)
	}
	return nil
}

// redactedHere says whether an assertion of a manifest was redacted by a later one.
func (v *validation) redactedHere(m *manifest, url string) bool {
	for _, r := range v.redactions {
		if label, ok := manifestOf(r); ok && label == m.label && sameAssertion(lastPart(r), lastPart(url)) {
			return true
		}
	}
	return false
}

// assertions compares the assertions with what the claim says of them.
func (v *validation) assertions(m *manifest) error {
	unclaimed := slices.Clone(m.assertions)
	for _, ref := range m.claim.assertions() {
		url := ref.URL
		if label, absolute := manifestOf(ref.URL); !absolute {
			url = absoluteURI(m.label, ref.URL)
		} else if label != m.label {
			v.fail(codeAssertionOutside, ref.URL, "the claim refers to an assertion of another manifest")
		}
		name := lastPart(ref.URL)
		if at := slices.IndexFunc(unclaimed, func(a *assertion) bool { return sameAssertion(a.label, name) }); at >= 0 {
			unclaimed = slices.Delete(unclaimed, at, at+1)
		}
		if v.redactedHere(m, ref.URL) {
			continue
		}
		switch a := m.get(ref.URL); {
		case a == nil:
			v.fail(codeAssertionMissing, url, "the claim refers to the assertion %.80q, which is missing", name)
		case !equalHash(a.hash, ref.Hash):
			v.fail(codeHashedURIMismatch, url, "the assertion %s is not the one that was signed", a.label)
		default:
			v.pass(codeHashedURIMatch, url, "the assertion %s is the one that was signed", a.label)
		}
	}
	if len(unclaimed) == 0 {
		return nil
	}
	for _, a := range unclaimed {
		v.fail(codeAssertionUndeclared, a.label, "the claim does not refer to the assertion")
	}
	return fault(FaultAssertionNotFound, "the claim does not refer to the assertion %s", unclaimed[0].label)
}

func metadataLabel() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]*(\.[a-zA-Z0-9][a-zA-Z0-9_-]*)*\.metadata$`)
}

// metadata checks that metadata say where their names come from.
func (v *validation) metadata(m *manifest) error {
	pattern := metadataLabel()
	for _, a := range m.assertions {
		if a.raw() == labelAssertionMetadata || !pattern.MatchString(a.raw()) {
			continue
		}
		value, ok := a.value().(map[string]any)
		if !ok {
			return fault(FaultDecoding, "the assertion %s is no map", a.label)
		}
		if _, ok := value["@context"].(map[string]any); !ok {
			return fault(FaultDecoding, "the assertion %s has no @context", a.label)
		}
	}
	return nil
}

// softBindings checks that soft bindings can be read. What they bind is not looked
// for.
func (v *validation) softBindings(m *manifest) {
	for _, a := range m.byBase(labelSoftBinding) {
		var f fields
		if err := a.decode(&f); err != nil || field[[]cbor.RawMessage](f, "blocks") == nil {
			v.fail(codeClaimMalformed, assertionURI(m.label, a.label), "a soft binding cannot be read")
		}
	}
}

// cloudData checks assertions that lie elsewhere.
func (v *validation) cloudData(m *manifest) {
	for _, a := range m.byBase(labelCloudData) {
		url := assertionURI(m.label, a.label)
		var f fields
		if err := a.decode(&f); err != nil {
			v.fail(codeCloudDataMalformed, url, "%v", err)
			continue
		}
		label, size, location := field[string](f, "label"), field[uint64](f, "size"), field[hashedURI](f, "location")
		if label == nil || size == nil || location == nil || location.Alg == "" {
			v.fail(codeCloudDataMalformed, url, "an assertion that lies elsewhere is not described")
			continue
		}
		if *size < 1 {
			v.fail(codeCloudDataMalformed, url, "an assertion that lies elsewhere is empty")
		}
		if strings.HasPrefix(*label, "c2pa.hash.") {
			v.fail(codeCloudDataHardBinding, url, "a hard binding lies elsewhere")
		}
		if strings.HasPrefix(*label, labelActions) {
			v.fail(codeCloudDataMalformed, url, "actions lie elsewhere")
		}
	}
}

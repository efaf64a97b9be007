package c2pa

import "strings"

// The actions that have rules of their own (C2PA 18.15).
const (
	actionCreated    = "c2pa.created"
	actionOpened     = "c2pa.opened"
	actionPlaced     = "c2pa.placed"
	actionRemoved    = "c2pa.removed"
	actionTranslated = "c2pa.translated"
	actionTranscoded = "c2pa.transcoded"
	actionRepackaged = "c2pa.repackaged"
	actionRedacted   = "c2pa.redacted"
)

func begins(name string) bool { return name == actionCreated || name == actionOpened }

// actions judges the actions assertions. Claims of version 1 are left alone, but for
// their number.
func (v *validation) actions(m *manifest) error {
	all := m.byBase(labelActions)
	if m.claim.version < 2 {
		if len(all) > 1 {
			v.fail(codeActionMalformed, m.label, "a claim of version 1 has one actions assertion, and not %d", len(all))
		}
		return nil
	}
	for _, a := range all {
		if list, err := a.actions(); err == nil && len(list.actions) == 0 {
			v.fail(codeActionMalformed, assertionURI(m.label, a.label), "an actions assertion without actions")
			return fault(FaultOther, "an actions assertion without actions")
		}
	}
	first, err := firstActions(all)
	if err != nil {
		return err
	}
	if first == nil && !m.update {
		v.fail(codeActionMalformed, m.label, "the first action is neither c2pa.created nor c2pa.opened")
	}
	beginnings := 0
	for i, a := range all {
		list, err := a.actions()
		if err != nil {
			return err
		}
		for _, icon := range list.icons {
			v.icon(m, icon)
		}
		for j := range list.actions {
			act := &list.actions[j]
			url := assertionURI(m.label, a.label)
			if act.name == "" {
				v.fail(codeActionMalformed, url, "an action without a name")
			}
			if begins(act.name) && first != nil && first != a {
				v.fail(codeActionMalformed, url, "only the first actions assertion may contain %s", act.name)
			}
			if begins(act.name) && i != 0 {
				v.fail(codeActionMalformed, url, "%s must be the first action", act.name)
			}
			if begins(act.name) {
				beginnings++
			}
			v.action(m, act, url)
		}
	}
	if beginnings > 1 {
		v.fail(codeActionMalformed, m.label, "the history begins %d times", beginnings)
	}
	return nil
}

// firstActions is the assertion that begins the history: the claim's own before one
// that it gathered.
func firstActions(all []*assertion) (*assertion, error) {
	var first *assertion
	for _, created := range []bool{true, false} {
		for _, a := range all {
			if a.created != created {
				continue
			}
			list, err := a.actions()
			if err != nil {
				return nil, err
			}
			if len(list.actions) > 0 && begins(list.actions[0].name) {
				first = a
			}
			break
		}
	}
	return first, nil
}

// action judges one action.
func (v *validation) action(m *manifest, act *action, url string) {
	switch act.name {
	case actionOpened, actionPlaced, actionRemoved:
		if act.parameters == nil || act.parameters.Ingredient == nil && act.parameters.Ingredients == nil {
			v.fail(codeActionIngredientMismatch, url, "%s names no ingredient", act.name)
			// What else the action may be lacking is not looked at.
			return
		}
		if list := act.parameters.Ingredients; list != nil && len(*list) == 0 {
			v.fail(codeActionIngredientMismatch, url, "%s names no ingredient", act.name)
		}
		want := ComponentOf
		if act.name == actionOpened {
			want = ParentOf
		}
		if !refersTo(m, act.parameters, want) {
			v.fail(codeActionIngredientMismatch, url, "%s names no ingredient that is %s", act.name, want)
		}
	case actionCreated:
		if act.sourceType == "" {
			v.fail(codeActionMalformed, url, "c2pa.created does not say its digitalSourceType")
		}
	case actionTranslated:
		if p := act.parameters; p == nil || p.SourceLanguage == nil || *p.SourceLanguage == "" || p.TargetLanguage == nil || *p.TargetLanguage == "" {
			v.fail(codeActionMalformed, url, "c2pa.translated does not say its languages")
		}
	case actionTranscoded, actionRepackaged:
		if p := act.parameters; p != nil && (p.Ingredient != nil || p.Ingredients != nil) && !refersTo(m, p, ParentOf) {
			v.fail(codeActionIngredientMismatch, url, "%s names no ingredient that is the parent", act.name)
		}
	case actionRedacted:
		v.redaction(m, act, url)
	}
	if act.icon != nil {
		v.icon(m, *act.icon)
	}
}

// refersTo says whether parameters point to an ingredient of the manifest that is in
// the given relationship.
func refersTo(m *manifest, p *parameters, want Relationship) bool {
	for _, ref := range p.references() {
		target, ok := assertionOf(ref.URL)
		if !ok {
			continue
		}
		for _, a := range m.ingredients() {
			if !sameAssertion(a.label, target) {
				continue
			}
			if in, err := a.ingredient(); err == nil && in.relationship == want {
				return true
			}
		}
	}
	return false
}

// redaction checks that what was redacted is named, and was there.
func (v *validation) redaction(m *manifest, act *action, url string) {
	if act.parameters == nil {
		return
	}
	uri := act.parameters.Redacted
	var target *manifest
	if uri != nil {
		if label, ok := manifestOf(*uri); ok && v.reached[label] {
			target = v.store.get(label)
		}
	}
	if target == nil {
		v.fail(codeActionRedactionMismatch, url, "what was redacted is not named")
		return
	}
	label, ok := assertionOf(*uri)
	for _, ref := range target.claim.assertions() {
		if ok && strings.Contains(ref.URL, label) {
			return
		}
	}
	if ok && strings.Contains(*uri, databoxesLabel) {
		for _, r := range m.claim.redacted {
			if r == *uri {
				return
			}
		}
	}
	v.fail(codeAssertionNotRedacted, url, "what was redacted was never there")
}

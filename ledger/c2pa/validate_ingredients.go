package c2pa

import "strings"

// ingredients judges what a manifest is made of, and what that is made of.
func (v *validation) ingredients(m *manifest, depth int, visited map[string]bool) error {
	if depth >= maxIngredientDepth {
		return fault(FaultOther, "more than %d manifests come one before the other", maxIngredientDepth)
	}
	for _, a := range m.ingredients() {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if zeroed(a.data) {
			continue // redacted
		}
		in, err := a.ingredient()
		if err != nil {
			v.fail(codeIngredientMalformed, a.label, "%v", err)
			return err
		}
		uri := assertionURI(m.label, a.label)
		v.log.ingredients = append(v.log.ingredients, uri)
		if err := v.ingredient(in, uri, depth, visited); err != nil {
			return err
		}
		v.log.ingredients = v.log.ingredients[:len(v.log.ingredients)-1]
	}
	return nil
}

func (v *validation) ingredient(in *ingredient, uri string, depth int, visited map[string]bool) error {
	if in.manifest == nil {
		if in.relationship != InputTo {
			v.inform(codeIngredientUnknown, uri, "%s: nothing is known of where it comes from", in.title)
		}
		return nil
	}
	if in.version >= maxIngredientVersion && in.results == nil {
		v.fail(codeIngredientMalformed, uri, "an ingredient does not say what was found about it")
	}
	label := manifestPath(in.manifest.URL)
	of := v.store.get(label)
	if of == nil {
		v.fail(codeIngredientMissing, label, "the manifest of an ingredient is missing")
		return nil
	}
	redacted := false
	for _, r := range v.redactions {
		redacted = redacted || strings.Contains(r, label)
	}
	if err := v.matches(in, of, redacted); err != nil {
		return err
	}
	if err := v.manifest(of); err != nil {
		return err
	}
	if visited[of.label] {
		return nil
	}
	visited[of.label] = true
	return v.ingredients(of, depth+1, visited)
}

// matches compares an ingredient's manifest with what was known when it was taken in.
// Where something was redacted since, the signature is compared instead.
func (v *validation) matches(in *ingredient, of *manifest, redacted bool) error {
	url := in.manifest.URL
	if !redacted {
		alg := in.manifest.Alg
		if alg == "" {
			alg = of.claim.alg
		}
		switch {
		case equalHash(of.hash, in.manifest.Hash):
			v.pass(codeIngredientValidated, url, "the ingredient's manifest is the one that was taken in")
		case equalHash(digest(alg, of.claimBytes), in.manifest.Hash): // as before C2PA 1.3
		default:
			v.fail(codeIngredientMismatch, url, "the ingredient's manifest is not the one that was taken in")
		}
		return nil
	}
	if of.claim.version < 2 {
		return nil
	}
	switch {
	case in.signature == nil:
		v.fail(codeIngredientNoSignature, url, "the ingredient's signature is not named")
		return fault(FaultOther, "the signature of the ingredient %s is not named", of.label)
	case equalHash(of.sigHash, in.signature.Hash):
		v.inform(codeIngredientSignature, url, "the ingredient's signature is the one that was taken in")
	default:
		v.fail(codeIngredientSignatureDiffer, url, "the ingredient's signature is not the one that was taken in")
	}
	return nil
}

package c2pa

// Relationship says what an ingredient is to a picture.
type Relationship string

// The relationships of C2PA 18.16.
const (
	ParentOf    Relationship = "parentOf"    // the picture was made from it, by opening it
	ComponentOf Relationship = "componentOf" // it was placed into the picture
	InputTo     Relationship = "inputTo"     // it was given to a program: a model, a prompt, a reference
)

// statusMap is a status as manifests keep it.
type statusMap struct {
	Code        *string `cbor:"code"`
	URL         *string `cbor:"url,omitempty"`
	Explanation *string `cbor:"explanation,omitempty"`
}

// statusCodes are the statuses of one manifest.
type statusCodes struct {
	Success       *[]statusMap `cbor:"success"`
	Informational *[]statusMap `cbor:"informational"`
	Failure       *[]statusMap `cbor:"failure"`
}

func (s *statusCodes) sound() bool {
	if s.Success == nil || s.Informational == nil || s.Failure == nil {
		return false
	}
	return soundStatuses(s.all())
}

func soundStatuses(list []statusMap) bool {
	for _, m := range list {
		if m.Code == nil {
			return false
		}
	}
	return true
}

func (s *statusCodes) all() []statusMap {
	var out []statusMap
	for _, list := range []*[]statusMap{s.Success, s.Informational, s.Failure} {
		if list != nil {
			out = append(out, *list...)
		}
	}
	return out
}

// delta are statuses that were found about an ingredient of an ingredient.
type delta struct {
	URI    *string      `cbor:"ingredientAssertionURI"`
	Deltas *statusCodes `cbor:"validationDeltas"`
}

// validationResults is what a generator found when it took an ingredient in.
type validationResults struct {
	Active *statusCodes `cbor:"activeManifest,omitempty"`
	Deltas *[]delta     `cbor:"ingredientDeltas,omitempty"`
}

func (v *validationResults) sound() bool {
	if v.Active != nil && !v.Active.sound() {
		return false
	}
	if v.Deltas != nil {
		for _, d := range *v.Deltas {
			if d.URI == nil || d.Deltas == nil || !d.Deltas.sound() {
				return false
			}
		}
	}
	return true
}

func (v *validationResults) all() []statusMap {
	var out []statusMap
	if v.Active != nil {
		out = v.Active.all()
	}
	if v.Deltas != nil {
		for _, d := range *v.Deltas {
			out = append(out, d.Deltas.all()...)
		}
	}
	return out
}

// ingredient is an ingredient assertion of version 1, 2 or 3.
type ingredient struct {
	version      int
	title        string
	format       string
	instanceID   string
	description  string
	relationship Relationship
	manifest     *hashedURI // the active manifest of the ingredient's own store
	signature    *hashedURI // its signature box
	thumbnail    *hashedURI
	data         *hashedURI
	results      *validationResults
	statuses     []statusMap // of versions 1 and 2
}

const maxIngredientVersion = 3

func (a *assertion) ingredient() (*ingredient, error) {
	var f fields
	if err := a.decode(&f); err != nil {
		return nil, err
	}
	in := &ingredient{version: a.version}
	if a.version < 1 || a.version > maxIngredientVersion {
		return nil, fault(FaultOther, "the assertion %s is of a later version", a.label)
	}
	relationship := field[Relationship](f, "relationship")
	if relationship == nil || *relationship != ParentOf && *relationship != ComponentOf && *relationship != InputTo {
		return nil, fault(FaultDecoding, "the assertion %s has no known relationship", a.label)
	}
	in.relationship = *relationship
	need := map[int][]string{1: {"dc:title", "dc:format", "instanceID"}, 2: {"dc:title", "dc:format"}}
	for _, name := range need[a.version] {
		if field[string](f, name) == nil {
			return nil, fault(FaultDecoding, "the assertion %s lacks %s", a.label, name)
		}
	}
	for name, to := range map[string]*string{
		"dc:title": &in.title, "dc:format": &in.format, "instanceID": &in.instanceID, "description": &in.description,
	} {
		if text := field[string](f, name); text != nil {
			*to = *text
		}
	}
	in.thumbnail = field[hashedURI](f, "thumbnail")
	if a.version < maxIngredientVersion {
		in.manifest = field[hashedURI](f, "c2pa_manifest")
		if list := field[[]statusMap](f, "validationStatus"); list != nil && soundStatuses(*list) {
			in.statuses = *list
		}
	} else {
		in.manifest = field[hashedURI](f, "activeManifest")
		in.signature = field[hashedURI](f, "claimSignature")
		if r := field[validationResults](f, "validationResults"); r != nil && r.sound() {
			in.results = r
		}
	}
	if a.version > 1 {
		in.data = field[hashedURI](f, "data")
	}
	return in, nil
}

// known are the statuses that the ingredient's taker found already, with absolute
// URLs.
func (in *ingredient) known() []Status {
	list := in.statuses
	if in.results != nil {
		list = in.results.all()
	}
	label, absolute := "", false
	if in.manifest != nil {
		label, absolute = manifestOf(in.manifest.URL)
	}
	out := make([]Status, 0, len(list))
	for _, m := range list {
		s := Status{Code: *m.Code, Outcome: outcomeOf(*m.Code)}
		if m.URL != nil {
			s.URL = *m.URL
			if absolute && len(s.URL) >= len("self#jumbf") && s.URL[:len("self#jumbf")] == "self#jumbf" {
				s.URL = absoluteURI(label, s.URL)
			}
		}
		out = append(out, s)
	}
	return out
}

package xmp

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Fields is what a picture says about itself. What is empty is not written.
type Fields struct {
	// Model, Person and Rule say who made the pixels; DigitalSourceType follows.
	Model, Person, Rule bool
	// Unmarked leaves out that a model took part, and everything about the model. The law
	// of most places where a picture is shown asks for the mark (in the EU, Regulation
	// 2024/1689, Article 50(2)).
	Unmarked bool
	// The four fields about a model of IPTC 2025.1, for a picture of one.
	AISystem        string
	AISystemVersion string
	AIPrompt        string // AIPromptInformation; only what the maker discloses
	AIPromptWriter  string
	// Label is China's.
	Label *Label

	Title       string
	Description string
	Creators    []string
	Rights      string // the copyright notice
	Credit      string
	Source      string
	Instruction string
	DateCreated string // 2026, 2026-05 or 2026-05-04, and a time as in ISO 8601
	CreatorTool string // name and version of the program

	Marked       *bool  // whether rights are claimed
	WebStatement string // URL of the terms
	UsageTerms   string
	DataMining   DataMining
	// OtherConstraints are the words that DataMiningSeeConstraints points to.
	OtherConstraints string
	Licensors        []Licensor // at most three
}

// Licensor is whom to ask for a licence (PLUS).
type Licensor struct {
	Name      string
	ID        string
	URL       string
	Email     string
	Telephone string
	City      string
	Country   string
}

// DataMining says whether machines may learn from a picture (PLUS, IPTC 2023.1).
type DataMining string

// What may be said about data mining.
const (
	DataMiningUnspecified DataMining = "DMI-UNSPECIFIED"
	DataMiningAllowed     DataMining = "DMI-ALLOWED"
	// NoTraining prohibits training of any machine learning.
	NoTraining DataMining = "DMI-PROHIBITED-AIMLTRAINING"
	// NoGenerativeTraining prohibits that of generative models.
	NoGenerativeTraining DataMining = "DMI-PROHIBITED-GENAIMLTRAINING"
	// SearchOnly prohibits all but indexing for a search engine.
	SearchOnly DataMining = "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
	// NoDataMining prohibits all.
	NoDataMining             DataMining = "DMI-PROHIBITED"
	DataMiningSeeConstraints DataMining = "DMI-PROHIBITED-SEECONSTRAINT"
)

func minings() []DataMining {
	return []DataMining{
		DataMiningUnspecified, DataMiningAllowed, NoTraining, NoGenerativeTraining, SearchOnly, NoDataMining, DataMiningSeeConstraints,
	}
}

const (
	plusVocabulary   = "http://ns.useplus.org/ldf/vocab/"
	sourceVocabulary = "http://cv.iptc.org/newscodes/digitalsourcetype/"
)

// SourceType is a term of IPTC's Digital Source Type.
type SourceType string

// The source types that this program gives.
const (
	ByModel          SourceType = "trainedAlgorithmicMedia"
	ByModelAndOthers SourceType = "compositeWithTrainedAlgorithmicMedia"
	ByPerson         SourceType = "digitalCreation"
	ByRule           SourceType = "algorithmicMedia"
	ByRuleAndPerson  SourceType = "composite"
)

// SourceType is what DigitalSourceType says: empty where nobody is known to have made
// anything, or the mark is left out.
func (f *Fields) SourceType() SourceType {
	switch {
	case f.Model && f.Unmarked:
		return ""
	case f.Model && (f.Person || f.Rule):
		return ByModelAndOthers
	case f.Model:
		return ByModel
	case f.Rule && f.Person:
		return ByRuleAndPerson
	case f.Rule:
		return ByRule
	case f.Person:
		return ByPerson
	default:
		return ""
	}
}

// Label is the implicit label of GB 45438-2025, appendix E. The standard wants the code
// of a company for the producer; a studio without one writes its name.
type Label struct {
	// Label is 1 for what a model made, 2 for what it may have made, 3 for what is
	// suspected.
	Label             string `json:"Label"`
	ContentProducer   string `json:"ContentProducer"`
	ProduceID         string `json:"ProduceID"`
	ReservedCode1     string `json:"ReservedCode1"` // the producer's, for security
	ContentPropagator string `json:"ContentPropagator"`
	PropagateID       string `json:"PropagateID"`
	ReservedCode2     string `json:"ReservedCode2"` // the propagator's
}

const (
	maxText = 64 << 10 // bytes of a field
	maxList = 100      // creators
)

// check finds what cannot be written. The error is a *FieldError.
func (f *Fields) check() error {
	texts := map[string]string{
		"AISystem": f.AISystem, "AISystemVersion": f.AISystemVersion, "AIPrompt": f.AIPrompt, "AIPromptWriter": f.AIPromptWriter,
		"Title": f.Title, "Description": f.Description, "Rights": f.Rights, "Credit": f.Credit, "Source": f.Source,
		"Instruction": f.Instruction, "DateCreated": f.DateCreated, "CreatorTool": f.CreatorTool, "WebStatement": f.WebStatement,
		"UsageTerms": f.UsageTerms, "OtherConstraints": f.OtherConstraints,
	}
	for i, c := range f.Creators {
		texts[fmt.Sprintf("Creators[%d]", i)] = c
	}
	for i, l := range f.Licensors {
		for _, p := range l.properties() {
			texts[fmt.Sprintf("Licensors[%d].%s", i, p.name)] = p.value
		}
	}
	if l := f.Label; l != nil {
		for name, s := range map[string]string{
			"ContentProducer": l.ContentProducer, "ProduceID": l.ProduceID, "ReservedCode1": l.ReservedCode1,
			"ContentPropagator": l.ContentPropagator, "PropagateID": l.PropagateID, "ReservedCode2": l.ReservedCode2,
		} {
			texts["Label."+name] = s
		}
	}
	for name, s := range texts {
		if err := checkText(name, s); err != nil {
			return err
		}
	}
	wrong := func(field, reason string) error { return &FieldError{field, reason} }
	switch {
	case len(f.Creators) > maxList:
		return wrong("Creators", fmt.Sprintf("there are %d, more than %d", len(f.Creators), maxList))
	case len(f.Licensors) > 3:
		return wrong("Licensors", fmt.Sprintf("there are %d; PLUS has room for 3", len(f.Licensors)))
	case !f.Model && f.AISystem+f.AISystemVersion+f.AIPrompt+f.AIPromptWriter != "":
		return wrong("Model", "a model is described, and none took part")
	case !f.Model && f.Label != nil:
		return wrong("Label", "no model took part")
	case f.Unmarked && f.Label != nil:
		return wrong("Label", "the mark is left out, and a label asked for")
	case f.Label != nil && f.Label.Label != "1" && f.Label.Label != "2" && f.Label.Label != "3":
		return wrong("Label.Label", "it is 1, 2 or 3")
	case f.DataMining == DataMiningSeeConstraints && f.OtherConstraints == "":
		return wrong("OtherConstraints", "data mining is said to be constrained, and they do not say how")
	}
	if f.DataMining != "" {
		known := false
		for _, m := range minings() {
			known = known || m == f.DataMining
		}
		if !known {
			return wrong("DataMining", fmt.Sprintf("PLUS has no %.60q", f.DataMining))
		}
	}
	return nil
}

// checkText refuses what XML cannot hold, rather than writing something else.
func checkText(name, s string) error {
	if len(s) > maxText {
		return &FieldError{name, fmt.Sprintf("it has %d bytes, more than %d", len(s), maxText)}
	}
	if !utf8.ValidString(s) {
		return &FieldError{name, "it is not UTF-8"}
	}
	if at := strings.IndexFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
	}); at >= 0 {
		return &FieldError{name, fmt.Sprintf("the character at byte %d cannot be written in XML", at)}
	}
	return nil
}

type property struct{ name, value string }

func (l *Licensor) properties() []property {
	return []property{
		{"LicensorName", l.Name}, {"LicensorID", l.ID}, {"LicensorURL", l.URL}, {"LicensorEmail", l.Email},
		{"LicensorTelephone1", l.Telephone}, {"LicensorCity", l.City}, {"LicensorCountry", l.Country},
	}
}

func (l *Label) text() (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		return "", &FieldError{"Label", err.Error()}
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

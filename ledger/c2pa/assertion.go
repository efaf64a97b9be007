package c2pa

import (
	"encoding/json"

	"github.com/fxamacker/cbor/v2"

	"github.com/selvage-studio/selvage/ledger/c2pa/jumbf"
)

// assertion is an assertion box that was read.
type assertion struct {
	label    string // with version and instance
	base     string // without either
	version  int
	instance int
	content  string // "cbor", "json", "file" or "uuid"
	media    string // of a file
	data     []byte // of the content
	hash     []byte // of the box's payload
	created  bool   // the claim's own, as far as it makes the difference
}

// raw is the label without its instance.
func (a *assertion) raw() string { return rawLabel(a.label) }

// zeroed reports whether an assertion was redacted by zeros.
func zeroed(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

// value is what the assertion says, as encoding/json knows it; nil where it is a
// file, or cannot be read.
func (a *assertion) value() any {
	var v any
	switch a.content {
	case "cbor":
		if err := decodeInto(a.data, &v); err != nil {
			return nil
		}
		return plain(v)
	case "json":
		if err := json.Unmarshal(a.data, &v); err != nil {
			return nil
		}
		return v
	default:
		return nil
	}
}

// cborFault is the fault of an assertion that should be CBOR of some shape.
func (a *assertion) decode(v any) error {
	if a.content != "cbor" {
		return fault(FaultDecoding, "the assertion %s is no CBOR", a.label)
	}
	if err := wellFormed(a.data); err != nil {
		return fault(FaultDecoding, "the assertion %s is no CBOR: %v", a.label, err)
	}
	if err := decodeInto(a.data, v); err != nil {
		return fault(FaultDecoding, "the assertion %s is not of its shape: %v", a.label, err)
	}
	return nil
}

// redactionUUID marks the box of a redacted assertion.
func redactionUUID() jumbf.UUID {
	return jumbf.UUID{0xca, 0xa9, 0x8e, 0xee, 0x9d, 0x4d, 0xf8, 0x0e, 0x86, 0xad, 0x4d, 0xff, 0xca, 0x26, 0x39, 0x73}
}

// action is one action of an actions assertion.
type action struct {
	name        string
	sourceType  string
	description string
	when        string
	icon        *hashedURI
	parameters  *parameters
}

type parameters struct {
	Ingredient     *hashedURI   `cbor:"ingredient"`
	Ingredients    *[]hashedURI `cbor:"ingredients"`
	Description    *string      `cbor:"description"`
	Redacted       *string      `cbor:"redacted"`
	SourceLanguage *string      `cbor:"sourceLanguage"`
	TargetLanguage *string      `cbor:"targetLanguage"`
	Multiple       *bool        `cbor:"multipleInstances"`
}

// references are the ingredients that the parameters point to.
func (p *parameters) references() []hashedURI {
	switch {
	case p.Ingredient != nil:
		return []hashedURI{*p.Ingredient}
	case p.Ingredients != nil:
		return *p.Ingredients
	default:
		return nil
	}
}

type rawAction struct {
	Action        *string         `cbor:"action"`
	When          cbor.RawMessage `cbor:"when"`
	SoftwareAgent cbor.RawMessage `cbor:"softwareAgent"`
	AgentIndex    *uint64         `cbor:"softwareAgentIndex"`
	Changed       *string         `cbor:"changed"`
	SourceType    *string         `cbor:"digitalSourceType"`
	Parameters    *parameters     `cbor:"parameters"`
	Reason        *string         `cbor:"reason"`
	Description   *string         `cbor:"description"`
}

// UnmarshalCBOR reads an action.
func (a *action) UnmarshalCBOR(data []byte) error {
	var raw rawAction
	if err := decodeInto(data, &raw); err != nil {
		return err
	}
	if raw.Action == nil {
		return fault(FaultDecoding, "an action without its name")
	}
	a.name, a.parameters = *raw.Action, raw.Parameters
	for from, to := range map[*string]*string{raw.SourceType: &a.sourceType, raw.Description: &a.description} {
		if from != nil {
			*to = *from
		}
	}
	if text, err := tagged(raw.When); err != nil {
		return err
	} else if text != nil {
		a.when = *text
	}
	if !null(raw.SoftwareAgent) {
		var text string
		var agent generator
		if err := decodeInto(raw.SoftwareAgent, &text); err != nil {
			if err := decodeInto(raw.SoftwareAgent, &agent); err != nil {
				return err
			}
			a.icon = agent.icon
		}
	}
	return nil
}

func null(raw cbor.RawMessage) bool { return len(raw) == 0 || len(raw) == 1 && raw[0] == 0xf6 }

// tagged reads a text that may have a tag, as a date has.
func tagged(raw cbor.RawMessage) (*string, error) {
	if null(raw) {
		return nil, nil
	}
	var tag cbor.RawTag
	if err := decodeInto(raw, &tag); err == nil {
		raw = tag.Content
	}
	var text string
	if err := decodeInto(raw, &text); err != nil {
		return nil, err
	}
	return &text, nil
}

// actions is an actions assertion.
type actions struct {
	actions []action
	icons   []hashedURI // of agents and templates
}

type rawActions struct {
	Actions   *[]action    `cbor:"actions"`
	Agents    *[]generator `cbor:"softwareAgents"`
	All       *bool        `cbor:"allActionsIncluded"`
	Templates *[]struct {
		Icon *hashedURI `cbor:"icon"`
	} `cbor:"templates"`
}

const maxActionsVersion = 2

func (a *assertion) actions() (*actions, error) {
	if a.version > maxActionsVersion {
		return nil, fault(FaultDecoding, "the assertion %s is of a later version", a.label)
	}
	var raw rawActions
	if err := a.decode(&raw); err != nil {
		return nil, err
	}
	if raw.Actions == nil {
		return nil, fault(FaultDecoding, "the assertion %s has no actions", a.label)
	}
	out := &actions{actions: *raw.Actions}
	if raw.Agents != nil {
		for _, g := range *raw.Agents {
			if g.icon != nil {
				out.icons = append(out.icons, *g.icon)
			}
		}
	}
	if raw.Templates != nil {
		for _, t := range *raw.Templates {
			if t.Icon != nil {
				out.icons = append(out.icons, *t.Icon)
			}
		}
	}
	return out, nil
}

// exclusion is a range that a data hash leaves out.
type exclusion struct {
	Start  uint64 `cbor:"start"`
	Length uint64 `cbor:"length"`
}

// dataHash is the hard binding to the bytes of the file.
type dataHash struct {
	Exclusions []exclusion `cbor:"exclusions,omitempty"`
	Name       string      `cbor:"name,omitempty"`
	Alg        string      `cbor:"alg,omitempty"`
	Hash       []byte      `cbor:"hash"`
	Pad        []byte      `cbor:"pad"`
}

type rawDataHash struct {
	Exclusions *[]struct {
		Start  *uint64 `cbor:"start"`
		Length *uint64 `cbor:"length"`
	} `cbor:"exclusions"`
	Name *string         `cbor:"name"`
	Alg  *string         `cbor:"alg"`
	Hash *[]byte         `cbor:"hash"`
	Pad  *[]byte         `cbor:"pad"`
	URL  cbor.RawMessage `cbor:"url"`
}

func (a *assertion) dataHash() (h dataHash, remote bool, err error) {
	var raw rawDataHash
	if err := a.decode(&raw); err != nil {
		return h, false, err
	}
	if raw.Hash == nil || raw.Pad == nil {
		return h, false, fault(FaultDecoding, "the assertion %s lacks its hash or pad", a.label)
	}
	h.Hash, h.Pad = *raw.Hash, *raw.Pad
	if raw.Alg != nil {
		h.Alg = *raw.Alg
	}
	if raw.Exclusions != nil {
		for _, x := range *raw.Exclusions {
			if x.Start == nil || x.Length == nil {
				return h, false, fault(FaultDecoding, "an exclusion of %s without start or length", a.label)
			}
			h.Exclusions = append(h.Exclusions, exclusion{*x.Start, *x.Length})
		}
	}
	return h, !null(raw.URL), nil
}

// boxMap is one entry of a box hash.
type boxMap struct {
	Names    *[]string `cbor:"names"`
	Alg      *string   `cbor:"alg"`
	Hash     *[]byte   `cbor:"hash"`
	Excluded *bool     `cbor:"excluded"`
	Pad      *[]byte   `cbor:"pad"`
}

func (a *assertion) boxHash() ([]boxMap, error) {
	var raw struct {
		Boxes *[]boxMap `cbor:"boxes"`
	}
	if err := a.decode(&raw); err != nil {
		return nil, err
	}
	if raw.Boxes == nil {
		return nil, fault(FaultDecoding, "the assertion %s has no boxes", a.label)
	}
	for _, b := range *raw.Boxes {
		if b.Names == nil || b.Hash == nil || b.Pad == nil {
			return nil, fault(FaultDecoding, "a box of the assertion %s lacks its names, hash or pad", a.label)
		}
	}
	return *raw.Boxes, nil
}

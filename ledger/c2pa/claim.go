package c2pa

import (
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// hashedURI points to a box and says what its payload hashes to.
type hashedURI struct {
	URL  string
	Alg  string // empty: the claim's
	Hash []byte
}

type rawHashedURI struct {
	URL  *string `cbor:"url"`
	Alg  *string `cbor:"alg,omitempty"`
	Hash *[]byte `cbor:"hash"`
}

// UnmarshalCBOR wants the fields that the standard wants.
func (h *hashedURI) UnmarshalCBOR(data []byte) error {
	var raw rawHashedURI
	if err := decodeInto(data, &raw); err != nil {
		return err
	}
	if raw.URL == nil || raw.Hash == nil {
		return fault(FaultDecoding, "a hashed URI without url or hash")
	}
	h.URL, h.Hash = *raw.URL, *raw.Hash
	if raw.Alg != nil {
		h.Alg = *raw.Alg
	}
	return nil
}

// MarshalCBOR writes what UnmarshalCBOR reads.
func (h hashedURI) MarshalCBOR() ([]byte, error) {
	raw := rawHashedURI{URL: &h.URL, Hash: &h.Hash}
	if h.Alg != "" {
		raw.Alg = &h.Alg
	}
	return encode(raw)
}

// generator is the program that made a claim, or acted.
type generator struct {
	Name    string
	Version string
	icon    *hashedURI
}

type rawGenerator struct {
	Name    *string         `cbor:"name"`
	Version *string         `cbor:"version"`
	Icon    cbor.RawMessage `cbor:"icon"`
}

// UnmarshalCBOR wants a name.
func (g *generator) UnmarshalCBOR(data []byte) error {
	var raw rawGenerator
	if err := decodeInto(data, &raw); err != nil {
		return err
	}
	if raw.Name == nil {
		return fault(FaultDecoding, "a generator without a name")
	}
	g.Name = *raw.Name
	if raw.Version != nil {
		g.Version = *raw.Version
	}
	if len(raw.Icon) > 0 {
		var icon hashedURI
		if err := decodeInto(raw.Icon, &icon); err == nil {
			g.icon = &icon
		}
	}
	return nil
}

// claim is a claim that was read, of either version.
type claim struct {
	version    int // 1 or 2
	generators []generator
	generator  string // of claim v1
	signature  string // URI of the signature box
	created    []hashedURI
	gathered   []hashedURI
	title      string
	format     string
	instanceID string
	redacted   []string
	alg        string // of hashes; empty where the claim says none
	algSoft    string
}

// assertions are all that the claim vouches for, those it created first.
func (c *claim) assertions() []hashedURI { return slices.Concat(c.created, c.gathered) }

// claimFields are those of claim v1, which allows no others.
func claimFields() []string {
	return []string{
		"claim_generator", "claim_generator_hints", "claim_generator_info", "signature", "assertions", "dc:format",
		"instanceID", "dc:title", "redacted_assertions", "alg", "alg_soft", "metadata",
	}
}

// parseClaim reads the content of a claim box. The error is a *faultError.
func parseClaim(data []byte) (*claim, error) {
	if err := wellFormed(data); err != nil {
		return nil, fault(FaultDecoding, "the claim is no CBOR: %v", err)
	}
	var f fields
	if err := decodeInto(data, &f); err != nil {
		return nil, fault(FaultDecoding, "the claim is no map: %v", err)
	}
	c := &claim{}
	v1, v2 := field[[]hashedURI](f, "assertions"), field[[]hashedURI](f, "created_assertions")
	switch {
	case v1 != nil && v2 == nil:
		c.version, c.created = 1, *v1
	case v2 != nil && v1 == nil:
		c.version, c.created = 2, *v2
	default:
		return nil, fault(FaultDecoding, "the claim is of no known version")
	}
	if c.version == 1 {
		known := claimFields()
		for name := range f {
			if !slices.Contains(known, name) {
				return nil, fault(FaultDecoding, "the claim has a field %.60q that version 1 does not know", name)
			}
		}
	}
	need := []struct {
		name string
		to   *string
	}{{"signature", &c.signature}, {"instanceID", &c.instanceID}}
	if c.version == 1 {
		need = append(need, []struct {
			name string
			to   *string
		}{{"claim_generator", &c.generator}, {"dc:format", &c.format}}...)
		if list := field[[]generator](f, "claim_generator_info"); list != nil {
			c.generators = *list
		}
	} else {
		g := field[generator](f, "claim_generator_info")
		if g == nil {
			return nil, fault(FaultDecoding, "the claim does not say what made it")
		}
		c.generators = []generator{*g}
		if list := field[[]hashedURI](f, "gathered_assertions"); list != nil {
			c.gathered = *list
		}
	}
	for _, n := range need {
		text := field[string](f, n.name)
		if text == nil {
			return nil, fault(FaultDecoding, "the claim lacks %s", n.name)
		}
		*n.to = *text
	}
	for name, to := range map[string]*string{"dc:title": &c.title, "alg": &c.alg, "alg_soft": &c.algSoft} {
		if text := field[string](f, name); text != nil {
			*to = *text
		}
	}
	if list := field[[]string](f, "redacted_assertions"); list != nil {
		c.redacted = *list
	}
	return c, nil
}

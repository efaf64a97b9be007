package c2pa

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/ledger/c2pa/jumbf"
)

// maxAssertions is how many assertions a manifest may have, as in c2pa-rs.
const maxAssertions = 100_000

// manifest is a manifest that was read.
type manifest struct {
	label      string
	update     bool // an update manifest: it adds to its parent's claims, not to its pixels
	claim      *claim
	claimBytes []byte // what is signed
	signature  []byte // COSE_Sign1
	assertions []*assertion
	databoxes  map[string]bool // by label
	hash       []byte          // of the manifest box, as ingredients name it
	sigHash    []byte          // of the signature box
}

// byBase are the assertions whose label has the given base.
func (m *manifest) byBase(base string) []*assertion {
	var out []*assertion
	for _, a := range m.assertions {
		if a.base == base {
			out = append(out, a)
		}
	}
	return out
}

// ingredients are the ingredient assertions.
func (m *manifest) ingredients() []*assertion { return m.byBase(labelIngredient) }

// bindings are the hard bindings. In claim v2 only what the claim itself created
// binds.
func (m *manifest) bindings() []*assertion {
	var out []*assertion
	for _, base := range []string{labelDataHash, labelBMFFHash, labelBoxHash} {
		for _, a := range m.byBase(base) {
			if (m.claim.version < 2 || a.created) && !strings.HasSuffix(a.raw(), ".part") {
				out = append(out, a)
			}
		}
	}
	return out
}

// get is the assertion that a URI of this manifest points to.
func (m *manifest) get(uri string) *assertion {
	label := lastPart(uri)
	for _, a := range m.assertions {
		if sameAssertion(a.label, label) {
			return a
		}
	}
	return nil
}

// store is a manifest store that was read. The active manifest is the last.
type store struct {
	manifests []*manifest
	boxes     []*jumbf.Box // the manifests' own, in their order
}

func (s *store) get(label string) *manifest {
	for i := len(s.manifests) - 1; i >= 0; i-- {
		if s.manifests[i].label == label {
			return s.manifests[i]
		}
	}
	return nil
}

func (s *store) active() *manifest {
	if len(s.manifests) == 0 {
		return nil
	}
	// By way of its URI, which a label with a slash in it does not survive.
	return s.get(manifestPath(manifestURI(s.manifests[len(s.manifests)-1].label)))
}

// readStore reads the boxes of a store. What it finds without giving up goes into
// the log; the error is a *faultError.
func readStore(data []byte, l *log) (*store, error) {
	if len(data) == 0 {
		return nil, fault(FaultManifestNotFound, "the manifest store is empty")
	}
	top, err := jumbf.Parse(data)
	if err != nil {
		return nil, fault(FaultVerify, "the manifest store is damaged: %v", err)
	}
	if top.Kind != jumbf.Kind("c2pa") {
		return nil, fault(FaultVerify, "the box %q is no manifest store", top.Label)
	}
	s := &store{}
	for _, box := range top.Children {
		if box.Type != "jumb" {
			return nil, fault(FaultOther, "a box %q lies among the manifests", box.Type)
		}
		if packed := box.Content(0, "brob"); packed != nil {
			if box, err = unpack(packed.Payload); err != nil {
				return nil, err
			}
		}
		switch box.Kind {
		case jumbf.Kind("c2ma"), jumbf.Kind("c2um"), jumbf.Kind("c2md"):
		default:
			continue
		}
		m, err := readManifest(box, l)
		if err != nil {
			return nil, err
		}
		s.manifests = append(s.manifests, m)
		s.boxes = append(s.boxes, box)
	}
	return s, nil
}

// superboxes are the boxes of a manifest by their kind.
func superboxes(box *jumbf.Box, l *log) (map[jumbf.UUID]*jumbf.Box, error) {
	out := map[jumbf.UUID]*jumbf.Box{}
	for _, b := range box.Children {
		if b.Type != "jumb" {
			return nil, fault(FaultOther, "a box %q lies in the manifest %s", b.Type, box.Label)
		}
		switch b.Kind {
		case jumbf.Kind("c2as"), jumbf.Kind("c2cl"), jumbf.Kind("c2cs"), jumbf.Kind("c2vc"), jumbf.Kind("c2db"):
		default:
			l.fail(codeClaimMultiple, "JUMBF", "the manifest %s has a box %q", box.Label, b.Label)
		}
		if out[b.Kind] != nil {
			return nil, fault(FaultVerify, "the manifest %s has two boxes of one kind, %q and %q", box.Label, out[b.Kind].Label, b.Label)
		}
		out[b.Kind] = b
	}
	return out, nil
}

func readManifest(box *jumbf.Box, l *log) (*manifest, error) {
	boxes, err := superboxes(box, l)
	if err != nil {
		return nil, err
	}
	m := &manifest{label: box.Label, update: box.Kind == jumbf.Kind("c2um"), databoxes: map[string]bool{}}
	claimBox := boxes[jumbf.Kind("c2cl")]
	if claimBox == nil {
		return nil, fault(FaultVerify, "the manifest %s has no claim", m.label)
	}
	_, version, _ := splitLabel(claimBox.Label)
	if version > 2 {
		return nil, fault(FaultVerify, "the claim of %s is of the later version %d", m.label, version)
	}
	if len(claimBox.Children) > 1 {
		return nil, fault(FaultVerify, "the claim box of %s holds several boxes", m.label)
	}
	content := claimBox.Content(0, "cbor")
	if content == nil {
		if claimBox.Content(0, "json") != nil {
			return nil, fault(FaultOther, "the manifest %s is older than C2PA 1.0", m.label)
		}
		return nil, fault(FaultVerify, "the claim box of %s holds no CBOR", m.label)
	}
	signature := boxes[jumbf.Kind("c2cs")]
	if signature == nil {
		return nil, fault(FaultVerify, "the manifest %s has no signature", m.label)
	}
	signed := signature.Content(0, "cbor")
	if signed == nil {
		return nil, fault(FaultOther, "the signature box of %s holds no CBOR", m.label)
	}
	m.claimBytes, m.signature = content.Payload, signed.Payload
	if m.claim, err = parseClaim(m.claimBytes); err != nil {
		l.fail(codeClaimMalformed, claimLabel, "%v", err)
		return nil, err
	}
	if m.claim.alg == "" {
		return nil, fault(FaultOther, "the claim of %s names no hash algorithm", m.label)
	}
	if m.claim.version > 1 && m.claim.version < version {
		return nil, fault(FaultVerify, "the claim of %s is not of the version that its box says", m.label)
	}
	list := boxes[jumbf.Kind("c2as")]
	if list == nil {
		return nil, fault(FaultVerify, "the manifest %s has no assertions", m.label)
	}
	if len(list.Children) > maxAssertions {
		return nil, fault(FaultOther, "the manifest %s has more than %d assertions", m.label, maxAssertions)
	}
	for _, b := range list.Children {
		if b.Type != "jumb" {
			return nil, fault(FaultOther, "a box %q lies among the assertions of %s", b.Type, m.label)
		}
		a, err := readAssertion(m, b, l)
		if err != nil {
			return nil, err
		}
		m.assertions = append(m.assertions, a)
	}
	if boxes[jumbf.Kind("c2vc")] != nil && m.claim.version > 1 {
		return nil, fault(FaultVerify, "the manifest %s has a store of credentials, which claim v2 has not", m.label)
	}
	if store := boxes[jumbf.Kind("c2db")]; store != nil {
		for _, b := range store.Children {
			if b.Type != "jumb" || b.Content(0, "cbor") == nil {
				return nil, fault(FaultOther, "a data box of %s holds no CBOR", m.label)
			}
			m.databoxes[b.Label] = true
		}
	}
	m.hash = digest(m.claim.alg, box.Payload)
	m.sigHash = digest(m.claim.alg, signature.Payload)
	return m, nil
}

// reference is the entry of the claim that vouches for an assertion.
func (c *claim) reference(label string) (ref hashedURI, created, found bool) {
	for i, h := range c.assertions() {
		if strings.Contains(h.URL, label) {
			return h, i < len(c.created), true
		}
	}
	return hashedURI{}, false, false
}

func readAssertion(m *manifest, box *jumbf.Box, l *log) (*assertion, error) {
	a := &assertion{label: box.Label}
	a.base, a.version, a.instance = splitLabel(box.Label)
	ref, created, found := m.claim.reference(instanceLabel(a.raw(), a.instance))
	if !found {
		return nil, fault(FaultAssertionNotFound, "the claim does not know the assertion %s", box.Label)
	}
	a.created = created
	alg := ref.Alg
	if alg == "" {
		alg = m.claim.alg
	}
	content := func(n int, typ string) ([]byte, error) {
		if b := box.Content(n, typ); b != nil {
			return b.Payload, nil
		}
		return nil, fault(FaultOther, "the assertion %s lacks its box %q", box.Label, typ)
	}
	var err error
	switch box.Kind {
	case jumbf.Kind("json"):
		a.content = "json"
		if a.data, err = content(0, "json"); err != nil {
			return nil, err
		}
		if !utf8.Valid(a.data) {
			return nil, fault(FaultDecoding, "the assertion %s is no text", box.Label)
		}
		if !json.Valid(a.data) {
			l.fail(codeAssertionJSONInvalid, box.Label, "the assertion is no JSON")
		}
	case jumbf.Kind("cbor"):
		a.content = "cbor"
		if a.data, err = content(0, "cbor"); err != nil {
			return nil, err
		}
		if err := wellFormed(a.data); err != nil {
			l.fail(codeAssertionCBORInvalid, box.Label, "the assertion is no CBOR: %v", err)
		}
	case jumbf.EmbeddedFile():
		a.content = "file"
		head, err := content(0, "bfdb")
		if err != nil {
			return nil, err
		}
		if a.data, err = content(1, "bidb"); err != nil {
			return nil, err
		}
		if len(head) > 1 {
			a.media, _, _ = strings.Cut(string(head[1:]), "\x00")
		}
	case jumbf.Kind("uuid"):
		a.content = "uuid"
		payload, err := content(0, "uuid")
		if err != nil {
			return nil, err
		}
		redacted := redactionUUID()
		a.data = payload[len(redacted):]
		if bytes.Equal(payload[:len(redacted)], redacted[:]) && !zeroed(a.data) {
			l.fail(codeAssertionNotRedacted, assertionURI(m.label, box.Label), "the data of a redacted assertion is still there")
		}
	default:
		return nil, fault(FaultOther, "the assertion %s is of an unknown kind", box.Label)
	}
	a.hash = digest(alg, box.Payload)
	// Before C2PA 1.0 the data alone was hashed.
	if len(m.assertions) == 0 && equalHash(digest(alg, a.data), ref.Hash) {
		return nil, fault(FaultOther, "the manifest %s is older than C2PA 1.0", m.label)
	}
	return a, nil
}

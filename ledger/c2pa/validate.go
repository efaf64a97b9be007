package c2pa

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
)

// maxIngredientDepth is how many manifests may come one before the other, as in
// c2pa-rs.
const maxIngredientDepth = 200

// validation judges one store. It goes through the rules in the order of c2pa-rs,
// since that order decides which finding comes first and what an error hides.
type validation struct {
	*log
	ctx   context.Context // one validation is one call
	store *store
	trust Trust

	in     io.ReaderAt
	size   int64
	format embed.Format
	found  embed.Range // where the store lies in the file

	reached    map[string]bool // manifests that the active one leads to
	redactions []string
	binding    string // label of the manifest that is bound to the file
	updated    bool   // the active manifest is an update
	stamps     map[string]time.Time
	signers    map[string]*Signature
}

// run judges the store. The error is a *faultError, or of the reader.
func (v *validation) run() error {
	active := v.store.active()
	if active == nil {
		v.fail(codeClaimMissing, "Unknown", "the store has no manifest")
		return fault(FaultOther, "the store has no manifest")
	}
	v.reached, v.stamps = map[string]bool{}, map[string]time.Time{}
	if err := v.reach(active, nil); err != nil {
		return err
	}
	v.binding = v.findBinding(active, map[string]bool{})
	if v.binding == "" {
		v.fail(codeHardBindingsMissing, manifestURI(active.label), "no manifest is bound to the file")
		return fault(FaultManifest, "no manifest is bound to the file")
	}
	v.updated = active.update
	if err := v.readStamps(); err != nil {
		return err
	}
	visited := map[string]bool{active.label: true}
	if err := v.manifest(active); err != nil {
		return err
	}
	if err := v.ingredients(active, 0, visited); err != nil {
		return err
	}
	return v.bound(v.store.get(v.binding))
}

// reach walks from a manifest to all that it is made of, and collects redactions.
func (v *validation) reach(m *manifest, path []string) error {
	if len(path) >= maxIngredientDepth {
		return fault(FaultOther, "more than %d manifests come one before the other", maxIngredientDepth)
	}
	if v.reached[m.label] {
		return nil
	}
	path = append(path, m.label)
	v.redactions = append(v.redactions, m.claim.redacted...)
	v.reached[m.label] = true
	for _, a := range m.ingredients() {
		in, err := a.ingredient()
		if err != nil {
			return err
		}
		if in.manifest == nil {
			continue
		}
		label := manifestPath(in.manifest.URL)
		next := v.store.get(label)
		if next == nil {
			v.fail(codeIngredientMissing, label, "the manifest of an ingredient is missing")
			continue
		}
		if slices.Contains(path, next.label) {
			v.fail(codeIngredientMalformed, assertionURI(m.label, a.label), "a manifest is its own ingredient")
			return fault(FaultOther, "the manifest %s is its own ingredient", next.label)
		}
		if err := v.reach(next, path); err != nil {
			return err
		}
	}
	return nil
}

// findBinding is the manifest whose hard binding counts: the active one, or the
// nearest parent where updates came after it.
func (v *validation) findBinding(m *manifest, visited map[string]bool) string {
	if visited[m.label] {
		return ""
	}
	visited[m.label] = true
	if !m.update && len(m.bindings()) > 0 {
		return m.label
	}
	for _, a := range m.ingredients() {
		in, err := a.ingredient()
		if err != nil {
			return ""
		}
		if in.relationship != ParentOf || in.manifest == nil {
			continue
		}
		label, ok := manifestOf(in.manifest.URL)
		if !ok {
			return ""
		}
		parent := v.store.get(label)
		switch {
		case parent == nil:
		case parent.update:
			return v.findBinding(parent, visited)
		case len(parent.bindings()) > 0:
			return parent.label
		}
	}
	return ""
}

// readStamps reads the time stamps that later manifests keep for earlier ones.
func (v *validation) readStamps() error {
	for label := range v.reached {
		m := v.store.get(label)
		for _, a := range m.byBase(labelTimeStamp) {
			var list map[string][]byte
			if err := a.decode(&list); err != nil {
				v.fail(codeTimeStampAssertion, a.label, "%v", err)
				return fault(FaultOther, "%v", err)
			}
			for about, token := range list {
				of := v.store.get(about)
				if of == nil || !v.reached[about] {
					continue
				}
				var quiet log
				sig, err := parseCOSE(of.signature, &quiet)
				if err != nil {
					continue
				}
				if _, at := verifyToken(token, sig.message.Signature, v.trust, of.claim.version != 1, &quiet); at != nil {
					v.stamps[about] = *at
				}
			}
		}
	}
	return nil
}

// manifest judges one manifest by itself: its signature, and what it claims.
func (v *validation) manifest(m *manifest) error {
	v.current = append(v.current, signatureURI(m.label))
	err := v.signed(m)
	if err == nil {
		err = v.claims(m)
	}
	v.current = v.current[:len(v.current)-1]
	return err
}

// signed judges the signature, the certificate and the time stamp.
func (v *validation) signed(m *manifest) error {
	label, absolute := manifestOf(m.claim.signature)
	if absolute && label != m.label || lastPart(m.claim.signature) != signatureLabel {
		v.fail(codeSignatureMissing, signatureURI(m.label), "the claim points to the signature %.80q", m.claim.signature)
	}
	if m.claim.version > 1 && !soundManifestLabel(m.label) {
		v.fail(codeClaimMalformed, manifestURI(m.label), "the label %.80q is no URN of C2PA", m.label)
	}
	sig, err := parseCOSE(m.signature, v.log)
	if err != nil {
		return err
	}
	chain := make([]*x509.Certificate, len(sig.chain))
	var problem string
	for i, der := range sig.chain {
		if i > 0 {
			chain[i], _ = x509.ParseCertificate(der) // the chain ends where one cannot be read
		} else if chain[i], problem, err = loose(der); err != nil {
			return fault(FaultSignature, "the certificate of the signer cannot be read: %v", err)
		}
	}
	if last := slices.Index(chain, nil); last >= 0 {
		chain = chain[:last]
	}
	if problem != "" {
		v.fail(codeCredentialInvalid, "", "%s", problem)
	}
	signer := v.signer(m, sig, chain)
	if err := v.verifySignature(m, sig, chain, signer); err != nil {
		v.fail(codeSignatureMismatch, signatureURI(m.label), "the signature is not of this claim: %v", err)
		return nil
	}
	signer.Valid = true
	v.pass(codeSignatureInsideValidity, signatureURI(m.label), "the claim was signed while the certificate was valid")
	v.pass(codeSignatureValidated, signatureURI(m.label), "the claim is signed")
	return nil
}

func (v *validation) signer(m *manifest, sig *coseSignature, chain []*x509.Certificate) *Signature {
	s := &Signature{Chain: chain, CommonName: chain[0].Subject.CommonName}
	if n := len(chain[0].Subject.Organization); n > 0 {
		s.Organization = chain[0].Subject.Organization[n-1]
	}
	if alg, ok := sig.algorithm(); ok {
		s.Algorithm = alg.String()
	}
	v.signers[m.label] = s
	return s
}

// verifySignature logs what is wrong with the certificate, and returns what is wrong
// with the signature.
func (v *validation) verifySignature(m *manifest, sig *coseSignature, chain []*x509.Certificate, signer *Signature) error {
	signedAt, known := v.stamps[m.label]
	var at *time.Time
	if known {
		at = &signedAt
	} else if token, covers, err := sig.token(m.claimBytes); err != nil {
		v.inform(codeTimeStampMalformed, "", "the time stamp cannot be read: %v", err)
	} else if token != nil {
		signer.Stamp, at = verifyToken(token, covers, v.trust, m.claim.version != 1, v.log)
	}
	alg, ok := sig.algorithm()
	if !ok {
		v.fail(codeAlgorithmUnsupported, "Cose_Sign1", "the signature is of no algorithm that C2PA allows")
		return errors.New("its algorithm is not allowed")
	}
	if strings.HasPrefix(alg.String(), "ES") && derSignature(sig.message.Signature) {
		v.fail(codeCredentialInvalid, "Cose_Sign1", "the signature is in the form of X.509, and not of COSE")
		return errors.New("it is in the form of X.509")
	}
	when := v.trust.now()
	if at != nil {
		when = *at
	}
	var profile *ProfileError
	if err := CheckCertificate(chain[0], when); errors.As(err, &profile) {
		v.fail(profile.Code, "", "%s", profile.Reason)
	}
	if err := v.trust.check(chain, at, oidDocumentSigning(), oidC2PASigning(), oidMicrosoftSigning()); err != nil {
		v.fail(codeCredentialUntrusted, "", "the signer is not trusted: %v", err)
	} else {
		signer.Trusted = true
		v.pass(codeCredentialTrusted, "", "the signer is trusted")
	}
	if !readKeyInfo(chain[0]).suits(alg) {
		v.fail(codeCredentialInvalid, "Cose_Sign1", "the key of the certificate is not for signatures by %v", alg)
	}
	key := publicKey(chain[0])
	if err := fits(alg, key); err != nil {
		return err
	}
	if err := sig.verify(alg, m.claimBytes, key); err != nil {
		return err
	}
	if signer.Organization == "" {
		return errors.New("the certificate names no organization")
	}
	return nil
}

// bound compares the file with the hard binding.
func (v *validation) bound(m *manifest) error {
	list := m.bindings()
	if len(list) != 1 {
		v.fail(codeHardBindingsMultiple, manifestURI(m.label), "the manifest has %d hard bindings", len(list))
	}
	for _, a := range list {
		url := assertionURI(m.label, a.label)
		var err error
		switch a.base {
		case labelDataHash:
			err = v.dataHash(m, a, url)
		case labelBoxHash:
			err = v.boxHash(m, a, url)
		case labelBMFFHash:
			v.fail(codeBMFFHashMalformed, url, "the binding is one for videos, and not for pictures")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dataHash compares the file's bytes.
func (v *validation) dataHash(m *manifest, a *assertion, url string) error {
	h, remote, err := a.dataHash()
	if err != nil {
		return err
	}
	if remote {
		v.fail(codeDataHashMismatch, a.label, "the hash lies elsewhere")
		return nil
	}
	if v.updated {
		v.stretch(&h)
	}
	if len(h.Exclusions) > 1 {
		v.inform(codeDataHashExtraExclusions, url, "%d ranges are left out of the hash", len(h.Exclusions))
	}
	alg := h.Alg
	if alg == "" {
		alg = m.claim.alg
	}
	hasher := algorithm(alg)
	if hasher == nil {
		v.fail(codeDataHashMismatch, url, "the hash algorithm %.20q is unknown", alg)
		return nil
	}
	slices.SortStableFunc(h.Exclusions, func(a, b exclusion) int {
		switch {
		case a.Start < b.Start:
			return -1
		case a.Start > b.Start:
			return 1
		default:
			return 0
		}
	})
	store := exclusion{uint64(v.found.Start), uint64(v.found.Length)}
	if !slices.Contains(h.Exclusions, store) {
		v.fail(codeDataHashMismatch, url, "the range that the hash leaves out is not that of the manifests")
	}
	var ranges []embed.Range
	for i, x := range h.Exclusions {
		beyond := x.Start > uint64(v.size) || x.Length > uint64(v.size)-x.Start
		if beyond && i == len(h.Exclusions)-1 {
			v.fail(codeDataHashMismatch, url, "a range of %d bytes at %d is left out, and the file has %d", x.Length, x.Start, v.size)
			return nil
		}
		if beyond {
			x.Start = min(x.Start, uint64(v.size))
			x.Length = uint64(v.size) - x.Start
		}
		ranges = append(ranges, embed.Range{Start: int64(x.Start), Length: int64(x.Length)})
	}
	if err := embed.HashRanges(v.ctx, v.in, v.size, ranges, hasher); err != nil {
		return err
	}
	if !equalHash(hasher.Sum(nil), h.Hash) {
		v.fail(codeDataHashMismatch, url, "the file is not the one that was signed")
		return nil
	}
	v.pass(codeDataHashMatch, url, "the file is the one that was signed")
	return nil
}

// stretch makes room for the update manifests that the store has grown by.
func (v *validation) stretch(h *dataHash) {
	start := uint64(v.found.Start)
	at := slices.IndexFunc(h.Exclusions, func(x exclusion) bool { return x.Start == start })
	if at < 0 {
		return
	}
	grown := uint64(v.found.Length) - min(uint64(v.found.Length), h.Exclusions[at].Length)
	h.Exclusions[at].Length = uint64(v.found.Length)
	for i := range h.Exclusions {
		if h.Exclusions[i].Start > start {
			h.Exclusions[i].Start += grown
		}
	}
}

// boxHash compares the file's pieces.
func (v *validation) boxHash(m *manifest, a *assertion, url string) error {
	want, err := a.boxHash()
	if err != nil {
		return err
	}
	if v.format == embed.TIFF {
		return fault(FaultOther, "TIFF has no boxes to hash")
	}
	have, err := embed.Boxes(v.in, v.size, v.format)
	if err == nil {
		err = v.compareBoxes(m, want, have)
	}
	var differ *boxError
	var damaged *embed.Error
	switch {
	case err == nil:
		v.pass(codeBoxHashMatch, url, "the file is the one that was signed")
		return nil
	case errors.As(err, &differ), errors.As(err, &damaged):
		v.fail(codeBoxHashMismatch, url, "%v", err)
		return nil
	default:
		return err
	}
}

// boxError reports a file whose pieces are not the ones that were signed.
type boxError struct{ reason string }

func (e *boxError) Error() string { return e.reason }

func (v *validation) compareBoxes(m *manifest, want []boxMap, have []embed.Box) error {
	if len(want) == 0 || len(have) == 0 {
		return &boxError{"there are no boxes to compare"}
	}
	if have[0].Name == "PNGh" && len(*want[0].Names) > 0 && (*want[0].Names)[0] != "PNGh" {
		have = have[1:]
	}
	for _, b := range want {
		names := *b.Names
		var piece embed.Range
		skip := b.Excluded != nil && *b.Excluded
		for i, name := range names {
			if len(have) == 0 || have[0].Name != name {
				return &boxError{"the file has other pieces than were signed"}
			}
			if i == 0 {
				piece = have[0].Range
				if name == "C2PA" {
					if len(names) != 1 {
						return &boxError{"the store is hashed with its neighbours"}
					}
					skip = true
				}
			} else {
				piece.Length = have[0].Range.End() - piece.Start
			}
			have = have[1:]
		}
		if skip {
			continue
		}
		alg := m.claim.alg
		if b.Alg != nil {
			alg = *b.Alg
		}
		hasher := algorithm(alg)
		if hasher == nil {
			return &boxError{"a hash algorithm is unknown"}
		}
		section := io.NewSectionReader(v.in, piece.Start, piece.Length)
		if err := embed.HashRanges(v.ctx, section, piece.Length, nil, hasher); err != nil {
			return err
		}
		if !equalHash(hasher.Sum(nil), *b.Hash) {
			return &boxError{"a piece of the file is not the one that was signed"}
		}
	}
	return nil
}

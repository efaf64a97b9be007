package c2pa

import (
	"fmt"
	"slices"
)

// The codes of C2PA 15.2.2 that this package gives.
const (
	codeSignatureValidated      = "claimSignature.validated"
	codeSignatureInsideValidity = "claimSignature.insideValidity"
	codeCredentialTrusted       = "signingCredential.trusted"
	codeTimeStampValidated      = "timeStamp.validated"
	codeTimeStampTrusted        = "timeStamp.trusted"
	codeHashedURIMatch          = "assertion.hashedURI.match"
	codeDataHashMatch           = "assertion.dataHash.match"
	codeBoxHashMatch            = "assertion.boxesHash.match"
	codeIngredientValidated     = "ingredient.manifest.validated"
	codeIngredientSignature     = "ingredient.claimSignature.validated"

	codeIngredientUnknown         = "ingredient.unknownProvenance"
	codeTimeStampMismatch         = "timeStamp.mismatch"
	codeTimeStampMalformed        = "timeStamp.malformed"
	codeTimeStampOutsideValidity  = "timeStamp.outsideValidity"
	codeTimeStampUntrusted        = "timeStamp.untrusted"
	codeDataHashExtraExclusions   = "assertion.dataHash.additionalExclusionsPresent"
	codeAlgorithmUnsupported      = "algorithm.unsupported"
	codeGeneralError              = "general.error"
	codeClaimMalformed            = "claim.malformed"
	codeClaimMissing              = "claim.missing"
	codeClaimMultiple             = "claim.multiple"
	codeHardBindingsMissing       = "claim.hardBindings.missing"
	codeHardBindingsMultiple      = "assertion.multipleHardBindings"
	codeSignatureMissing          = "claimSignature.missing"
	codeSignatureMismatch         = "claimSignature.mismatch"
	codeMultipleParents           = "manifest.multipleParents"
	codeUpdateInvalid             = "manifest.update.invalid"
	codeUpdateWrongParents        = "manifest.update.wrongParents"
	codeCredentialUntrusted       = "signingCredential.untrusted"
	codeCredentialInvalid         = "signingCredential.invalid"
	codeCredentialExpired         = "signingCredential.expired"
	codeHashedURIMismatch         = "assertion.hashedURI.mismatch"
	codeAssertionMissing          = "assertion.missing"
	codeAssertionUndeclared       = "assertion.undeclared"
	codeAssertionRequiredMissing  = "assertion.required.missing"
	codeAssertionNotRedacted      = "assertion.notRedacted"
	codeAssertionSelfRedacted     = "assertion.selfRedacted"
	codeAssertionJSONInvalid      = "assertion.json.invalid"
	codeAssertionCBORInvalid      = "assertion.cbor.invalid"
	codeAssertionOutside          = "assertion.outsideManifest"
	codeActionMalformed           = "assertion.action.malformed"
	codeActionIngredientMismatch  = "assertion.action.ingredientMismatch"
	codeActionRedactionMismatch   = "assertion.action.redactionMismatch"
	codeActionRedacted            = "assertion.action.redacted"
	codeDataHashMismatch          = "assertion.dataHash.mismatch"
	codeHardBindingRedacted       = "assertion.hardBinding.redacted"
	codeBMFFHashMalformed         = "assertion.bmffHash.malformed"
	codeBoxHashMismatch           = "assertion.boxesHash.mismatch"
	codeCloudDataMalformed        = "assertion.cloud-data.malformed"
	codeCloudDataHardBinding      = "assertion.cloud-data.hardBinding"
	codeIngredientMalformed       = "assertion.ingredient.malformed"
	codeIngredientMissing         = "ingredient.manifest.missing"
	codeIngredientMismatch        = "ingredient.manifest.mismatch"
	codeIngredientNoSignature     = "ingredient.claimSignature.missing"
	codeIngredientSignatureDiffer = "ingredient.claimSignature.mismatch"
	codeTimeStampAssertion        = "assertion.timestamp.malformed"
	codePrerelease                = "com.adobe.prerelease"
)

// Outcome says how a status counts.
type Outcome int

// The outcomes of C2PA's validation results.
const (
	Success Outcome = iota
	Informational
	Failure
)

// Status is one finding about a manifest.
type Status struct {
	Code    string  // as in C2PA 15.2.2, such as "assertion.dataHash.mismatch"
	Outcome Outcome // how it counts
	URL     string  // the box that it is about
	// Explanation is for a person; it is not part of the standard.
	Explanation string
	// Ingredient is the URI of the ingredient assertion through which it was found;
	// empty for the active manifest.
	Ingredient string
}

// outcomeOf is how a code counts that somebody else wrote down, where only the code
// is kept.
func outcomeOf(code string) Outcome {
	switch code {
	case codeSignatureValidated, codeSignatureInsideValidity, codeCredentialTrusted, "signingCredential.ocsp.notRevoked",
		codeTimeStampTrusted, codeTimeStampValidated, codeHashedURIMatch, codeDataHashMatch, "assertion.bmffHash.match",
		"assertion.accessible", codeBoxHashMatch, "assertion.collectionHash.match", codeIngredientValidated,
		codeIngredientMissing, codeIngredientSignature, "cawg.x509.credential.trusted", "cawg.x509.signature.validated":
		return Success
	case "signingCredential.ocsp.skipped", "signingCredential.ocsp.inaccessible", "signingCredential.ocsp.unknown",
		codeTimeStampUntrusted, codeTimeStampOutsideValidity, codeTimeStampMismatch, codeTimeStampMalformed,
		"manifest.unknownProvenance", "algorithm.deprecated", "timeOfSigning.insideValidity", codeIngredientUnknown,
		codeDataHashExtraExclusions, "cawg.ica.untrusted_issuer":
		return Informational
	default:
		return Failure
	}
}

// log collects what a validation finds, in its order.
type log struct {
	items       []Status
	ingredients []string // the ingredient assertions that are walked through
	current     []string // the URI that a finding without one is about
}

func (l *log) add(o Outcome, code, url, format string, args ...any) {
	s := Status{Code: code, Outcome: o, URL: url, Explanation: fmt.Sprintf(format, args...)}
	if n := len(l.ingredients); n > 0 {
		s.Ingredient = l.ingredients[n-1]
	}
	if n := len(l.current); url == "" && n > 0 {
		s.URL = l.current[n-1]
	}
	l.items = append(l.items, s)
}

func (l *log) fail(code, url, format string, args ...any) {
	l.add(Failure, code, url, format, args...)
}

func (l *log) pass(code, url, format string, args ...any) {
	l.add(Success, code, url, format, args...)
}

func (l *log) inform(code, url, format string, args ...any) {
	l.add(Informational, code, url, format, args...)
}

// Fault is the kind of an error that ends a validation, by the name that c2pa-rs
// gives it at its API.
type Fault string

// The faults.
const (
	FaultIO                Fault = "Io"               // the file ends in the middle
	FaultOther             Fault = "Other"            // the file is damaged, or a rule of the format is broken
	FaultManifestNotFound  Fault = "ManifestNotFound" // no manifest at all
	FaultManifest          Fault = "Manifest"         // a manifest that cannot be one, or several
	FaultVerify            Fault = "Verify"           // the boxes of the store are damaged
	FaultDecoding          Fault = "Decoding"         // a claim or an assertion is no sound CBOR
	FaultSignature         Fault = "Signature"        // a signature or certificate that cannot be read
	FaultAssertionNotFound Fault = "AssertionNotFound"
	FaultNotSupported      Fault = "NotSupported" // no format that carries a manifest
	FaultResourceNotFound  Fault = "ResourceNotFound"
)

// faultError ends a validation.
type faultError struct {
	fault  Fault
	reason string
}

func (e *faultError) Error() string { return string(e.fault) + ": " + e.reason }

func fault(f Fault, format string, args ...any) error {
	return &faultError{f, fmt.Sprintf(format, args...)}
}

// codes are the failures among the statuses: each code once, in order.
func codes(items []Status) []string {
	var out []string
	for _, s := range items {
		if s.Outcome == Failure {
			out = append(out, s.Code)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

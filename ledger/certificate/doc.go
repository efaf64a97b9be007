// Package certificate writes and judges the birth certificate of a pattern: a W3C
// Verifiable Credential 2.0 that says how the pattern came to be, signed by its maker.
//
//	c, err := certificate.New(birth)
//	text, err := certificate.Sign(c, key, created, "")
//	…
//	v, err := certificate.Verify(text)
//	head, seen, err := v.Birth.Inclusion.Check(logKey, witnesses...)
//
// The proof is a Data Integrity proof of the cryptosuite eddsa-jcs-2022 (W3C
// vc-di-eddsa): Ed25519 over the SHA-256 of the proof's options and the SHA-256 of the
// document, both as RFC 8785 writes them. Issuer and key are a did:key, so that
// nothing has to be fetched to check it. AddProof and CheckProof do that for any
// document; a licence is signed with them as well.
//
// There are two types. A BirthCertificate tells of models, requests, inputs and edits.
// A HandOnlyCertificate is for a pattern in which no model took part, as far as the
// program saw: it says so itself, since nobody can certify what happened elsewhere.
// Which of the two it is follows from the birth, and Verify holds it to that.
//
// What is personal or secret, prompts and seeds above all, stands there as the
// commitment that the ledger has, SHA-256 under a salt. Where the maker chooses to
// disclose one, the salt and the value stand beside it, and Verify opens it.
//
// Shares of pixels are facts of the authorship map. There is no number of how human a
// pattern is: it would be quoted, and it measures nothing.
//
// The terms are defined in a JSON-LD context that the program carries (Context); the
// proof does not depend on it, and nobody needs to fetch it.
//
// A certificate is written in one way. Verify takes it with any white space and order
// of keys, and refuses what it does not know: a later version has another context.
package certificate

// Package c2pa reads and writes C2PA manifests (Content Credentials 2.x) in PNG, JPEG
// and TIFF files. It is the birth certificate that travels inside a picture, in the
// form that other people's tools read.
//
// # What a manifest is
//
// A file carries a manifest store, a tree of boxes (package jumbf) at a place that its
// format has for it (package embed). Each manifest in the store has assertions (what
// was done, from what, how the file hashes), a claim that names the hash of each
// assertion, and a signature over the claim (COSE_Sign1, with the signer's
// certificates, and a time stamp over the signature). The last manifest is the active
// one; the others came with what the file was made from, its ingredients.
//
// # Reading
//
//	report, err := c2pa.Read(ctx, file, size, trust)
//
// The verdict and its codes are those of c2pa-rs 0.91, the validator that most programs
// have inside: Valid, Invalid, or Error where there is nothing to judge. The error is
// only for a reader that fails; whatever strangers' bytes do is in the report. A signer
// whom nobody trusts is Valid, with the code signingCredential.untrusted. What an
// ingredient's taker found already is not reported again, but for what is wrong with
// the bytes of the file itself.
//
// In one respect this reader is stricter than c2pa-rs: boxes are hashed as they lie in
// the file, as the standard has it, and not as they would be written anew, so that a
// changed toggle in an earlier manifest is a mismatch. Responses about revocation
// (OCSP) are not read, manifests that lie elsewhere are not fetched, and the identity
// assertions of CAWG are shown and not judged.
//
// # Writing
//
//	signer := c2pa.Signer{Key: key, Chain: chain, Stamper: authority}
//	err := c2pa.Sign(ctx, file, size, out, c2pa.Manifest{…}, signer)
//
// Claims are of version 2, all hashes SHA-256. A manifest that no reader would hold
// valid is refused before anything is written. To sign a file once more, Read it, and
// hand the report on in an ingredient that is the parent: its manifests are carried
// over with what was found about them.
//
// A file is read twice, to be hashed and to be copied, in pieces of a megabyte. Its
// other bytes stay as they are: whoever wants XMP in the file writes it first.
//
// The store's length must be known before the file is hashed, since the hash names the
// range that it leaves out, and TIFF names the length in a directory that is hashed.
// So the manifest is built with empty hashes until its length stands still, and the
// signature is padded to the length that was kept for it.
//
// # Certificates
//
// Package authority makes a studio's own root and signing certificate, or imports
// those of somebody else.
package c2pa

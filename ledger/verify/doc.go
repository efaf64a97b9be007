// Package verify judges a ledger: whether it is what its keepers signed, whole and in
// order, and who they were.
//
//	verdict, err := verify.Library(ctx, source, verify.Options{Library: id, Heads: known})
//	for _, p := range verdict.Problems { … }
//
// It believes nothing that it reads. Every entry is parsed in its one form and hashed, the
// tree of a log is built anew, every head is compared with it and its signature with the
// key that the log's first entry names, and that key has to be authorised by the person whose
// log it is (ledger/identity). Indexes are not looked at: they are made from the log.
//
// What a ledger alone cannot show is whether it was rolled back, or written anew as a
// whole, by somebody who has its keys. Heads that were kept elsewhere show that: hand them in
// as Options.Heads, as notes with the cosignatures of witnesses. FORMAT.md has, for each
// attack, what finds it.
package verify

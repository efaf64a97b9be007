// Package bundle puts what is handed on into one file: a plain ZIP archive that any program opens.
// It holds a library's back-up, or proofs with the entries that they are about, or pictures with
// their certificates; ledger/FORMAT.md says how what is in it is told apart.
//
//	w, err := bundle.Create("roses.zip")
//	defer w.Discard()
//	err = w.Add(ctx, "0001.tlog-proof", bytes.NewReader(proof))
//	err = w.Commit() // only now there is a file of that name
//
//	names, err := bundle.Unpack(ctx, "roses.zip", emptyFolder)
//
// Unpack takes an archive for what a stranger made: no name in it leads out of the folder, no
// two are one to a file system that does not tell case, nothing but plain files comes out, and
// not more than the archive can honestly hold.
package bundle

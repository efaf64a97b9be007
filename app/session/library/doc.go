// Package library is a designer's library as a folder on the disk:
//
//	NAME.selvage/
//	  library.json     id and format version
//	  ledger.db        what happened, signed (ledger/store)
//	  blobs/           content by its hash (ledger/blob)
//	  cache/           previews and snapshots; may be deleted at any time
//	  writer.lock      held by the process that writes, writer.json says who that is
//
// Anybody may read at any time. To change something, take the pen:
//
//	lib, err := library.Open(dir)
//	pen, err := lib.Write(ctx, me)      // a *HeldError says who has it
//	defer pen.Release()
//	roots, err := pen.Put(ctx, acts, library.Root{Kind: library.Pattern, ID: id, Name: "roses", Document: record})
//
// What there is follows from the ledger: a root is what the newest entry about it says. Acts
// and the roots that follow from them are one batch of it, also where several roots change
// together, so that a process that dies leaves the old state or the new one. The first pen
// founds the library in its person's name. The system gives a dead process's pen back by itself.
package library

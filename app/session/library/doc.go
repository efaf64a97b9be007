// Package library is a designer's library as a folder on the disk:
//
//	NAME.selvage/
//	  library.json     id and format version
//	  blobs/           content by its hash (ledger/blob)
//	  patterns/ID.json the root of each pattern: its name and the record of its document
//	  collections/ID.json
//	  together.json    roots on their way, when several change in one step
//	  cache/           previews and snapshots; may be deleted at any time
//	  writer.lock      held by the process that writes, writer.json says who that is
//
// Anybody may read at any time. To change something, take the pen:
//
//	lib, err := library.Open(dir)
//	pen, err := lib.Write(ctx)      // a *HeldError says who has it
//	defer pen.Release()
//	roots, err := pen.Put(library.Root{Kind: library.Pattern, ID: id, Name: "roses", Document: record})
//
// Several roots that are put together change together: a palette that patterns share
// is one change of all of them. A root is replaced in one step after everything that it names is on the disk, so
// that a process that dies leaves the old state or the new one. The system gives a
// dead process's pen back by itself.
package library

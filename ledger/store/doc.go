// Package store writes the ledger of a library, ledger.db: what it acknowledges is on
// the disk, signed, and stays.
//
//	s, err := store.Open(ctx, store.Options{Dir: "NAME.selvage", Library: id})
//	defer s.Close()
//	log, err := s.Begin(ctx, store.Owner{Author: person, Device: device, Key: key, Signer: identity.HeadSigner})
//	entries, head, err := log.Append(ctx, drafts...)     // all of them, or none
//	for entry, err := range s.Archive().History(ctx, pattern, archive.NewestFirst) { … }
//
// The file is SQLite's (mattn/go-sqlite3) with a write-ahead log that reaches the disk with every
// commit (synchronous=FULL). One goroutine writes. What callers bring while a commit is on its way
// goes into the next one together, and each commit ends every log that it extends with one signed
// head. Reading goes on beside it, on connections of its own (ledger/archive).
//
// A log is gone on with only from the state that its last head signed. A Watermark, which the
// device keeps outside the library, tells when that state is not the last that the device signed: a
// copy that was put back is a *RolledBackError, and a back-up made by Backup goes on in a new
// epoch by itself. So the same place of a log is never signed twice, whatever becomes of the file.
//
// Openings of commitments are rows that are overwritten where they lie when they are erased, and
// the write-ahead log is cut: no byte of them is left in the library's files. DESIGN.md
// says why it is not done with DELETE.
package store

// Package archive reads the ledger of a library, ledger.db, whoever may have written
// it and with whatever driver it was opened.
//
//	a, err := archive.Open(ctx, db)                      // an *sql.DB of any SQLite driver
//	for entry, err := range a.History(ctx, pattern, archive.NewestFirst) { … }
//	signed, err := a.LatestHead(ctx, log)
//	proof, err := tree.Include(ctx, a.Tiles(log), signed.Head, entry.Index)
//
// The file is SQLite's. Its truth is in three tables that only grow: entries, in which a
// row is a line of a log as it was hashed; heads, the signed notes; and openings, what
// commitments were made of, which alone may be wiped. Beside them stand what others gave for heads
// (cosignatures, stamps) and what they are still asked for (pending). Tables gives the
// schema, and FORMAT.md what it means.
//
// All else is index: tiles, and lookup, by which entries are found. It can be dropped and made
// again to the same bytes, and nothing is believed for standing there: an entry that an index
// leads to is read and looked at. Entries are indexed in runs of a few thousand, each
// written once and in order. What came after the last run is kept in the memory of whoever
// reads, so that a commit touches no index and a history needs no more than a
// look at each run.
//
// An Archive verifies nothing but the form of what it returns; a text that is no entry
// is a *DamagedError with its place. Whether logs, heads and entries agree is for
// who checks a library as a whole.
package archive

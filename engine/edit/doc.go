// Package edit is the pattern as a document: a stack of small operations that
// replays to the same bytes everywhere, and the map of who made each pixel.
//
//	p, err := edit.New(ctx, store, &edit.NewPattern{
//		Width: 2048, Height: 2048, WidthMM: 640, HeightMM: 640, Repeat: "half-drop",
//	}, edit.Meta{Actor: "ida"}, edit.Settings{Cache: cache})
//	ops, err := edit.ParseList(list)    // what `selvage edit --ops FILE` reads
//	version, err := p.ApplyAll(ctx, ops, meta) // all of them, or none
//	err = p.Undo(ctx)                   // nothing is lost: a new edit begins another line
//	record, err := p.Save(ctx)          // blobs first; put the record in place of the old one
//
// # Operations
//
// An Op is plain data with three verbs: Kind, Check and Apply. What it does to
// pixels lies in the packages below this one (paint, selection, motif, layout,
// tone, synthesis), which are pure functions over engine/edit/raster; the files
// ops_*.go bind them to JSON. OPERATIONS.md lists every kind, and a test holds
// it to the code. A kind's meaning never changes.
//
// # Versions
//
// A version is the hash of its stack: of the version before, the kind and the
// canonical parameters. The stack is a tree, and nothing in it is deleted. State
// at any version is made from the nearest snapshot; without any, from the first
// operation on, to the same bytes. No model is needed: what a model made is
// stored, and placed by its hash.
//
// # Authors
//
// Every pixel knows by what share it is a person's, a model's, drawn by rule or
// imported, and which operation decided it last. AUTHORSHIP.md has the rules,
// Facts the sums.
package edit

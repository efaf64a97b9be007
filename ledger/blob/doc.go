// Package blob keeps content under its own hash: cells, masks, model outputs,
// operations, reference pictures, everything that the records of a library name.
//
//	blobs := blob.Open("NAME.selvage/blobs")
//	h, err := blobs.Put(ctx, bytes.NewReader(content))
//	...
//	content, err := blobs.Get(ctx, h, 1<<30)
//
// On the disk a blob is one plain file, sha256/ab/abcd…, whose name is the
// hexadecimal SHA-256 of its bytes, so that sha256sum checks it. It is written
// whole or not at all: it grows under new/, reaches the disk, gets its name, and
// the folder that holds the name reaches the disk; only then does Put return. A
// process that dies leaves at most a file under new/, which Collect removes.
// Nothing is believed when it is read: bytes that do not have the hash of their
// name are a *DamagedError, and a Put of the right bytes mends them.
//
// Nothing is ever changed in place, so any number of processes may read while one
// writes. Collect is for the one that writes the library: it takes the hashes that
// are in use and removes what is neither among them nor was put by this Store.
package blob

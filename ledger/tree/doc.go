// Package tree is the Merkle tree over a log's entries, and everything that is signed
// about it and proved from it, in formats that other people's tools read.
//
//	edge.Append(record.Hash(text), keep)                 // a log grows
//	head := tree.Head{Origin: tree.Origin(log), Size: edge.Size(), Root: edge.Root(), Time: record.Now()}
//	note, err := head.Sign(signer)                       // C2SP tlog-checkpoint in a signed note
//	...
//	head, signatures, err := tree.Open(note, verifier, witnesses...)
//	proof, err := tree.Include(ctx, tiles, head, index)  // RFC 6962 audit path
//	err = tree.CheckInclusion(proof, head, index, record.Hash(text))
//
// The tree is RFC 6962's, and its arithmetic that of golang.org/x/mod/sumdb/tlog. An
// Edge is the right side of a growing tree, all that appending needs. What lies to its left
// is cut into tiles of 256 hashes (C2SP tlog-tiles) that never change once they are full; a tile
// that is not full yet is read from the entries themselves, so that a commit of one entry
// writes no tile. Whoever reads tiles believes none of them: a proof is made only of
// those that lead to the root of a head.
//
// A Head is one signed state of a log. Witnesses, which have seen that a log only grew,
// add cosignatures with a time to it (C2SP tlog-cosignature, Ed25519). A Proof is a file
// that holds an entry's path to a head and the head with its signatures (C2SP tlog-proof).
// Write lays a log out as a folder that any web server can hand to any reader of tiled
// logs.
package tree

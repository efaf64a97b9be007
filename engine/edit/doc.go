// Package edit is the pattern as a document: a stack of small operations that
// replays to the same bytes everywhere, and the map of who made each pixel.
package edit

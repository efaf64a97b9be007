// Package jumbf reads and writes JUMBF boxes (ISO/IEC 19566-5), the boxes that a
// C2PA manifest store is made of.
//
// A superbox ("jumb") begins with a description box ("jumd": the UUID of its kind,
// a label, sometimes a salt) and goes on with other boxes. Parse turns the bytes of
// one superbox into a tree; each Box keeps the very bytes it was read from, since
// C2PA hashes those. Super, Content and Describe go the other way.
//
// What is read comes from strangers: the depth is limited, nothing is allocated for
// a size that is only claimed, and whatever is wrong is a *Error with its place.
package jumbf

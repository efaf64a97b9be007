// Package c2pa reads and writes C2PA manifests (Content Credentials) in PNG, JPEG and
// TIFF files.
package c2pa

// Package identity knows people, their devices and their keys.
package identity

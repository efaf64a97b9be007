package library

import (
	"fmt"
	"strings"
	"time"
)

// NoLibraryError reports a folder that is no library.
type NoLibraryError struct{ Dir string }

func (e *NoLibraryError) Error() string {
	return fmt.Sprintf("there is no library at %s; selvage pattern new --library %s makes one", e.Dir, e.Dir)
}

// DamagedError reports a file of a library that cannot be what was written.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged: %v; take it from a back-up", e.Path, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// VersionError reports a library of a later program.
type VersionError struct {
	Dir     string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has the format version %d, this program knows up to %d; take a newer Selvage", e.Dir, e.Version, formatVersion)
}

// Holder is a process that writes a library.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// HeldError reports that another process writes the library. Reading is free.
type HeldError struct {
	Dir    string
	Holder Holder // zero where the other process has not said who it is
}

func (e *HeldError) Error() string {
	who := "another process, which has not said which,"
	if e.Holder.PID != 0 {
		who = fmt.Sprintf("process %d on %s, since %s,", e.Holder.PID, e.Holder.Host, e.Holder.Since.Local().Format("15:04:05 on 2 January"))
	}
	return fmt.Sprintf("%s is open for writing elsewhere: %s has it; close that one first, or only read", e.Dir, who)
}

// NotFoundError reports a name, short id or hash that stands for nothing here.
type NotFoundError struct {
	Kind Kind
	Ref  string
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("the library has no %s %q; selvage %s list shows what it has", e.Kind, e.Ref, e.Kind)
}

// AmbiguousError reports a reference that stands for several.
type AmbiguousError struct {
	Kind  Kind
	Ref   string
	Roots []Root
}

func (e *AmbiguousError) Error() string {
	var names []string
	for _, r := range e.Roots {
		names = append(names, fmt.Sprintf("%s (%s)", r.Name, r.Short()))
	}
	return fmt.Sprintf("%q could be each of these %ss: %s; give more of the id", e.Ref, e.Kind, strings.Join(names, ", "))
}

// NameError reports a name that cannot be given.
type NameError struct{ Name, Reason string }

func (e *NameError) Error() string { return fmt.Sprintf("the name %q: %s", e.Name, e.Reason) }

// ConflictError reports a root that somebody else put since it was read.
type ConflictError struct{ Root Root }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the %s %s was changed by somebody else meanwhile; open it again", e.Root.Kind, e.Root.Name)
}

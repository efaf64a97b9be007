package edit

import "fmt"

// ParameterError reports a parameter of an operation that cannot be.
type ParameterError struct {
	Parameter string // its name in the JSON
	Reason    string // what is wrong and what would do
}

func (e *ParameterError) Error() string { return fmt.Sprintf("edit: %s: %s", e.Parameter, e.Reason) }

// UnknownKindError reports an operation that this version does not know. In a
// document such operations are kept; they cannot be applied.
type UnknownKindError struct{ Kind string }

func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("edit: this version knows no operation %q; a newer one may", e.Kind)
}

// ListError reports an operation of a list that cannot be read or applied.
type ListError struct {
	Number int // its place in the list from 1; 0 is the list itself
	Kind   string
	Err    error
}

func (e *ListError) Error() string {
	if e.Number == 0 {
		return fmt.Sprintf("edit: list of operations: %v", e.Err)
	}
	return fmt.Sprintf("edit: operation %d (%s) of the list: %v", e.Number, e.Kind, e.Err)
}

func (e *ListError) Unwrap() error { return e.Err }

// VersionError reports a version that the document does not have.
type VersionError struct{ Version Hash }

func (e *VersionError) Error() string {
	return fmt.Sprintf("edit: the document has no version %v", e.Version)
}

// BranchError reports a name of a branch that cannot be used.
type BranchError struct {
	Name   string
	Reason string
}

func (e *BranchError) Error() string { return fmt.Sprintf("edit: branch %q: %s", e.Name, e.Reason) }

// EdgeError says that there is nothing to undo or to redo.
type EdgeError struct{ Redo bool }

func (e *EdgeError) Error() string {
	if e.Redo {
		return "edit: there is nothing to redo"
	}
	return "edit: there is nothing to undo; a pattern begins with its first operation"
}

// RecordError reports a document that cannot be read. Nothing of it was changed.
type RecordError struct {
	Part   string // such as "record", "page 3", "step 17"
	Reason string
}

func (e *RecordError) Error() string { return fmt.Sprintf("edit: document: %s: %s", e.Part, e.Reason) }

// ReplayError reports an operation of a document that cannot be done again,
// because what it names is missing or damaged.
type ReplayError struct {
	Version Hash
	Ordinal uint32
	Kind    string
	Err     error
}

func (e *ReplayError) Error() string {
	return fmt.Sprintf("edit: operation %d (%s) cannot be done again: %v", e.Ordinal, e.Kind, e.Err)
}

func (e *ReplayError) Unwrap() error { return e.Err }

// IncompleteError refuses an edit of a version that is shown without operations
// that this version of the program does not know.
type IncompleteError struct{ Missing []Missing }

func (e *IncompleteError) Error() string {
	m := e.Missing[0]
	return fmt.Sprintf("edit: operation %d (%s) was made by a newer version and is not shown, so what is seen here cannot be edited; go back before it, or use the newer version", m.Ordinal, m.Kind)
}

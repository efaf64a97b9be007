package bundle

import "fmt"

// Error reports an archive that is no bundle, or is damaged.
type Error struct {
	Path   string
	Name   string // of what is in it; "" is the archive itself
	Reason string
	Err    error
}

func (e *Error) Error() string {
	text := e.Path + " is no bundle: "
	if e.Name != "" {
		text += fmt.Sprintf("%.120q in it ", e.Name)
	}
	text += e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

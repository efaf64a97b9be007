package edit

import "fmt"

// ParameterError reports a parameter of an operation that cannot be.
type ParameterError struct {
	Parameter string // its name in the JSON
	Reason    string // what is wrong and what would do
}

func (e *ParameterError) Error() string { return fmt.Sprintf("edit: %s: %s", e.Parameter, e.Reason) }

package weights

import (
	"fmt"
	"strings"
)

// FormatError says that a file is not what its format allows: truncated,
// contradictory or hostile. Nothing of such a file is used.
type FormatError struct {
	File   string // path or name of the file
	Key    string // the tensor or field concerned, if one is
	Reason string // what is wrong, and what to do where that helps
}

func (e *FormatError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Key != "" {
		fmt.Fprintf(&b, ": %q", clip(e.Key))
	}
	b.WriteString(": ")
	b.WriteString(e.Reason)
	return b.String()
}

// PickleError refuses a file of Python's pickle format. Such a file is a
// program: opening it runs whatever its maker put in.
type PickleError struct{ File string }

func (e *PickleError) Error() string {
	return e.File + ": this is a Python pickle (.ckpt, .pt, .pth, .bin). Opening one runs the code inside it, so Selvage does not. " +
		"Look for the .safetensors version of the same model, or convert it with a tool that you trust, on a machine that you can lose"
}

// UnsupportedError refuses a file that is well formed but holds something that
// this program cannot use.
type UnsupportedError struct {
	File   string
	Key    string // the tensor that shows it, if one does
	Reason string
}

func (e *UnsupportedError) Error() string {
	if e.Key != "" {
		return fmt.Sprintf("%s: %q: %s", e.File, clip(e.Key), e.Reason)
	}
	return e.File + ": " + e.Reason
}

// MissingError names something that a model needs and does not have.
type MissingError struct {
	Where string // folder or file that was searched
	What  string // what is not there
	Do    string // what to do about it, if something helps
}

func (e *MissingError) Error() string {
	s := e.Where + ": " + e.What + " is missing"
	if e.Do != "" {
		s += ": " + e.Do
	}
	return s
}

// ConfigError says that a configuration file cannot be used.
type ConfigError struct {
	File   string
	Field  string
	Reason string
}

func (e *ConfigError) Error() string {
	if e.Field == "" {
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s: %s: %s", e.File, e.Field, e.Reason)
}

// ShapeError says that a tensor has another shape than the configuration asks
// for.
type ShapeError struct {
	File string
	Key  string
	Have []int
	Want []int
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("%s: %q has shape %v, its configuration asks for %v: the configuration belongs to another model", e.File, e.Key, e.Have, e.Want)
}

// clip shortens text from a foreign file so that a message stays readable.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

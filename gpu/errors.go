package gpu

import (
	"errors"
	"fmt"

	"github.com/selvage-studio/selvage/gpu/library"
)

// ErrClosed is what a closed Runtime, Queue or Program answers.
var ErrClosed = errors.New("gpu: closed")

// LibraryMissingError says that there is no ONNX Runtime library to load, and what
// to do.
type LibraryMissingError = library.MissingError

// LibraryError says that the ONNX Runtime library at Path could not be used.
type LibraryError struct {
	Path string
	Err  error
}

func (e *LibraryError) Error() string {
	return fmt.Sprintf("the ONNX Runtime library %s could not be loaded: %v; remove it and run `make setup`, or name another in %s", e.Path, e.Err, library.EnvLibrary)
}

func (e *LibraryError) Unwrap() error { return e.Err }

// Code is ONNX Runtime's own kind of an error, OrtErrorCode.
type Code int

// The codes that a caller may want to tell apart.
const (
	CodeFail            Code = 1
	CodeInvalidArgument Code = 2
	CodeInvalidProtobuf Code = 7
	CodeNotImplemented  Code = 9
	CodeInvalidGraph    Code = 10
	CodeProvider        Code = 11
	CodeLoadCancelled   Code = 12
)

// RuntimeError is an error of ONNX Runtime.
type RuntimeError struct {
	Op      string // what was asked of it
	Code    Code
	Message string // its own words
}

func (e *RuntimeError) Error() string {
	return fmt.Sprintf("ONNX Runtime, %s: %s (code %d)", e.Op, e.Message, e.Code)
}

// UnknownDeviceError says that no device has the ID that was asked for.
type UnknownDeviceError struct {
	ID    string
	Known []string
}

func (e *UnknownDeviceError) Error() string {
	return fmt.Sprintf("there is no device %q; there are %q", e.ID, e.Known)
}

// DeviceError says that a device could not be started, or failed at its work.
// Lost is true when it is gone for this process (unplugged, reset by its driver):
// its Queue then answers every call with this error, and another device has to be
// taken.
type DeviceError struct {
	Device Device
	Lost   bool
	Err    error
}

func (e *DeviceError) Error() string {
	if e.Lost {
		return fmt.Sprintf("the device %s (%s) is gone: %v; choose another device, or start again once it is back", e.Device.ID, e.Device.Name, e.Err)
	}
	return fmt.Sprintf("the device %s (%s) failed: %v", e.Device.ID, e.Device.Name, e.Err)
}

func (e *DeviceError) Unwrap() error { return e.Err }

// BudgetError says that a program does not fit the device's memory budget, even with
// everything else unloaded that may be. Nothing was allocated.
type BudgetError struct {
	Program string
	Device  string
	Need    int64 // bytes that the program takes, weights and scratch
	Have    int64 // bytes of the budget that are free or could be freed
	Pinned  int64 // bytes of the budget that programs in use hold
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("%s needs %s on %s, and only %s of its memory budget can be had (%s are in use): choose a smaller picture or model, another device, or a larger budget",
		e.Program, Bytes(e.Need), e.Device, Bytes(e.Have), Bytes(e.Pinned))
}

// Bytes writes a number of bytes for people: "3.2 GiB".
func Bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	v, suffix := float64(n)/unit, "KMGTPE"
	for v >= unit && len(suffix) > 1 {
		v, suffix = v/unit, suffix[1:]
	}
	return fmt.Sprintf("%.1f %ciB", v, suffix[0])
}

// InputError says that Run was given something that the graph does not take.
type InputError struct {
	Program string
	Input   string
	Reason  string
}

func (e *InputError) Error() string {
	return fmt.Sprintf("%s: input %q: %s", e.Program, e.Input, e.Reason)
}

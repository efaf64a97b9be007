package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Kinds lists the names of all operations that this version knows, sorted.
func Kinds() []string {
	var names []string
	for name := range kinds() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// DecodeOp reads the parameters of an operation: strictly, so that a member that
// it does not have is an error rather than a wish that nobody hears. The errors
// are *UnknownKindError and *ParameterError.
func DecodeOp(kind string, params []byte) (Op, error) {
	fresh, known := kinds()[kind]
	if !known {
		return nil, &UnknownKindError{kind}
	}
	if len(params) > MaxParams {
		return nil, &ParameterError{kind, fmt.Sprintf("has %d bytes of parameters; at most %d belong into an operation, pictures into blobs", len(params), MaxParams)}
	}
	op := fresh()
	d := json.NewDecoder(bytes.NewReader(params))
	d.DisallowUnknownFields()
	if err := d.Decode(op); err != nil {
		var parameter *ParameterError
		if errors.As(err, &parameter) {
			return nil, parameter
		}
		return nil, &ParameterError{kind, err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &ParameterError{kind, "something follows the object of its parameters"}
	}
	return op, nil
}

// EncodeOp is the canonical form of an operation's parameters. An operation
// whose parameters are not what DecodeOp would read again is refused.
func EncodeOp(op Op) ([]byte, error) {
	data, err := json.Marshal(op)
	if err != nil {
		return nil, &ParameterError{op.Kind(), err.Error()}
	}
	if data, err = Canonical(data); err != nil {
		return nil, &ParameterError{op.Kind(), err.Error()}
	}
	if len(data) == 0 || data[0] != '{' {
		return nil, &ParameterError{op.Kind(), "its parameters are no JSON object"}
	}
	if len(data) > MaxParams {
		return nil, &ParameterError{op.Kind(), fmt.Sprintf("has %d bytes of parameters; at most %d belong into an operation, pictures into blobs", len(data), MaxParams)}
	}
	return data, nil
}

// MaxList is the most operations of one list.
const MaxList = 100000

// ParseList reads a list of operations as `selvage edit --ops FILE` takes it,
//
//	[{"kind": "layer.add", "params": {"id": "motifs", "name": "Motifs"}}, ...]
//
// and checks the parameters of each on their own. The error is an *ListError
// that names the operation by its place.
func ParseList(data []byte) ([]Op, error) {
	var list []struct {
		Kind   string          `json:"kind"`
		Params json.RawMessage `json:"params"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, &ListError{0, "", fmt.Errorf("it is no list of operations, each {\"kind\": …, \"params\": {…}}: %w", err)}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &ListError{0, "", errors.New("something follows the list")}
	}
	if len(list) > MaxList {
		return nil, &ListError{0, "", fmt.Errorf("it has %d operations; at most %d are taken at once", len(list), MaxList)}
	}
	ops := make([]Op, len(list))
	for i, item := range list {
		if item.Params == nil {
			item.Params = json.RawMessage("{}")
		}
		op, err := DecodeOp(item.Kind, item.Params)
		if err == nil {
			err = op.Check()
		}
		if err != nil {
			return nil, &ListError{i + 1, item.Kind, err}
		}
		ops[i] = op
	}
	return ops, nil
}

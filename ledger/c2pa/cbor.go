package c2pa

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// Limits on foreign CBOR. c2pa-rs has the same depth within a few levels; the
// others are far beyond what any manifest needs.
const (
	maxCBORDepth    = 128
	maxCBORElements = 1 << 20
)

// decoder reads CBOR the way serde does: names are exact, unknown fields are left
// alone, of a name that is there twice the last counts, and byte strings pass for
// text.
func decoder() cbor.DecMode {
	mode, err := cbor.DecOptions{
		MaxNestedLevels:   maxCBORDepth,
		MaxArrayElements:  maxCBORElements,
		MaxMapPairs:       maxCBORElements,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		TimeTagToAny:      cbor.TimeTagToRFC3339Nano,

		ByteStringToString:  cbor.ByteStringToStringAllowed,
		FieldNameByteString: cbor.FieldNameByteStringAllowed,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

// encode writes CBOR in one fixed order, the shortest form of each number.
func encode(v any) ([]byte, error) {
	mode, err := cbor.EncOptions{Sort: cbor.SortBytewiseLexical, Time: cbor.TimeRFC3339, TimeTag: cbor.EncTagRequired}.EncMode()
	if err != nil {
		return nil, fmt.Errorf("c2pa: %w", err)
	}
	out, err := mode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("c2pa: %w", err)
	}
	return out, nil
}

// decodeInto reads one value.
func decodeInto(data []byte, v any) error { return decoder().Unmarshal(data, v) }

// wellFormed reports whether data is one CBOR item with sound text. The library
// checks text only where it is decoded, and a claim is judged before that.
func wellFormed(data []byte) error {
	if err := decoder().Wellformed(data); err != nil {
		return err
	}
	return soundText(data)
}

// readable reports whether data begins with a CBOR item that can be shown.
func readable(data []byte) error {
	var first cbor.RawMessage
	if _, err := decoder().UnmarshalFirst(data, &first); err != nil {
		return fault(FaultDecoding, "an assertion is no CBOR: %v", err)
	}
	if err := soundText(first); err != nil {
		return fault(FaultDecoding, "an assertion is no CBOR: %v", err)
	}
	return nil
}

// soundText looks at the texts of well-formed CBOR.
func soundText(data []byte) error {
	for len(data) > 0 {
		major, info := data[0]>>5, data[0]&31
		head, n := 1, uint64(info)
		switch info {
		case 24:
			head, n = 2, uint64(data[1])
		case 25:
			head, n = 3, uint64(binary.BigEndian.Uint16(data[1:]))
		case 26:
			head, n = 5, uint64(binary.BigEndian.Uint32(data[1:]))
		case 27:
			head, n = 9, binary.BigEndian.Uint64(data[1:])
		case 31:
			n = 0
		}
		data = data[head:]
		switch major {
		case 2:
			data = data[n:]
		case 3:
			if !utf8.Valid(data[:n]) {
				return errors.New("a text is no UTF-8")
			}
			data = data[n:]
		}
	}
	return nil
}

// fields is a map whose values are not read yet.
type fields map[string]cbor.RawMessage

// UnmarshalCBOR takes the fields whose names are text; others are of no use.
func (f *fields) UnmarshalCBOR(data []byte) error {
	var all map[any]cbor.RawMessage
	if err := decodeInto(data, &all); err != nil {
		return err
	}
	*f = make(fields, len(all))
	for key, value := range all {
		if name, ok := key.(string); ok {
			(*f)[name] = value
		}
	}
	return nil
}

// field reads one field; nil where it is absent or of another type.
func field[T any](f fields, name string) *T {
	raw, found := f[name]
	if !found {
		return nil
	}
	v := new(T)
	if err := decodeInto(raw, v); err != nil {
		return nil
	}
	return v
}

// plain turns decoded CBOR into what encoding/json knows: maps have text for keys,
// tags are left away, times are text.
func plain(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[fmt.Sprint(k)] = plain(x)
		}
		return out
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		return v
	case cbor.Tag:
		return plain(v.Content)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	default:
		return v
	}
}

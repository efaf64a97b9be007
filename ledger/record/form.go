package record

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// form is the one way in which the values of a type are written down. Reading holds a text to it in the same
// pass: whatever is read would be written again to the same bytes. What a type's form is follows from its fields
// and their json tags, as encoding/json has them, with the keys in canonical order.
type form interface {
	write(w *writer, v reflect.Value) error
	read(s *scanner, v reflect.Value) error
}

// writer gathers a text, and what its commitments were made of.
type writer struct {
	text     []byte
	openings []Opening
}

// forms keeps what formOf works out.
var forms sync.Map //nolint:gochecknoglobals // reflect.Type to form; what a type's form is never changes

// formOf is the form of a type that bodies are made of.
func formOf(t reflect.Type) form {
	kept, _ := forms.Load(t)
	if f, ok := kept.(form); ok {
		return f
	}
	f := newForm(t)
	forms.Store(t, f)
	return f
}

func newForm(t reflect.Type) form {
	switch t {
	case reflect.TypeFor[blob.Hash]():
		return hashForm{}
	case reflect.TypeFor[Sealed]():
		return sealedForm{}
	case reflect.TypeFor[json.RawMessage]():
		return rawForm{}
	case reflect.TypeFor[[]byte]():
		return bytesForm{}
	}
	switch t.Kind() {
	case reflect.String:
		return textForm{}
	case reflect.Int, reflect.Int64:
		return integerForm{}
	case reflect.Bool:
		return boolForm{}
	case reflect.Slice:
		return listForm{t, formOf(t.Elem())}
	case reflect.Pointer:
		return pointerForm{t.Elem(), formOf(t.Elem())}
	case reflect.Struct:
		return newObject(t)
	default:
		panic(fmt.Sprintf("record: bodies hold no %v", t))
	}
}

// objectForm is a struct as an object.
type objectForm struct{ fields []field }

type field struct {
	index int
	name  string
	key   string // as it is written, with the colon
	// optional is absent where it is empty.
	optional bool
	form     form
}

func newObject(t reflect.Type) objectForm {
	var o objectForm
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		o.fields = append(o.fields, field{i, name, `"` + name + `":`, options == "omitempty", formOf(f.Type)})
	}
	slices.SortFunc(o.fields, func(a, b field) int { return cmp.Compare(a.name, b.name) })
	return o
}

func (o objectForm) write(w *writer, v reflect.Value) error {
	separator := byte('{')
	for i := range o.fields {
		f := &o.fields[i]
		value := v.Field(f.index)
		if f.optional && isEmpty(value) {
			continue
		}
		w.text = append(append(w.text, separator), f.key...)
		separator = ','
		if err := f.form.write(w, value); err != nil {
			return err
		}
	}
	if separator == '{' {
		w.text = append(w.text, '{')
	}
	w.text = append(w.text, '}')
	return nil
}

func (o objectForm) read(s *scanner, v reflect.Value) error {
	if !s.skip("{") {
		return s.fail("an object begins here")
	}
	first := true
	for i := range o.fields {
		f := &o.fields[i]
		begin := s.at
		if (!first && !s.skip(",")) || !s.skip(f.key) {
			if s.at = begin; f.optional {
				continue
			}
			return s.fail(fmt.Sprintf("the key %q stands here", f.name))
		}
		first = false
		value := v.Field(f.index)
		if err := f.form.read(s, value); err != nil {
			return err
		}
		if f.optional && isEmpty(value) {
			return s.fail(fmt.Sprintf("an empty %q is left out", f.name))
		}
	}
	if !s.skip("}") {
		return s.fail("the object has no more keys")
	}
	return nil
}

func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.IsZero()
}

// pointerForm is what may be absent; where it is there it is no null.
type pointerForm struct {
	of reflect.Type
	to form
}

func (p pointerForm) write(w *writer, v reflect.Value) error {
	if v.IsNil() {
		w.text = append(w.text, null...)
		return nil
	}
	return p.to.write(w, v.Elem())
}

func (p pointerForm) read(s *scanner, v reflect.Value) error {
	if s.skip(null) {
		v.SetZero()
		return nil
	}
	v.Set(reflect.New(p.of))
	return p.to.read(s, v.Elem())
}

// listForm is a list; nil and no elements are two.
type listForm struct {
	of reflect.Type
	to form
}

const null = "null"

func (l listForm) write(w *writer, v reflect.Value) error {
	if v.IsNil() {
		w.text = append(w.text, null...)
		return nil
	}
	w.text = append(w.text, '[')
	for i := range v.Len() {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		if err := l.to.write(w, v.Index(i)); err != nil {
			return err
		}
	}
	w.text = append(w.text, ']')
	return nil
}

func (l listForm) read(s *scanner, v reflect.Value) error {
	if s.skip(null) {
		v.SetZero()
		return nil
	}
	if !s.skip("[") {
		return s.fail("a list begins here")
	}
	v.Set(reflect.MakeSlice(l.of, 0, 0))
	if s.skip("]") {
		return nil
	}
	for i := 0; ; i++ {
		v.Grow(1)
		v.SetLen(i + 1)
		if err := l.to.read(s, v.Index(i)); err != nil {
			return err
		}
		if s.skip("]") {
			return nil
		}
		if !s.skip(",") {
			return s.fail("a list goes on with , or ends with ]")
		}
	}
}

// textForm is a text. What is not UTF-8 is written as U+FFFD, as encoding/json does.
type textForm struct{}

func (textForm) write(w *writer, v reflect.Value) error {
	w.text = appendText(w.text, v.String())
	return nil
}

func (textForm) read(s *scanner, v reflect.Value) error {
	if s.peek() != '"' {
		return s.fail("a text begins here")
	}
	written, err := s.str()
	if err != nil {
		return err
	}
	text, err := unescape(written)
	if err != nil {
		return err
	}
	v.SetString(text)
	return nil
}

// integerForm is an integer that a double holds exactly.
type integerForm struct{}

func (integerForm) write(w *writer, v reflect.Value) error {
	n := v.Int()
	if n > mostInteger || n < -mostInteger {
		return &CanonicalError{len(w.text), "the number is larger than 2^53-1; write it as a text"}
	}
	w.text = strconv.AppendInt(w.text, n, 10)
	return nil
}

func (integerForm) read(s *scanner, v reflect.Value) error {
	begin := s.at
	if err := s.number(); err != nil {
		return err
	}
	n, err := strconv.ParseInt(string(s.text[begin:s.at]), 10, 64)
	if err != nil || v.OverflowInt(n) {
		s.at = begin
		return s.fail("the number is too large")
	}
	v.SetInt(n)
	return nil
}

type boolForm struct{}

func (boolForm) write(w *writer, v reflect.Value) error {
	w.text = strconv.AppendBool(w.text, v.Bool())
	return nil
}

func (boolForm) read(s *scanner, v reflect.Value) error {
	is := s.skip("true")
	if !is && !s.skip("false") {
		return s.fail("true or false stands here")
	}
	v.SetBool(is)
	return nil
}

// in is where the value lies, which a form has the type of.
func in[T any](v reflect.Value) *T {
	p, _ := v.Addr().Interface().(*T)
	return p
}

type hashForm struct{}

func (hashForm) write(w *writer, v reflect.Value) error {
	w.hash(in[blob.Hash](v))
	return nil
}

func (hashForm) read(s *scanner, v reflect.Value) error {
	return s.hash(in[blob.Hash](v))
}

func (w *writer) hash(h *blob.Hash) {
	w.text = append(w.text, '"')
	w.text = h.Append(w.text)
	w.text = append(w.text, '"')
}

// hash reads a hash, whose text needs no escapes.
func (s *scanner) hash(h *blob.Hash) error {
	rest := s.text[s.at:]
	if len(rest) < blob.TextSize+2 || rest[0] != '"' || rest[blob.TextSize+1] != '"' || h.UnmarshalText(rest[1:blob.TextSize+1]) != nil {
		return s.fail("a hash stands here")
	}
	s.at += blob.TextSize + 2
	return nil
}

type sealedForm struct{}

const (
	sealedBegin = `{"commit":`
	sealedEnd   = `}`
)

func (sealedForm) write(w *writer, v reflect.Value) error {
	sealed := in[Sealed](v)
	if sealed.IsZero() {
		w.text = append(w.text, null...)
		return nil
	}
	w.text = append(w.text, sealedBegin...)
	w.hash(&sealed.Commitment)
	w.text = append(w.text, sealedEnd...)
	if sealed.opening != nil {
		w.openings = append(w.openings, *sealed.opening)
	}
	return nil
}

func (sealedForm) read(s *scanner, v reflect.Value) error {
	sealed := in[Sealed](v)
	*sealed = Sealed{}
	if s.skip(null) {
		return nil
	}
	if !s.skip(sealedBegin) {
		return s.fail("a sealed value begins here")
	}
	if err := s.hash(&sealed.Commitment); err != nil {
		return err
	}
	if !s.skip(sealedEnd) || sealed.IsZero() {
		return s.fail("a sealed value is one commitment, or null for nothing")
	}
	return nil
}

// bytesForm is base64, which has one way to be written.
type bytesForm struct{}

func (bytesForm) write(w *writer, v reflect.Value) error {
	if v.IsNil() {
		w.text = append(w.text, null...)
		return nil
	}
	w.text = append(base64.StdEncoding.AppendEncode(append(w.text, '"'), v.Bytes()), '"')
	return nil
}

func (bytesForm) read(s *scanner, v reflect.Value) error {
	if s.skip(null) {
		v.SetZero()
		return nil
	}
	if s.peek() != '"' {
		return s.fail("base64 begins here")
	}
	begin := s.at
	written, err := s.str()
	if err != nil {
		return err
	}
	// It skips line feeds, of which a text has none.
	raw, err := base64.StdEncoding.Strict().DecodeString(string(written))
	if err != nil {
		s.at = begin
		return s.fail("it is no base64")
	}
	v.SetBytes(raw)
	return nil
}

// rawForm is any value, which somebody else wrote and signed.
type rawForm struct{}

// rawDepth is how deep such a value stands in an entry: in its body.
const rawDepth = 2

func (rawForm) write(w *writer, v reflect.Value) error {
	raw := v.Bytes()
	if raw == nil {
		raw = []byte(null)
	}
	s := scanner{text: raw}
	if err := s.value(rawDepth); err != nil || s.at != len(raw) {
		var canonical error
		if raw, canonical = Canonical(json.RawMessage(raw)); canonical != nil {
			return canonical
		}
		s = scanner{text: raw}
		if err := s.value(rawDepth); err != nil {
			return err
		}
	}
	w.text = append(w.text, raw...)
	return nil
}

func (rawForm) read(s *scanner, v reflect.Value) error {
	begin := s.at
	if err := s.value(rawDepth); err != nil {
		return err
	}
	v.SetBytes(bytes.Clone(s.text[begin:s.at]))
	return nil
}

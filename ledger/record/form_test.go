package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// lenient is what a body's form has to be, put together from parts that know nothing of it: encoding/json reads the
// body, and writes it in canonical form to the same bytes.
func lenient(k Kind, text []byte) (Body, error) {
	b := newBody(k)
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(b); err != nil {
		return nil, err
	}
	again, err := Canonical(b)
	if err == nil && !bytes.Equal(again, text) {
		err = fmt.Errorf("it is written %s", again)
	}
	return b, err
}

var hardTexts = rapid.OneOf(
	rapid.String(),
	rapid.SampledFrom([]string{"", "p", "\u2028\u2029", "\x00\x1f\x7f", `"\/` + "\b\t\n\f\r", "<&>", "\xff\xc0a", "\ufffd", "😀ﬀ", "null", "true", "1"}),
)

// fill draws whatever a body may hold.
func fill(t *rapid.T, v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *blob.Hash:
		if rapid.Bool().Draw(t, "some hash") {
			*p = blob.Of(rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "hashed"))
		}
		return
	case *Sealed:
		if rapid.Bool().Draw(t, "sealed") {
			s, err := Seal(hardTexts.Draw(t, "secret"))
			if err != nil {
				t.Fatal(err)
			}
			*p = s
		}
		return
	case *json.RawMessage:
		*p = json.RawMessage(rapid.SampledFrom([]string{`null`, `{}`, `[1,"a"]`, `{"b":1,"a":{"c":[true,false]}}`, `"\u0041"`, "[\n]"}).Draw(t, "raw"))
		return
	case *[]byte:
		*p = rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOf(rapid.Byte())).Draw(t, "bytes")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(hardTexts.Draw(t, "text"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(-mostInteger-1, mostInteger+1).Draw(t, "integer"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 3).Draw(t, "count"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("nothing is drawn for a %v", v.Type())
	}
}

func anyBody(t *rapid.T) Body {
	b := newBody(rapid.SampledFrom(Kinds()).Draw(t, "kind"))
	fill(t, reflect.ValueOf(b).Elem())
	return b
}

// A body is written as encoding/json and an implementation of RFC 8785 write it, or refused like there.
func TestBodiesAreWrittenAsByOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBody(t)
		var ours writer
		err := ours.body(b)
		theirs, otherErr := Canonical(b)
		if (err == nil) != (otherErr == nil) {
			t.Fatalf("%+v: %v and %v", b, err, otherErr)
		}
		if err == nil && !bytes.Equal(ours.text, theirs) {
			t.Fatalf("%s\nand %s", ours.text, theirs)
		}
		if found := Commitments(b); err == nil && len(found) != len(ours.openings) {
			t.Fatalf("%d openings of %d commitments", len(ours.openings), len(found))
		}
	})
}

// What somebody did to the text of a body is read as by others: to the same, or not at all.
func TestBodiesAreReadAsByOthers(t *testing.T) {
	pieces := []string{
		`null`, `{}`, `[]`, `""`, `0`, `-1`, `01`, `1.0`, `9007199254740993`, `true`, `false`, `"a"`, `,`, ` `, `"\u0041"`, "\n", `{"commit":null}`, `"=`, `AA==`, `"AB=="`,
		`{"commit":"` + blob.Hash{}.String() + `"}`, `"` + blob.Of(nil).String() + `"`, `"previous":null,`, `"clean":false,`, `"x":1,`, `{"commit":"` + blob.Of(nil).String() + `","x":1}`,
	}
	rapid.Check(t, func(t *rapid.T) {
		b := anyBody(t)
		var w writer
		if err := w.body(b); err != nil {
			t.Skip(err)
		}
		text := bytes.Clone(w.text)
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			// A change lies between the marks of the grammar, where it stands for a value, a key or their end.
			var marks []int
			for i, c := range text {
				if bytes.IndexByte([]byte(`{}[]:,"`), c) >= 0 {
					marks = append(marks, i, i+1)
				}
			}
			if len(marks) == 0 {
				break
			}
			from := rapid.SampledFrom(marks).Draw(t, "from")
			to := from
			if rapid.Bool().Draw(t, "replace") {
				to = max(from, rapid.SampledFrom(marks).Draw(t, "to"))
			}
			text = bytes.Join([][]byte{text[:from], []byte(rapid.SampledFrom(append(pieces, "")).Draw(t, "piece")), text[to:]}, nil)
		}
		ours, err := Entry{Kind: b.Kind(), Version: 1, Body: text}.Decode()
		theirs, otherErr := lenient(b.Kind(), text)
		if (err == nil) != (otherErr == nil) {
			t.Fatalf("%s: %v and %v", text, err, otherErr)
		}
		if err == nil && !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%s: %+v and %+v", text, ours, theirs)
		}
	})
}

// What is as good as one of the forms, and not it.
func TestABodyHasOneForm(t *testing.T) {
	zero, some := blob.Hash{}.String(), blob.Of(nil).String()
	for _, c := range []struct {
		kind Kind
		body string
		good bool
	}{
		{KindNote, `{"text":{"commit":"` + some + `"}}`, true},
		{KindNote, `{"text":{"commit":"` + zero + `"}}`, false},
		{KindNote, `{"text":{"commit":null}}`, false},
		{KindNote, `{"text":{}}`, false},
		{KindNote, `{"about":"","text":null}`, false},
		{KindNote, `{"text":null}`, true},
		{KindNote, `{"TEXT":null}`, false},
		{KindNote, `{"text":null,"x":1}`, false},
		{KindNote, `{"text":null}1`, false},
		{KindNote, `{}`, false},
		{KindNote, ``, false},
		{KindErased, `{"commitment":"` + zero + `"}`, true},
		{KindErased, `{"commitment":null}`, false},
		{KindExport, `{"files":null,"pattern":"","version":"` + some + `"}`, true},
		{KindExport, `{"files":[],"pattern":"","version":"` + some + `"}`, true},
		{KindExport, `{"files":[null],"pattern":"","version":"` + some + `"}`, false},
		{KindExport, `{"certificate":null,"files":[],"pattern":"","version":"` + some + `"}`, false},
		{KindExport, `{"certificate":"` + zero + `","files":[],"pattern":"","version":"` + some + `"}`, true},
		{KindExport, `{"clean":false,"files":[],"pattern":"","version":"` + some + `"}`, false},
		{KindFinished, `{"candidates":[],"outcome":"done","request":"` + some + `","took_ms":1}`, false},
		{KindFinished, `{"outcome":"done","request":"` + some + `","took_ms":"1"}`, false},
		{KindFinished, `{"outcome":"\u2028","request":"` + some + `","took_ms":-1}`, false},
		{KindFinished, `{"outcome":"` + "\u2028" + `","request":"` + some + `","took_ms":-1}`, true},
		{KindLibrary, `{"name":null,"statement":null}`, true},
	} {
		_, err := Entry{Kind: c.kind, Version: 1, Body: []byte(c.body)}.Decode()
		_, otherErr := lenient(c.kind, []byte(c.body))
		if (err == nil) != c.good || (otherErr == nil) != c.good {
			t.Errorf("%s: %v, and for others %v", c.body, err, otherErr)
		}
	}
}

// A value that is signed elsewhere may not nest deeper than an entry may, once it stands in one.
func TestWhatIsWrittenDownCanBeRead(t *testing.T) {
	for depth := range 20 {
		raw := json.RawMessage(string(bytes.Repeat([]byte("["), depth)) + "1" + string(bytes.Repeat([]byte("]"), depth)))
		line, err := Draft{Body: &Actor{Statement: raw}}.Encode(blob.Of(nil), fixed())
		if err != nil {
			if depth <= mostDepth-rawDepth {
				t.Errorf("%d deep: %v", depth, err)
			}
			continue
		}
		if _, err := Parse(line.Text); err != nil {
			t.Errorf("%d deep: %v", depth, err)
		}
	}
}

func TestTimesAreWrittenAndReadAsByThePackageTime(t *testing.T) {
	digits := rapid.StringOfN(rapid.RuneFrom([]rune("000011112222333456789-:.TZ, a")), 24, 24, -1)
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(-63e15, 254e15).Draw(t, "time")).In(time.FixedZone("", 3600*rapid.IntRange(-12, 14).Draw(t, "zone")))
		text := []byte(at.UTC().Format(timeLayout))
		if ours := AppendTime(nil, at); !bytes.Equal(ours, text) {
			t.Fatalf("%s and %s", ours, text)
		}
		other := digits.Draw(t, "other")
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			i := rapid.IntRange(0, min(len(text), len(other))-1).Draw(t, "at")
			text[i] = other[i]
		}
		ours, ok := ParseTime(text)
		theirs, err := time.Parse(timeLayout, string(text))
		if otherOK := err == nil && theirs.Format(timeLayout) == string(text); ok != otherOK || ok && !ours.Equal(theirs) {
			t.Fatalf("%s: %v %v and %v %v", text, ours, ok, theirs, err)
		}
	})
}

func TestPlainBytesAreCountedByEight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte(" !abc~#[]\x7f\x80\x1f\x01\x21\x5b\x5d\"\\")))).Draw(t, "text")
		if n, want := plain(text), plainText(string(text)); n != want {
			t.Fatalf("%q: %d and not %d", text, n, want)
		}
	})
}

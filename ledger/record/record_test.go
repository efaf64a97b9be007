package record

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/blob"
)

func fixed() Time { return Time{time.Date(2026, 11, 27, 10, 0, 0, 5e6, time.UTC), LocalClock} }

func TestWhatIsEncodedIsParsed(t *testing.T) {
	name, err := SealText("Scallops")
	if err != nil {
		t.Fatal(err)
	}
	log := blob.Of([]byte("log"))
	line, err := Draft{Subjects: []string{"p"}, Body: &Saved{ID: "p", Of: "pattern", Name: name, Revision: 1}}.Encode(log, fixed())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(line.Text, []byte("Scallops")) {
		t.Error("a sealed name stands in the entry")
	}
	if len(line.Openings) != 1 || line.Openings[0].Check() != nil || line.Openings[0].Text() != "Scallops" {
		t.Errorf("openings: %+v", line.Openings)
	}
	e, err := Parse(line.Text)
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := b.(*Saved); !ok || s.Name.Commitment != name.Commitment || e.Log != log || !e.Time.At.Equal(fixed().At) {
		t.Errorf("%+v of %+v", b, e)
	}
}

func TestAnOpeningThatWasChangedOpensNothing(t *testing.T) {
	s, err := Seal(map[string]int{"seed": 7})
	if err != nil {
		t.Fatal(err)
	}
	o := *s.Opening()
	o.Value = json.RawMessage(`{"seed":8}`)
	if o.Check() == nil {
		t.Error("another value opens the commitment")
	}
	o = *s.Opening()
	o.Salt = append(bytes.Clone(o.Salt), 0)
	if o.Check() == nil {
		t.Error("another salt opens the commitment")
	}
}

// Every kind has a body, a constructor, and a canonical form that comes back.
func TestEveryKindRoundTrips(t *testing.T) {
	for _, k := range Kinds() {
		b := newBody(k)
		if b == nil || b.Kind() != k {
			t.Fatalf("%s has no body of its own", k)
		}
		log := blob.Of([]byte("log"))
		if k == KindLog {
			log = blob.Hash{}
		}
		line, err := Draft{Body: b}.Encode(log, fixed())
		if err != nil && strings.Contains(err.Error(), "statement") {
			continue // an empty statement is no JSON
		}
		if err != nil {
			if k == KindActor || k == KindMilestone {
				continue
			}
			t.Fatalf("%s: %v", k, err)
		}
		e, err := Parse(line.Text)
		if err != nil {
			t.Fatalf("%s: %v in %s", k, err, line.Text)
		}
		back, err := e.Decode()
		if err != nil || reflect.TypeOf(back) != reflect.TypeOf(b) {
			t.Fatalf("%s: %T %v", k, back, err)
		}
	}
}

func TestWhatALaterProgramWroteIsKept(t *testing.T) {
	text := []byte(`{"body":{"x":1},"clock":"local","kind":"dream","log":"` + blob.Of(nil).String() + `","time":"2026-11-27T10:00:00.005Z","v":3}`)
	e, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Decode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Draft{Body: b}.Encode(e.Log, e.Time)
	if err != nil || !bytes.Equal(again.Text, text) {
		t.Errorf("%s became %s, %v", text, again.Text, err)
	}
}

func TestWhatIsNotCanonicalIsRefused(t *testing.T) {
	for _, text := range []string{
		``, ` 1`, `1 `, `01`, `-0`, `1.0`, `1e3`, `9007199254740992`, `{"b":1,"a":1}`, `{"a":1,"a":1}`, `{"a": 1}`, `[1,]`, `{"a":1,}`,
		`"\u0041"`, `"\u000a"`, `"\/"`, "\"\n\"", "\"\xff\"", `"a`, `{"a"}`, `nul`, `{"é":1,"a":1}`, strings.Repeat("[", 40) + strings.Repeat("]", 40),
	} {
		if CheckCanonical([]byte(text)) == nil {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{`{}`, `[]`, `""`, `-9007199254740991`, `"\u001f\b\t\n\f\r\"\\"`, `{"a":1,"é":[true,false,null]}`, `{"😀":1,"ﬀ":2}`} {
		if err := CheckCanonical([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The check agrees with someone else's implementation of RFC 8785.
func TestCanonicalAgreesWithJCS(t *testing.T) {
	value := rapid.MakeCustom[map[string][]string](rapid.MakeConfig{})
	rapid.Check(t, func(t *rapid.T) {
		v := value.Draw(t, "value")
		ours, err := Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := jcs.Transform(raw)
		if err != nil {
			t.Skip(err)
		}
		if !bytes.Equal(ours, theirs) {
			t.Fatalf("%s and %s", ours, theirs)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"body":{},"clock":"local","kind":"note","log":"` + blob.Of(nil).String() + `","time":"2026-11-27T10:00:00.005Z","v":1}`))
	f.Add([]byte(`{"a":"\u001f😀"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if CheckCanonical(text) == nil {
			if again, err := jcs.Transform(text); err == nil && !bytes.Equal(again, text) && bytes.HasPrefix(text, []byte("{")) {
				t.Fatalf("%q is not canonical: %q is", text, again)
			}
		}
		e, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := e.finish(append([]byte(entryBegin), e.Body...)); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q comes back as %q, %v", text, again, err)
		}
		_, _ = e.Decode()
	})
}

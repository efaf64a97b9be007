package record

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/ledger/blob"
)

func TestSubjectsComeBackAsTheyWere(t *testing.T) {
	for _, subjects := range [][]string{
		{"p"}, {"p", "q"}, {`a","b`}, {`"`}, {`\`}, {`","`}, {"é😀", `x"y`}, {"]", "["}, {","}, {"a\nb"},
	} {
		line, err := Draft{Subjects: subjects, Body: &Note{}}.Encode(blob.Of(nil), fixed())
		if err != nil {
			t.Fatal(err)
		}
		if e, err := Parse(line.Text); err != nil || !slices.Equal(e.Subjects, subjects) {
			t.Errorf("%q became %q, %v", subjects, e.Subjects, err)
		}
	}
	for _, list := range []string{`[1]`, `["a",1]`, `["a",1,"b"]`, `[["a"]]`, `["a",["b"]]`, `{}`, `"a"`, `null`, `["a",null,"b"]`} {
		text := `{"body":{},"clock":"local","kind":"note","log":"` + blob.Of(nil).String() + `","subjects":` + list + `,"time":"2026-11-27T10:00:00.005Z","v":1}`
		if e, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s passes as %q", list, e.Subjects)
		}
	}
}

func TestAnEntryFitsIntoABundle(t *testing.T) {
	long := &Note{About: strings.Repeat("x", MaxEntry)}
	var refused *EntryError
	if _, err := (Draft{Body: long}).Encode(blob.Of(nil), fixed()); !errors.As(err, &refused) {
		t.Errorf("an entry of more than %d bytes: %v", MaxEntry, err)
	}
	line, err := Draft{Body: &Note{About: strings.Repeat("x", MaxEntry-400)}}.Encode(blob.Of(nil), fixed())
	if err != nil {
		t.Fatal(err)
	}
	padded := append(slices.Clone(line.Text), strings.Repeat(" ", MaxEntry)...)
	if _, err := Parse(padded); !errors.As(err, &refused) {
		t.Errorf("bytes of more than %d: %v", MaxEntry, err)
	}
}

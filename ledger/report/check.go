package report

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what a report takes.
const (
	MaxText     = 1 << 20 // bytes of one string
	MaxEdits    = 100_000 // in all sessions
	MaxItems    = 100_000 // in any other list
	MaxPicture  = 64 << 20
	MaxPixels   = 100_000_000 // of one picture
	maxLetters  = 48          // of a name that is set large
	figureAbove = 1600        // pixels of the longer side of the largest picture
)

// InputError says which part of a Report cannot be written, and why.
type InputError struct {
	Field  string // path, as in Sessions[2].Edits[0].Before
	Reason string
}

func (e *InputError) Error() string {
	return fmt.Sprintf("authorship report: %s: %s", e.Field, e.Reason)
}

// tidied checks a report and returns a copy of it whose strings are safe to show.
// The error is an *InputError.
func tidied(r *Report) (*Report, error) {
	if r.Made.IsZero() {
		return nil, &InputError{"Made", "the time of the report is missing; without it the file could not be the same twice"}
	}
	if strings.TrimSpace(r.Pattern.Name) == "" {
		return nil, &InputError{"Pattern.Name", "the pattern has no name; give the name or the id that the studio shows"}
	}
	edits := 0
	for _, s := range r.Sessions {
		edits += len(s.Edits)
	}
	if edits > MaxEdits {
		return nil, &InputError{"Sessions", fmt.Sprintf("%d edits are more than a report takes, %d; write one report for each stretch of the history", edits, MaxEdits)}
	}
	out := *r
	if err := tidy(reflect.ValueOf(&out).Elem(), "Report"); err != nil {
		return nil, err
	}
	return &out, nil
}

// tidy walks v, which can be set, and replaces slices and pointers by copies
// before it goes into them.
func tidy(v reflect.Value, path string) error {
	switch v.Kind() { //nolint:exhaustive // numbers and flags are safe as they are
	case reflect.String:
		if v.Len() > MaxText {
			return &InputError{path, fmt.Sprintf("%d bytes of text are more than %d", v.Len(), MaxText)}
		}
		v.SetString(safe(v.String()))
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		v.Set(fresh)
		return tidy(fresh.Elem(), path)
	case reflect.Slice:
		return tidySlice(v, path)
	case reflect.Struct:
		t := v.Type()
		if t.PkgPath() != reflect.TypeFor[Report]().PkgPath() {
			return nil // a time
		}
		for i := range t.NumField() {
			if err := tidy(v.Field(i), path+"."+t.Field(i).Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func tidySlice(v reflect.Value, path string) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		if v.Len() > MaxPicture {
			return &InputError{path, fmt.Sprintf("a picture of %d bytes is larger than %d; hand in a preview", v.Len(), MaxPicture)}
		}
		return nil
	}
	if v.Len() > MaxItems {
		return &InputError{path, fmt.Sprintf("%d items are more than %d", v.Len(), MaxItems)}
	}
	if v.IsNil() {
		return nil
	}
	fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(fresh, v)
	v.Set(fresh)
	for i := range v.Len() {
		if err := tidy(v.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

// safe shows by its number what cannot be seen and changes what is: control
// characters, those that override the direction of text, and bytes that are no
// UTF-8. Line ends stay; a tab is a space. Joiners stay, since scripts need them.
func safe(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	for i, r := range s {
		switch {
		case r == '\n':
			b.WriteRune(r)
		case r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, "[0x%02X]", s[i])
		case hidden(r):
			fmt.Fprintf(&b, "[U+%04X]", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\n' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func hidden(r rune) bool {
	switch r {
	case 0x200c, 0x200d: // joiners
		return false
	case 0x2028, 0x2029, 0xfffe, 0xffff:
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || r > 0xe0000 && r < 0xe1000 && !unicode.Is(unicode.Mn, r)
}

package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selvage-studio/selvage/ledger/blob"
)

const absent = "not on record"

func fallback(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// list joins with commas and a last "and".
func list(parts []string) string {
	switch n := len(parts); n {
	case 0:
		return ""
	case 1:
		return parts[0]
	default:
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
}

func quoted(name string) string { return "“" + fallback(name, "unnamed") + "”" }

func bracket(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// sentence begins with a capital and ends in a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(r)) + text[n:]
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// count writes a number with its noun, whose first word takes the plural where an
// "of" or "by" follows.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	for _, at := range []string{" of ", " by "} {
		if head, rest, found := strings.Cut(noun, at); found {
			return number(int64(n)) + " " + plural(head) + at + rest
		}
	}
	return number(int64(n)) + " " + plural(noun)
}

func plural(noun string) string {
	if head, found := strings.CutSuffix(noun, "y"); found && noun != "day" {
		return head + "ies"
	}
	return noun + "s"
}

// number groups digits with commas.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

func year(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

func day(m Moment) string {
	if m.Time.IsZero() {
		return ""
	}
	return m.Time.UTC().Format("2 January 2006")
}

func clock(t time.Time) string {
	if t.IsZero() {
		return absent
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// when is a time with its source.
func when(m Moment) string {
	if m.Time.IsZero() {
		return absent
	}
	return clock(m.Time) + ", " + source(m)
}

func source(m Moment) string {
	s := fallback(string(m.Source), "source "+absent)
	if m.By != "" {
		s += " " + m.By
	}
	return s
}

func hash(h blob.Hash) string {
	if h == (blob.Hash{}) {
		return ""
	}
	return h.String()
}

func entry(r Ref) string {
	if r == (Ref{}) {
		return ""
	}
	return fmt.Sprintf("%s/%d", r.Log, r.Index)
}

package record

import "time"

// timeLayout has one way to write a time.
const timeLayout = "2006-01-02T15:04:05.000Z"

// parseTime reads what Format writes with timeLayout, and nothing else. Each entry has a time, and the package time
// takes as long for it as all the rest of an entry takes.
func parseTime(text []byte) (time.Time, bool) {
	if len(text) != len(timeLayout) {
		return time.Time{}, false
	}
	for _, at := range []struct {
		index int
		mark  byte
	}{{4, '-'}, {7, '-'}, {10, 'T'}, {13, ':'}, {16, ':'}, {19, '.'}, {23, 'Z'}} {
		if text[at.index] != at.mark {
			return time.Time{}, false
		}
	}
	ok := true
	number := func(from, to int) (n int) {
		for _, c := range text[from:to] {
			ok = ok && c >= '0' && c <= '9'
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), time.Month(number(5, 7)), number(8, 10)
	hour, minute, second, milli := number(11, 13), number(14, 16), number(17, 19), number(20, 23)
	t := time.Date(year, month, day, hour, minute, second, milli*int(time.Millisecond), time.UTC)
	// A day that the month does not have comes out as one of the next.
	y, m, d := t.Date()
	return t, ok && hour < 24 && minute < 60 && second < 60 && y == year && m == month && d == day
}

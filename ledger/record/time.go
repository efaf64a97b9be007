package record

import "time"

// timeLayout has one way to write a time.
const timeLayout = "2006-01-02T15:04:05.000Z"

// AppendTime appends a time as entries and heads have it: UTC to the millisecond. Each of them has one, and the
// package time takes as long for it as all the rest takes.
func AppendTime(b []byte, at time.Time) []byte {
	at = at.UTC()
	year, month, day := at.Date()
	if year < 0 || year > 9999 {
		return at.AppendFormat(b, timeLayout) // which no one reads
	}
	hour, minute, second := at.Clock()
	digit := func(n int) byte { return byte('0' + n%10) }
	two := func(n int) (byte, byte) { return digit(n / 10), digit(n) }
	begin := len(b)
	b = append(b, timeLayout...)
	t := b[begin:]
	t[0], t[1] = two(year / 100)
	t[2], t[3] = two(year)
	t[5], t[6] = two(int(month))
	t[8], t[9] = two(day)
	t[11], t[12] = two(hour)
	t[14], t[15] = two(minute)
	t[17], t[18] = two(second)
	milli := at.Nanosecond() / int(time.Millisecond)
	t[20] = digit(milli / 100)
	t[21], t[22] = two(milli)
	return b
}

// ParseTime reads what AppendTime writes, and nothing else.
func ParseTime[T string | []byte](text T) (time.Time, bool) {
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
		for i := from; i < to; i++ {
			c := text[i]
			ok = ok && c >= '0' && c <= '9'
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), time.Month(number(5, 7)), number(8, 10)
	hour, minute, second, milli := number(11, 13), number(14, 16), number(17, 19), number(20, 23)
	t := time.Date(year, month, day, hour, minute, second, milli*int(time.Millisecond), time.UTC)
	// A day that the month does not have, or the hour 24, comes out as another day.
	y, m, d := t.Date()
	return t, ok && minute < 60 && second < 60 && y == year && m == month && d == day
}

package file

// PackLZW packs data as TIFF 6.0, section 13, has it: codes of 9 to 12 bits,
// most significant bit first, and a width that grows one code early, which
// Go's compress/lzw does not do.
func PackLZW(data []byte) []byte {
	const (
		clearCode = 256
		endCode   = 257
		firstCode = 258
		lastCode  = 4094 // the table is cleared before 4095 is given out
		slots     = 1 << 13
	)
	out := make([]byte, 0, len(data)/2+16)
	var acc uint64
	bits := 0
	width := 9
	emit := func(code int) {
		acc = acc<<width | uint64(code)
		for bits += width; bits >= 8; bits -= 8 {
			out = append(out, byte(acc>>(bits-8)))
		}
	}
	// The table maps prefix code and next byte to a code, by open addressing.
	var keys [slots]int32
	var codes [slots]uint16
	next := firstCode
	reset := func() {
		for i := range keys {
			keys[i] = -1
		}
		next, width = firstCode, 9
	}
	emit(clearCode)
	reset()
	prefix := -1
	for _, b := range data {
		if prefix < 0 {
			prefix = int(b)
			continue
		}
		key := int32(prefix)<<8 | int32(b)
		slot := int(uint32(key)*2654435761>>19) & (slots - 1)
		for keys[slot] >= 0 && keys[slot] != key {
			slot = (slot + 1) & (slots - 1)
		}
		if keys[slot] == key {
			prefix = int(codes[slot])
			continue
		}
		emit(prefix)
		keys[slot], codes[slot] = key, uint16(next)
		next++
		prefix = int(b)
		switch {
		case next > lastCode:
			emit(clearCode)
			reset()
		case next == 1<<width:
			width++
		}
	}
	if prefix >= 0 {
		emit(prefix)
		// The reader counts an entry for this code as well, and may widen for it.
		if next++; next == 1<<width && width < 12 {
			width++
		}
	}
	emit(endCode)
	if bits > 0 {
		out = append(out, byte(acc<<(8-bits)))
	}
	return out
}

package main

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// frame asks for a red square on the ground, with a green one beside it that is smaller.
func frame(side, picture int, most uint8) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, head{Side: uint16(side), Picture: uint16(picture), Most: most})
	for y := range side {
		for x := range side {
			switch {
			case x < side/2 && y < side/2:
				b.Write([]byte{255, 0, 0})
			case x > side*5/8 && y > side*5/8 && x < side-2 && y < side-2:
				b.Write([]byte{0, 255, 0})
			default:
				b.Write([]byte{0, 0, 0})
			}
		}
	}
	return b.Bytes()
}

func TestFramesAreInkedInOrder(t *testing.T) {
	chips, err := chipsOf("101010,c83c32,326e50,000001,000002,000003,000004,000005")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(bytes.NewReader(append(frame(32, 64, 0), frame(32, 32, 1)...)), &out, chips); err != nil {
		t.Fatal(err)
	}
	got := out.Bytes()
	first, second := got[:1+3*64*64], got[1+3*64*64:]
	if len(second) != 1+3*32*32 {
		t.Fatalf("the second picture has %d bytes", len(second))
	}
	if first[0] != 2 || second[0] != 1 {
		t.Errorf("%d and %d positions, want 2 and 1", first[0], second[0])
	}
	at := func(picture []byte, side, x, y int) []byte { return picture[1+3*(y*side+x):][:3] }
	for _, c := range []struct {
		got  []byte
		want []byte
	}{
		{at(first, 64, 16, 16), []byte{0xc8, 0x3c, 0x32}},
		{at(first, 64, 50, 50), []byte{0x32, 0x6e, 0x50}},
		{at(first, 64, 50, 16), []byte{0x10, 0x10, 0x10}},
		{at(second, 32, 8, 8), []byte{0xc8, 0x3c, 0x32}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
}

func TestBadFramesAreNamed(t *testing.T) {
	chips, err := chipsOf("")
	if err != nil {
		t.Fatal(err)
	}
	whole := frame(32, 64, 0)
	for what, c := range map[string]struct {
		in   []byte
		says string
	}{
		"a head cut off":   {append(slices.Clone(whole), 1, 2), "frame 1: unexpected EOF"},
		"screens cut off":  {whole[:200], "frame 0: its screens: unexpected EOF"},
		"no screens":       {frame(0, 64, 0), "frame 0: starter: 0 values"},
		"a picture of 0 x": {frame(32, 0, 0), "frame 0: screen: cannot separate"},
	} {
		if err := run(bytes.NewReader(c.in), &bytes.Buffer{}, chips); err == nil || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", what, err, c.says)
		}
	}
	for _, bad := range []string{"ffffff", "1,2,3,4,5,6,7,x"} {
		if _, err := chipsOf(bad); err == nil {
			t.Errorf("-palette %s passed", bad)
		}
	}
}

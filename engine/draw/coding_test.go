package draw

import "testing"

// TestCoding wants decoded screens to be the encoded ones wherever one
// position covers a sample, and slots as the package says.
func TestCoding(t *testing.T) {
	for seed := range uint64(60) {
		sc, err := Random(seed).Scene()
		if err != nil {
			t.Fatal(err)
		}
		s, err := sc.Screens(128, 128)
		if err != nil {
			t.Fatal(err)
		}
		rgb := s.Encode(nil)
		got, slots, err := Decode(rgb, 128, 128, 1)
		if err != nil {
			t.Fatal(err)
		}
		planeOf := map[int][]uint8{}
		for i, k := range slots {
			planeOf[k] = got.Planes[i]
		}
		for k, plane := range s.Planes {
			slot := s.Slot(k)
			r, g, b := SlotColor(slot)
			for i, v := range plane {
				if v != 255 {
					continue
				}
				if rgb[3*i] != r || rgb[3*i+1] != g || rgb[3*i+2] != b {
					t.Fatalf("%+v: position %d is coded as %v", sc.Spec, k, rgb[3*i:3*i+3])
				}
				if planeOf[slot] == nil || planeOf[slot][i] != 255 {
					t.Fatalf("%+v: position %d is lost at sample %d", sc.Spec, k, i)
				}
			}
		}
		for i, v := range s.Ground {
			if v == 255 && got.Ground[i] != 255 {
				t.Fatalf("%+v: the ground is lost at sample %d", sc.Spec, i)
			}
		}
		if s.Ink >= 0 && got.Ink >= 0 && slots[got.Ink] != InkSlot {
			t.Fatalf("%+v: line work is slot %d", sc.Spec, slots[got.Ink])
		}
	}
	for _, n := range []int{0, 5, 13} {
		if _, _, err := Decode(make([]byte, n), 2, 2, 1); err == nil {
			t.Errorf("%d bytes were decoded as 2 x 2 samples", n)
		}
	}
}

// TestDecodeAllowed: between red and green lies no yellow when there is none.
func TestDecodeAllowed(t *testing.T) {
	edge := []uint8{140, 130, 10}
	for _, c := range []struct {
		allowed []int
		want    int
	}{{nil, 6}, {[]int{1, 2}, 1}, {[]int{2}, 2}, {[]int{4}, 0}} {
		s, slots, err := Decode(edge, 1, 1, 1, c.allowed...)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		if len(slots) == 1 && s.Planes[0][0] == 255 {
			got = slots[0]
		}
		if got != c.want {
			t.Errorf("%v: slot %d, not %d", c.allowed, got, c.want)
		}
	}
	if _, _, err := Decode(edge, 1, 1, 1, 9); err == nil {
		t.Error("slot 9 was allowed")
	}
}

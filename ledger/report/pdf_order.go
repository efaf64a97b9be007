package report

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"codeberg.org/go-pdf/fpdf"
)

// inOrder gives a picture its place among all pictures of a file. fpdf 0.12 sorts
// them by their width alone, and pictures of one width come in the order of a map:
// another one each time. The picture's own encoding is the only way to its width,
// which is written as a whole number; a millionth of a pixel for each picture
// makes the order whole and changes nothing that is written.
func inOrder(info *fpdf.ImageInfoType, n int) error {
	encoded, err := info.GobEncode()
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	var (
		data, mask, palette     []byte
		object, bits            int
		width, height           float64
		space, filter, decoding string
		transparent             []int
		scale, dpi              float64
	)
	fields := []any{&data, &mask, &object, &width, &height, &space, &palette, &bits, &filter, &decoding, &transparent, &scale, &dpi}
	from := gob.NewDecoder(bytes.NewReader(encoded))
	for _, f := range fields {
		if err := from.Decode(f); err != nil {
			return fmt.Errorf("picture: %w", err)
		}
	}
	width += float64(n) * 1e-6
	var out bytes.Buffer
	to := gob.NewEncoder(&out)
	for _, f := range fields {
		if err := to.Encode(f); err != nil {
			return fmt.Errorf("picture: %w", err)
		}
	}
	if err := info.GobDecode(out.Bytes()); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return nil
}

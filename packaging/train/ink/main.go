// Command ink inks screens as the program inks them, for those who score what a
// person would see. It reads frames from standard input until it ends, and answers
// each with a picture on standard output:
//
//	uint16 side of the screens, uint16 side of the picture (both little-endian),
//	uint8 positions there may be beside the ground (0: no bound), side*side*3 bytes RGB
//
// The answer is uint8, how many positions there are beside the ground, and the picture, side*side*3 bytes RGB. It
// shows every position in its chip of -palette, else in the corner of the colour cube that
// the screens have it in, and borders one pixel soft. The screens are those of a block.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/starter"
)

func main() {
	palette := flag.String("palette", "", "eight chips as rrggbb, with commas between: the ground, six positions, and line work or the seventh")
	flag.Parse()
	chips, err := chipsOf(*palette)
	if err == nil {
		err = run(bufio.NewReaderSize(os.Stdin, 1<<20), os.Stdout, chips)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ink:", err)
		os.Exit(1)
	}
}

type head struct {
	Side, Picture uint16
	Most          uint8
}

func chipsOf(palette string) (color.Palette, error) {
	if palette == "" {
		return starter.AllCorners().Palette(), nil
	}
	said := strings.Split(palette, ",")
	if len(said) != starter.Positions {
		return nil, fmt.Errorf("-palette has %d chips; it needs %d", len(said), starter.Positions)
	}
	var chips color.Palette
	for _, one := range said {
		chip, err := color.ParseChip(one)
		if err != nil {
			return nil, fmt.Errorf("-palette: %w", err)
		}
		chips = append(chips, chip)
	}
	return chips, nil
}

func run(in io.Reader, out io.Writer, chips color.Palette) error {
	for frame := 0; ; frame++ {
		var h head
		if err := binary.Read(in, binary.LittleEndian, &h); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("frame %d: %w", frame, err)
		}
		screens := make([]byte, 3*int(h.Side)*int(h.Side))
		if _, err := io.ReadFull(in, screens); err != nil {
			return fmt.Errorf("frame %d: its screens: %w", frame, err)
		}
		picture, err := inked(screens, h, chips)
		if err != nil {
			return fmt.Errorf("frame %d: %w", frame, err)
		}
		if _, err := out.Write(picture); err != nil {
			return err
		}
	}
}

func inked(screens []byte, h head, chips color.Palette) ([]byte, error) {
	side, n := int(h.Side), int(h.Side)*int(h.Side)
	planes := make([]float32, len(screens))
	for i, v := range screens {
		planes[i%3*n+i/3] = float32(v) / 255
	}
	most := 0
	if h.Most > 0 {
		most = int(h.Most) + 1
	}
	block := pattern.Repeat{Kind: pattern.Block}
	to := pattern.Size{Width: int(h.Picture), Height: int(h.Picture)}
	inked, err := starter.DefaultInking().Ink(&pattern.Planes{Width: side, Height: side, Data: planes}, block, most, to)
	if err != nil {
		return nil, err
	}
	var palette color.Palette
	for _, p := range inked.Held {
		palette = append(palette, chips[p])
	}
	drawn := inked.NRGBA(palette)
	out := make([]byte, 0, 1+3*to.Width*to.Height)
	out = append(out, uint8(len(inked.Held)-1))
	for i := 0; i < len(drawn.Pix); i += 4 {
		out = append(out, drawn.Pix[i:i+3]...)
	}
	return out, nil
}

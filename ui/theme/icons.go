package theme

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
)

// The studio's own icons, where Fyne has none: 24 x 24, built of bars.

// IconPixels stands for one device pixel to each pixel of the cell.
func IconPixels() fyne.Resource {
	return icon("pixels", "4 7 2 11", "2.6 7 1.6 2", "18 7 2 11", "16.6 7 1.6 2", "11 10 2 2", "11 14 2 2")
}

// IconTrueScale stands for the size on cloth: a ruler.
func IconTrueScale() fyne.Resource {
	return icon("scale", "2 8 20 1.6", "2 16 20 1.6", "2 8 1.6 9.6", "20.4 8 1.6 9.6",
		"5.6 9.6 1.2 3", "8.8 9.6 1.2 4.4", "12 9.6 1.2 3", "15.2 9.6 1.2 4.4")
}

// IconEdge stands for the cell's edge: a dashed frame.
func IconEdge() fyne.Resource {
	var bars []string
	for _, at := range []float64{4, 8.4, 12.8, 17.2} {
		for _, side := range []float64{4, 18.4} {
			bars = append(bars, fmt.Sprintf("%g %g 2.8 1.6", at, side), fmt.Sprintf("%g %g 1.6 2.8", side, at))
		}
	}
	return icon("edge", bars...)
}

// IconDim stands for dimmed copies: a bright cell between faint ones.
func IconDim() fyne.Resource {
	return icon("dim", "8.5 8.5 7 7", "3 3 4 1.4", "3 3 1.4 4", "17 3 4 1.4", "19.6 3 1.4 4",
		"3 19.6 4 1.4", "3 17 1.4 4", "17 19.6 4 1.4", "19.6 17 1.4 4")
}

// IconCompare stands for two pictures side by side.
func IconCompare() fyne.Resource {
	return icon("compare", "11.3 2.5 1.4 19", "3 5 6.5 14", "14.5 5 6.5 1.6", "14.5 17.4 6.5 1.6", "19.4 5 1.6 14")
}

// icon makes a themed picture of bars "x y width height".
func icon(name string, bars ...string) fyne.Resource {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">`)
	for _, bar := range bars {
		f := strings.Fields(bar)
		fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" fill="#000000"/>`, f[0], f[1], f[2], f[3])
	}
	b.WriteString(`</svg>`)
	return base.NewThemedResource(fyne.NewStaticResource("selvage-"+name+".svg", []byte(b.String())))
}

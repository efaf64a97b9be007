// Package color is colour as a studio talks about it: sRGB and linear light,
// OKLab for mixing and measuring, CIEDE2000 for what a buyer will see, chips
// and palettes with the ground first, and the words for colours that
// designers use in prompts ("red tulips on a cream ground").
//
//	words := color.FindWords("madder poppies on a cream ground")
//	chip, err := color.ParseHex("#e4c590")
//	d := color.Delta2000(chip.RGB().Linear().CIELAB(), other)
package color

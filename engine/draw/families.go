package draw

// families is the table of what can be drawn. New families go to the end:
// the order is part of Version.
var families = []family{
	{name: "flowers", also: []string{"blossoms", "blooms"}, draw: flowers, weight: 10, round: true},
	{name: "daisies", draw: daisies, weight: 10, round: true},
	{name: "tulips", draw: tulips, weight: 10, upright: true},
	{name: "leaves", also: []string{"foliage"}, draw: leaves, weight: 10},
	{name: "sprigs", also: []string{"twigs"}, draw: sprigs, weight: 10},
	{name: "hearts", draw: hearts, weight: 10, upright: true},
	{name: "stars", draw: stars, weight: 10, round: true},
	{name: "birds", draw: birds, weight: 10, upright: true},
	{name: "butterflies", draw: butterflies, weight: 10},
	{name: "polka dots", also: []string{"dots", "spots"}, draw: polkaDots, weight: 10, round: true},
	{name: "diamonds", also: []string{"lozenges", "rhombuses"}, draw: diamonds, weight: 10},
	{name: "vertical stripes", draw: verticalStripes, weight: 8, field: true},
	{name: "horizontal stripes", also: []string{"bands"}, draw: horizontalStripes, weight: 8, field: true},
	{name: "diagonal stripes", draw: diagonalStripes, weight: 8, field: true},
	{name: "chevrons", also: []string{"chevron"}, draw: chevrons, weight: 8, field: true},
	{name: "waves", draw: waves, weight: 8, field: true},
	{name: "checks", also: []string{"checkerboard"}, draw: checks, weight: 8, field: true, windows: true},
	{name: "gingham", draw: gingham, weight: 8, field: true, windows: true},
	{name: "scallops", also: []string{"fish scales"}, draw: scallops, weight: 8, field: true, outlines: true},
}

// Package seam proves that a repeat joins, or shows where it does not.
//
// Measure lays the cell on the plane of its repeat and compares the change of
// colour across each edge of the cell with the changes across every line
// parallel to it inside. Nothing is assumed about where the picture came from:
//
//	report, err := seam.Measure(img, pattern.Repeat{Kind: pattern.HalfDrop})
//	fmt.Println(report)          // for people
//	json.NewEncoder(w).Encode(report)
//
// # The statistic
//
// For a line between the samples a|b of the plane, with p before a and q after
// b, the excess change is the vector
//
//	c = (b - a) - ((a - p) + (q - b))/2
//
// in CIELAB, with alpha as a fourth axis: the step across the line less the
// mean of the slopes on either side, shortened to the length of the step b - a
// where it is longer (so that a hard line counts where it is, and not beside
// it). Without that it is the mean squared difference of
// slope that S. Minami and A. Zakhor use for block edges ("An optimization
// approach for removing blocking effects in transform coding", IEEE
// Transactions on Circuits and Systems for Video Technology 5(2), 1995), and
// the gradient that A. Gallagher compares between jigsaw pieces ("Jigsaw
// puzzles with pieces of unknown orientation", CVPR 2012). A soft shadow that
// runs on across the line gives nothing, a motif that is cut gives the whole
// step. CIELAB and not OKLab, since OKLab has no linear foot: one step of 8
// bits next to black would count as much as three that an eye can see.
//
// Three measures are taken of every line, each with its reference in the
// lines inside of the cell:
//
//   - step: the part that at least three quarters of the line share, taken per
//     axis as the value between the quartiles that is nearest to zero.
//     Stripes parallel to the edge make such steps by right, and not all alike:
//     with bands of A, B and C, the step from C to A may be the only one of its
//     kind and as large as all others together. So its reference, the
//     mean of |c| with nothing taken off, counts four times. A ramp that ends
//     at the edge has no such lines inside, and fails.
//   - line: the mean of |c| over the line, that step taken off.
//   - run: the largest mean of |c|, that step taken off, over a run of 16, 32,
//     64 ... samples along the line; it finds the one motif that is cut on a
//     calm ground. Runs go round the corner where the edge does.
//
// A fourth measure looks beside the edge, for what the other three cannot see:
// a network that pads with zeros, and was trained to wrap, takes the zeros for
// ground and flattens its motifs against a channel along the edge.
//
//   - channel: the largest |c| within a 85th of the side, for runs as above, at
//     any line within a 64th of the side from the edge, against the same
//     inside; counted one and a half times, but only where the channel is calm:
//     the change along a row of it is a third of what the middle row has, and
//     no row inside has as little.
//
// The reference is the largest value of that measure over the lines inside;
// those next to an edge take the slope on their inner side alone, so that
// nothing reaches across. The largest, and not a quantile, since a check or a stripe may have one hard
// line inside of its cell and one on its edge, by right. The statistic is
//
//	(value at the edge + 1) / (reference + 1)
//
// in units of CIELAB's ΔE, of which about one is noticeable: a repeat that
// joins gives a value below or near 1, since its edge is a line like others.
// An edge's statistic is the largest of the four, the report's the largest of
// its edges.
//
// # The threshold
//
// In a picture that wraps, the edge is one of the n lines by chance, and its
// rank among them is uniform: its value is beyond the largest of n others in
// one of n+1 pictures, and rarely far beyond. See Threshold for the value and
// TestMeasuredRates for what it was measured on.
//
// # What it cannot see
//
// Stripes that were cut at a wrong place still join as stripes. A cut whose
// step is no stronger than the strongest straight line inside of the cell
// passes as one of them. A single straight-sided motif, the only one in its
// cell, that ends exactly on the edge is taken for a cut.
//
// A motif that fills its cell alone and comes within a fiftieth of its edges,
// as a single large dot may, is taken for one that was flattened there.
//
// On 40 pictures of a starter model that drew whole cells, sampled without wrapping and inked at
// 512 pixels, 28 are found as half-drops (13 without the channel); the others
// keep their motifs clear of the edge, or have none on it. Of those sampled as
// a block, 19 of 24 are found. Of 120 sampled on the lattice, one is flagged.
package seam

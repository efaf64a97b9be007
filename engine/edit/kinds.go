package edit

// kinds makes an empty operation for every kind that this version knows. Each
// family of operations lists its own beside its code; a kind is never removed.
func kinds() map[string]func() Op {
	all := map[string]func() Op{}
	for _, family := range []map[string]func() Op{
		layoutKinds(),
		motifKinds(),
		paintKinds(), selectionKinds(),
		documentKinds(), layerKinds(), pictureKinds(), paletteKinds(),
		colorKinds(),
	} {
		for kind, empty := range family {
			all[kind] = empty
		}
	}
	return all
}

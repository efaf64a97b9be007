package draw

// family is one kind of motif. Figures draw a symbol that a layout repeats;
// fields cover the cell themselves.
type family struct {
	name     string   // plural, as in captions
	also     []string // synonyms
	draw     func(g *gen)
	weight   int
	field    bool
	round    bool // looks alike from every side: no direction
	upright  bool // seldom turned over
	windows  bool // fields: has room for secondary motifs
	outlines bool // fields: may have line work
	noStyle  bool // keeps clean edges unless asked
	least    int  // fewest positions
	kinds    int  // at least so many different motifs in a drawing
	most     int  // most positions by chance; 0 is no limit
}

func familyByName(name string) *family {
	all := families()
	for i := range all {
		if all[i].name == name {
			return &all[i]
		}
	}
	return nil
}

// Families lists the names of the motif families.
func Families() []string {
	all := families()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	return names
}

// IsField reports whether a family covers the cell by itself, as stripes do,
// and so has no layout.
func IsField(name string) bool {
	f := familyByName(name)
	return f != nil && f.field
}

// Secondaries lists the families that also come as small motifs between
// others.
func Secondaries() []string {
	return []string{"polka dots", "leaves", "stars", "hearts", "flowers", "berries", "sprigs", "diamonds"}
}

package report

import "slices"

// Facts are the counts that a claim is drafted from: of what is in the version
// that the report describes, and no sum of unlike things.
type Facts struct {
	// Edits in the version, by their class.
	Drawings     int
	Arrangements int
	Recolourings int
	Layouts      int
	Mechanical   int
	ModelMade    int
	RuleMade     int
	Imported     int
	Unclassified int
	Undone       int // on record, and in no class above
	Kept         int // candidates
	Rejected     int
	Prompts      int
	Models       []string // names, of those that made something in the version
	Imports      []Import // those that are used
	Mapped       bool     // PersonPixels and ModelPixels are known
	PersonPixels int64
	ModelPixels  int64
	Title        string
	Authors      []string
	Completed    int // year; 0 where it is not on record
	FirstPublic  *Disclosure
}

// Edits is the number of edits in the version.
func (f *Facts) Edits() int {
	return f.Drawings + f.Arrangements + f.Recolourings + f.Layouts + f.Mechanical + f.ModelMade + f.RuleMade + f.Imported + f.Unclassified
}

// Model says whether a model made something that is in the version. Without a map
// every candidate that was kept is taken to be in it.
func (f *Facts) Model() bool {
	return f.ModelMade > 0 || f.ModelPixels > 0 || !f.Mapped && f.Kept > 0
}

// Drawn says whether a hand drew something that shows. Without a map every drawing
// is taken to show.
func (f *Facts) Drawn() bool {
	return f.Drawings > 0 && (!f.Mapped || f.PersonPixels > 0)
}

// FactsOf counts what a report holds.
func FactsOf(r *Report) Facts {
	f := Facts{Title: r.Pattern.Name, Prompts: len(r.Prompts)}
	for _, a := range r.Authors {
		f.Authors = append(f.Authors, a.Name)
	}
	for i := range r.Sessions {
		for j := range r.Sessions[i].Edits {
			f.count(&r.Sessions[i].Edits[j])
		}
	}
	for i := range r.Candidates {
		c := &r.Candidates[i]
		switch c.Verdict {
		case Kept:
			f.Kept++
			if c.Model != "" && !slices.Contains(f.Models, c.Model) {
				f.Models = append(f.Models, c.Model)
			}
		case Rejected:
			f.Rejected++
		case Undecided:
		}
	}
	if r.Map != nil {
		f.Mapped, f.PersonPixels, f.ModelPixels = true, r.Map.Pixels.Person, r.Map.Pixels.Model
	}
	if f.Model() {
		for _, m := range r.Models {
			if name := modelName(&m); !slices.Contains(f.Models, m.Name) && !slices.Contains(f.Models, name) {
				f.Models = append(f.Models, name)
			}
		}
	}
	for _, i := range r.Imports {
		if !i.Unused {
			f.Imports = append(f.Imports, i)
		}
	}
	if !r.Period.To.Time.IsZero() {
		f.Completed = r.Period.To.Time.UTC().Year()
	}
	for i := range r.Disclosures {
		d := &r.Disclosures[i]
		if d.Published && (f.FirstPublic == nil || before(d.When, f.FirstPublic.When)) {
			f.FirstPublic = d
		}
	}
	return f
}

// before puts a time that is not on record last.
func before(a, b Moment) bool {
	return !a.Time.IsZero() && (b.Time.IsZero() || a.Time.Before(b.Time))
}

func (f *Facts) count(e *Edit) {
	if e.Undone {
		f.Undone++
		return
	}
	switch e.Class {
	case Drawing:
		f.Drawings++
	case Arrangement:
		f.Arrangements++
	case Recolouring:
		f.Recolourings++
	case Layout:
		f.Layouts++
	case Mechanical:
		f.Mechanical++
	case ModelMade:
		f.ModelMade++
	case RuleMade:
		f.RuleMade++
	case Imported:
		f.Imported++
	default:
		f.Unclassified++
	}
}

func modelName(m *Model) string {
	if m.Version == "" {
		return m.Name
	}
	return m.Name + " " + m.Version
}

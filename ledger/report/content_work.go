package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (b *builder) prompts() []block {
	if len(b.r.Prompts) == 0 {
		return []block{paragraph{Text: "No prompt is on record."}}
	}
	out := []block{paragraph{Text: "Instructions to a model, in their versions. They are part of the history and are not claimed. A prompt that was withheld is bound by its commitment: who holds the text and its salt can show later that this was it.", Quiet: true}}
	for i := range b.r.Prompts {
		p := &b.r.Prompts[i]
		out = append(out, heading{Text: "Version " + strconv.Itoa(p.Version), Aside: strings.Join(filled(p.Who, when(p.When)), "  ·  ")})
		out = append(out, secretBlocks("Prompt", p.Text, true)...)
		if p.Negative != (Secret{}) {
			out = append(out, secretBlocks("Negative prompt", p.Negative, false)...)
		}
		var f facts
		f.add("Note", p.Note)
		f.mono("Entry", entry(p.Entry))
		if len(f.Rows) > 0 {
			out = append(out, f)
		}
	}
	return out
}

func secretBlocks(name string, s Secret, first bool) []block {
	var out []block
	switch {
	case s.Text != "":
		if !first {
			out = append(out, paragraph{Text: name, Quiet: true})
		}
		out = append(out, quote{s.Text})
	case hash(s.Commitment) != "":
		out = append(out, paragraph{Text: name + ": withheld. Only its commitment is in this report."})
	default:
		return []block{paragraph{Text: name + ": " + absent + "."}}
	}
	var f facts
	f.mono("Commitment", hash(s.Commitment))
	if len(f.Rows) > 0 {
		out = append(out, f)
	}
	return out
}

func secretLine(name string, s Secret) string {
	switch {
	case s.Text != "" && hash(s.Commitment) != "":
		return name + " " + s.Text + ", commitment " + hash(s.Commitment)
	case s.Text != "":
		return name + " " + s.Text
	case hash(s.Commitment) != "":
		return name + " withheld, commitment " + hash(s.Commitment)
	}
	return ""
}

func (b *builder) candidates() []block {
	if len(b.r.Candidates) == 0 {
		return []block{paragraph{Text: "No candidate of a model is on record."}}
	}
	out := []block{paragraph{Text: fmt.Sprintf("What a model offered, and what a person decided: %d kept, %d rejected, %d undecided. To choose one output among several is recorded, and is no claim by itself.", b.f.Kept, b.f.Rejected, len(b.r.Candidates)-b.f.Kept-b.f.Rejected), Quiet: true}}
	g := gallery{Across: 4}
	t := table{Columns: []column{{"Candidate", 0.95}, {"Decision", 0.95}, {"Who and when", 1.95}, {"Made from", 1.9}, {"Hash of the output", 2.4}, {"Entry", 0.9}}}
	for i := range b.r.Candidates {
		c := &b.r.Candidates[i]
		name := fallback(c.Name, strconv.Itoa(i+1))
		verdict, hue := fallback(string(c.Verdict), "undecided"), plain
		switch c.Verdict {
		case Kept:
			hue = green
		case Rejected:
			hue = red
		case Undecided:
		}
		if fig := b.figure(c.Picture, smallPixels, fmt.Sprintf("Candidates[%d].Picture", i), "Candidate "+name); fig != nil {
			fig.Badge = badge{verdict, hue}
			fig.Lines = filled(strings.Join(filled(c.Who, day(c.When)), ", "), c.Reason)
			g.Items = append(g.Items, fig)
		}
		from := filled(c.Model, secretLine("seed", c.Seed))
		if c.Prompt != 0 {
			from = append(from, "prompt version "+strconv.Itoa(c.Prompt))
		}
		decided := strings.Join(filled(c.Who, when(c.When), c.Reason), "; ")
		t.Rows = append(t.Rows, []cell{{Text: name}, {Text: verdict, Tone: hue}, {Text: decided}, {Text: strings.Join(from, "; ")}, {Text: hash(c.Hash), Mono: true}, {Text: entry(c.Entry), Mono: true, Quiet: true}})
	}
	if len(g.Items) > 0 {
		out = append(out, g)
	}
	return append(out, t)
}

// sessions tells each session with its pictures. Where there are many edits, a part
// of them shows theirs, drawing and arrangement first; all stand in the appendix.
func (b *builder) sessions() []block {
	total := b.f.Edits() + b.f.Undone
	if total == 0 && len(b.r.Sessions) == 0 {
		return []block{paragraph{Text: "No edit is on record."}}
	}
	out := []block{paragraph{Text: "Edits are told by session, with the picture before and after. Every edit is in the appendix with time, tool and entry.", Quiet: true},
		b.classTable()}
	left := picturedEdits
	each := picturedEdits
	if total > picturedEdits && b.r.Selection == "" {
		each = perSession
	}
	if b.r.Selection != "" {
		out = append(out, paragraph{Text: b.r.Selection, Quiet: true})
	}
	for i := range b.r.Sessions {
		s := &b.r.Sessions[i]
		title := fallback(s.Title, "Session "+strconv.Itoa(i+1))
		one := Report{Sessions: []Session{*s}}
		f := FactsOf(&one)
		text := capital(count(len(s.Edits), "edit"))
		if c := b.classes(&f); len(c) > 0 {
			text += ": " + list(c)
		}
		if f.Undone > 0 {
			text += fmt.Sprintf("; %d of them undone later", f.Undone)
		}
		path := fmt.Sprintf("Sessions[%d]", i)
		before := b.figure(s.Before, largePixels, path+".Before", "Before")
		after := b.figure(s.After, largePixels, path+".After", "After")
		h := heading{Text: title, Aside: strings.Join(filled(s.Who, span(s.From, s.To)), "  ·  ")}
		if before != nil || after != nil {
			h.Keep = 118 // with the large pair
		}
		out = append(out, h, paragraph{Text: text + "."})
		if before != nil || after != nil {
			out = append(out, pair{Large: true, Before: before, After: after, Title: "The whole session"})
		}
		shown, chosen := b.edits(s, path, min(each, left))
		left -= len(shown)
		out = append(out, shown...)
		if chosen > len(shown) {
			out = append(out, paragraph{Text: fmt.Sprintf("Shown are %d of the %d edits of this session that have pictures.", len(shown), chosen), Quiet: true})
		}
	}
	return out
}

func span(from, to Moment) string {
	switch {
	case from.Time.IsZero() && to.Time.IsZero():
		return ""
	case to.Time.IsZero():
		return "from " + when(from)
	case from.Time.IsZero():
		return "to " + when(to)
	case from.Source == to.Source && from.By == to.By:
		return clock(from.Time) + " to " + when(to)
	}
	return when(from) + " to " + when(to)
}

// edits shows at most limit of the session's edits that have pictures, and says how
// many have them.
func (b *builder) edits(s *Session, path string, limit int) (out []block, pictured int) {
	var with []int
	for j := range s.Edits {
		if e := &s.Edits[j]; e.Before != nil || e.After != nil {
			with = append(with, j)
		}
	}
	show := with
	if len(with) > limit {
		show = slices.Clone(with)
		slices.SortStableFunc(show, func(x, y int) int { return weight(&s.Edits[x]) - weight(&s.Edits[y]) })
		show = show[:max(limit, 0)]
		slices.Sort(show)
	}
	for _, j := range show {
		e := &s.Edits[j]
		at := fmt.Sprintf("%s.Edits[%d]", path, j)
		p := pair{
			Before: b.figure(e.Before, smallPixels, at+".Before", "Before"),
			After:  b.figure(e.After, smallPixels, at+".After", "After"),
			Title:  fallback(capital(e.What), fallback(e.Tool, "Edit "+strconv.Itoa(j+1))),
			Badge:  badge{string(class(e.Class)), classTone(e.Class)},
		}
		p.Lines = filled(e.Tool, e.Region, capital(e.Why), when(e.When), entry(e.Entry))
		if e.Undone {
			p.Lines = append(p.Lines, "Undone: not in this version.")
		}
		out = append(out, p)
	}
	return out, len(with)
}

// weight puts first what a person drew, then what was arranged.
func weight(e *Edit) int {
	switch {
	case e.Undone:
		return 3
	case e.Class == Drawing:
		return 0
	case e.Class == Arrangement:
		return 1
	}
	return 2
}

func (b *builder) classTable() table {
	f := &b.f
	t := table{Columns: []column{{"Class", 1.2}, {"Edits", 0.6}, {"What it is", 4.4}}}
	for _, c := range []struct {
		class Class
		n     int
		what  string
	}{
		{Drawing, f.Drawings, "Marks of a hand: strokes, fills and shapes."},
		{Arrangement, f.Arrangements, "Motifs and layers chosen, placed, turned, scaled and combined by a person."},
		{Recolouring, f.Recolourings, "The same forms in other colours."},
		{Layout, f.Layouts, "The repeat, its size, crops and turns of the whole."},
		{Mechanical, f.Mechanical, "What follows from a process without choice: resizing, healing of seams."},
		{ModelMade, f.ModelMade, "What a generative model made: candidates placed, regions filled, variations, enlargements."},
		{RuleMade, f.RuleMade, "Drawn by the program from a specification, without a model."},
		{Imported, f.Imported, "Pictures from files."},
		{Unclassified, f.Unclassified, "Operations that this version of the program does not know."},
	} {
		if c.n > 0 {
			t.Rows = append(t.Rows, []cell{{Text: string(c.class), Tone: classTone(c.class)}, {Text: number(int64(c.n)), Mono: true}, {Text: c.what}})
		}
	}
	if f.Undone > 0 {
		t.Rows = append(t.Rows, []cell{{Text: "undone"}, {Text: number(int64(f.Undone)), Mono: true}, {Text: "On record, of any class, and in no part of this version."}})
	}
	return t
}

func (b *builder) regions() []block {
	m := b.r.Map
	if m == nil {
		return []block{paragraph{Text: "No map of the pixels is in this report."}}
	}
	out := []block{paragraph{Text: "A mark of a hand is the person's, a model's output the model's, an import its stated author's; a copy keeps the authors of what it copies. Arranging, recolouring and layout change no pixel's author.", Quiet: true}}
	if fig := b.figure(m.Picture, largePixels, "Map.Picture", "The picture in grey, tinted by who made each pixel"); fig != nil {
		out = append(out, gallery{Across: 1, Items: []*figure{fig}})
	}
	px := &m.Pixels
	out = append(out, legend{Items: []legendItem{
		{blue, "Drawn by a person", pixels(px.Person)},
		{warm, "Made by a model", pixels(px.Model)},
		{leaf, "Drawn by rule", pixels(px.Rule)},
		{plum, "Imported", pixels(px.Import)},
		{plain, "Nobody's", pixels(px.Nobody)},
		{plain, "Transparent", pixels(px.Open)},
		{plain, "All", pixels(px.All)},
	}}, paragraph{Text: "Pixels are counted so that the map can be checked. They are no measure of authorship: the outline that makes a drawing is few of its pixels, and a flat ground most of them.", Quiet: true})
	if len(m.Regions) == 0 {
		return append(out, paragraph{Text: "No regions are told apart."})
	}
	t := table{Columns: []column{{"Region", 1.2}, {"Where", 1.4}, {"Made by", 0.9}, {"Edits", 0.5}, {"Facts", 3.2}}}
	for _, g := range m.Regions {
		name, hue := fallback(string(g.Maker), "several"), plain
		switch g.Maker {
		case Person:
			hue = blue
		case ByModel:
			hue = warm
		case ByRule:
			hue = leaf
		case ByImport:
			hue = plum
		case Mixed:
		}
		t.Rows = append(t.Rows, []cell{{Text: g.Name}, {Text: g.Where}, {Text: name, Tone: hue}, {Text: strconv.Itoa(g.Edits), Mono: true}, {Text: g.Facts}})
	}
	return append(out, heading{Text: "By region"}, t)
}

func pixels(n int64) string { return number(n) + " px" }

func (b *builder) milestones() []block {
	var out []block
	if len(b.r.Milestones) == 0 {
		out = append(out, paragraph{Text: "No milestone is on record."})
	} else {
		t := table{Columns: []column{{"Stage", 0.9}, {"Signed by", 1.3}, {"Role", 1}, {"When", 1.6}, {"With the key", 2.3}, {"Entry", 0.9}}}
		for _, m := range b.r.Milestones {
			t.Rows = append(t.Rows, []cell{{Text: fallback(m.Stage, absent), Tone: green}, {Text: fallback(m.Who, absent)}, {Text: m.Role}, {Text: when(m.When)}, {Text: m.Key, Mono: true}, {Text: entry(m.Entry), Mono: true, Quiet: true}})
		}
		out = append(out, t)
	}
	if len(b.r.Reviews) == 0 {
		return append(out, paragraph{Text: "No review is on record."})
	}
	out = append(out, heading{Text: "Reviews"})
	for _, v := range b.r.Reviews {
		var f facts
		f.add("Verdict", v.Verdict)
		f.add("When", when(v.When))
		f.mono("Entry", entry(v.Entry))
		out = append(out, heading{Text: fallback(v.Who, absent), Aside: v.Role})
		if v.Text != "" {
			out = append(out, quote{v.Text})
		}
		out = append(out, f)
	}
	return out
}

func (b *builder) material() []block {
	var out []block
	if len(b.r.Imports) == 0 {
		out = append(out, paragraph{Text: "Nothing was imported."})
	} else {
		out = append(out, paragraph{Text: "The program cannot know who made a file. Author, origin and rights are what the person stated who imported it.", Quiet: true})
	}
	for i := range b.r.Imports {
		m := &b.r.Imports[i]
		out = append(out, heading{Text: fallback(m.Name, "Import "+strconv.Itoa(i+1)), Aside: fallback(string(m.Owner), "owner "+absent)})
		if fig := b.figure(m.Picture, smallPixels, fmt.Sprintf("Imports[%d].Picture", i), ""); fig != nil {
			fig.Alt = fallback(m.Picture.Alt, "Imported: "+m.Name)
			out = append(out, gallery{Across: 4, Items: []*figure{fig}})
		}
		var f facts
		f.add("Author, as stated", fallback(m.Author, absent))
		f.add("Origin, as stated", fallback(m.Origin, absent))
		f.add("Rights, as stated", fallback(m.Rights, absent))
		f.add("The file declares", m.Declared)
		f.add("Published before", m.Published)
		f.add("Registration", m.Registration)
		f.add("Imported", strings.Join(filled(m.Who, when(m.When)), ", "))
		f.add("In this version", map[bool]string{true: "no: nothing of it shows", false: "yes"}[m.Unused])
		f.mono("Hash", hash(m.Hash))
		f.mono("Entry", entry(m.Entry))
		out = append(out, f)
	}
	if len(b.r.Models) == 0 {
		return append(out, paragraph{Text: "No model is on record."})
	}
	out = append(out, heading{Text: "Generative models"})
	for i := range b.r.Models {
		m := &b.r.Models[i]
		var f facts
		f.add("Training lineage", fallback(m.Lineage, absent))
		f.add("The lineage is", map[bool]string{true: "proved: the training itself is on record", false: "declared by the publisher, and not proved"}[m.Proved])
		f.add("Card", m.Card)
		f.mono("Weights", hash(m.Hash))
		f.mono("Entry", entry(m.Entry))
		out = append(out, heading{Text: fallback(m.Name, "A model without a name"), Aside: m.Version}, f)
	}
	return out
}

func (b *builder) disclosures() []block {
	if len(b.r.Disclosures) == 0 {
		return []block{paragraph{Text: "No disclosure and no publication is on record. Registration in the United States asks for date and nation of the first publication; unregistered designs in the European Union and the United Kingdom last for three years from the first disclosure there. Record both when they happen."}}
	}
	t := table{Columns: []column{{"What", 1}, {"When", 1.7}, {"Where", 1.5}, {"How", 2.4}, {"Entry", 0.9}}}
	for _, d := range b.r.Disclosures {
		kind, hue := "disclosed", amber
		if d.Published {
			kind, hue = "published", green
		}
		t.Rows = append(t.Rows, []cell{{Text: kind, Tone: hue}, {Text: when(d.When)}, {Text: fallback(strings.Join(filled(d.Place, d.Country), ", "), absent)}, {Text: strings.Join(filled(d.What, d.Note), ". ")}, {Text: entry(d.Entry), Mono: true, Quiet: true}})
	}
	return []block{t, paragraph{Text: "Date and place matter: registration in the United States asks for date and nation of the first publication; unregistered designs in the European Union and the United Kingdom last for three years from the first disclosure there.", Quiet: true}}
}

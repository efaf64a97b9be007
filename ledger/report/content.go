package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Sizes of pictures in pixels, and how much is told in the body before the rest
// goes into an appendix alone.
const (
	coverPixels     = figureAbove
	largePixels     = 900 // before and after of a session, the map
	smallPixels     = 420 // of an edit, a candidate, an import
	eventsInBody    = 60
	picturedEdits   = 120 // edits with pictures, in all sessions together
	perSession      = 12  // of them in one session where there are more than that
	problemsOnCover = 12
)

// builder makes the document; its first error stays in it.
type builder struct {
	r     *Report
	f     Facts
	claim Claim
	pics  pictures
	err   error
}

// build is the one place where the order of the sections is decided.
func build(r *Report) (*document, error) {
	r, err := tidied(r)
	if err != nil {
		return nil, err
	}
	b := &builder{r: r, f: FactsOf(r), pics: pictures{done: map[pictureKey]*picture{}}}
	b.claim = Draft(b.f)
	var names []string
	for _, a := range r.Authors {
		names = append(names, a.Name)
	}
	d := &document{
		Title:   "Authorship report: " + oneLine(r.Pattern.Name),
		Author:  oneLine(list(names)),
		Subject: "Who made the pattern " + oneLine(r.Pattern.Name) + ", and how to verify it. Evidence, not legal advice.",
		Foot:    "Evidence, not legal advice",
		Cover:   b.cover(),
	}
	for _, s := range []section{
		{ID: "summary", Title: "Summary", Blocks: b.summary()},
		{ID: "people", Title: "People", Blocks: b.people()},
		{ID: "timeline", Title: "Time line", Blocks: b.timeline()},
		{ID: "prompts", Title: "Prompts", Blocks: b.prompts()},
		{ID: "candidates", Title: "Candidates", Blocks: b.candidates()},
		{ID: "edits", Title: "Edits", Blocks: b.sessions()},
		{ID: "map", Title: "Who made each pixel", Blocks: b.regions(), Keep: 170},
		{ID: "milestones", Title: "Milestones and reviews", Blocks: b.milestones()},
		{ID: "material", Title: "Material from elsewhere, and models", Blocks: b.material()},
		{ID: "disclosure", Title: "Disclosure and publication", Blocks: b.disclosures()},
		{ID: "claim", Title: "Draft of a claim", Blocks: b.claimed()},
		{ID: "proof", Title: "Deposit and proofs", Blocks: b.proofs()},
		{ID: "verify", Title: "How to verify this report", Blocks: b.verify()},
		{ID: "limits", Title: "What this report is, and is not", Blocks: b.limits()},
	} {
		s.Number = strconv.Itoa(len(d.Sections) + 1)
		d.Sections = append(d.Sections, s)
	}
	for _, s := range b.appendices() {
		s.Number = string(rune('A' + len(d.Sections) - 14))
		d.Sections = append(d.Sections, s)
	}
	return d, b.err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// picture prepares p for a page.
func (b *builder) picture(p *Picture, limit int, field string) *picture {
	made, err := b.pics.of(p, limit, field)
	if err != nil && b.err == nil {
		b.err = err
	}
	return made
}

// figure is p with what it shows; nil where there is none.
func (b *builder) figure(p *Picture, limit int, field, title string) *figure {
	made := b.picture(p, limit, field)
	if made == nil {
		return nil
	}
	return &figure{Picture: made, Alt: fallback(p.Alt, title), Title: title}
}

func (b *builder) cover() cover {
	r := b.r
	c := cover{
		Picture: b.figure(r.Picture, coverPixels, "Picture", ""),
		Name:    oneLine(r.Pattern.Name),
		Under:   oneLine(strings.Join(filled(r.Pattern.Collection, r.Pattern.Repeat), "  ·  ")),
	}
	if c.Picture != nil {
		c.Picture.Alt = fallback(r.Picture.Alt, "The pattern "+c.Name)
	}
	v := &r.Verification
	switch {
	case len(v.Problems) > 0 || v.State == NotIntact:
		c.Badges = append(c.Badges, badge{"Ledger not intact", red})
		c.Alarms = append(c.Alarms, b.problems())
	case v.State == Intact:
		c.Badges = append(c.Badges, badge{"Ledger verified", green})
	default:
		c.Badges = append(c.Badges, badge{"Ledger not verified", amber})
		c.Alarms = append(c.Alarms, callout{amber, "The ledger was not verified for this report", []string{"Nobody checked the records behind this report when it was made. Check them as the section “How to verify this report” says before you rely on it."}})
	}
	if b.f.Model() {
		c.Badges = append(c.Badges, badge{"A model took part", warm})
	} else {
		c.Badges = append(c.Badges, badge{"No model on record", blue})
	}
	var f facts
	for _, a := range r.Authors {
		f.add(fallback(capital(a.Role), "Author"), a.Name)
	}
	f.add("Period of work", b.period())
	f.mono("Pattern", r.Pattern.ID)
	f.mono("Version", hash(r.Pattern.Version))
	f.add("Library", r.Library.Name)
	f.mono("Library id", r.Library.ID)
	f.add("Report made", clock(r.Made))
	f.add("Made with", r.Program)
	c.Facts = f.Rows
	return c
}

func (b *builder) problems() callout {
	v := &b.r.Verification
	c := callout{Tone: red, Title: "Problems were found in the ledger behind this report"}
	if len(v.Problems) == 0 {
		c.Lines = append(c.Lines, "The verification says that the ledger is not intact, and does not say why. Verify it again before you rely on anything below.")
		return c
	}
	for i, p := range v.Problems {
		if i == problemsOnCover {
			c.Lines = append(c.Lines, fmt.Sprintf("and %s more, all of them in the section “Deposit and proofs”.", number(int64(len(v.Problems)-i))))
			break
		}
		c.Lines = append(c.Lines, problemLine(&p))
	}
	c.Lines = append(c.Lines, "What follows is what the records say. Where they were changed, it says what they were changed to.")
	return c
}

func problemLine(p *Problem) string {
	line := fallback(p.Code, "problem")
	if e := entry(p.Entry); e != "" {
		line += " at " + e
	}
	if p.Detail != "" {
		line += ": " + p.Detail
	}
	return line
}

func (b *builder) period() string {
	from, to := b.r.Period.From, b.r.Period.To
	switch a, z := day(from), day(to); {
	case a == "" && z == "":
		return ""
	case a == z:
		return a
	default:
		return fallback(a, absent) + " to " + fallback(z, absent)
	}
}

func capital(s string) string {
	return strings.TrimSuffix(sentence(s), ".")
}

func filled(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// summary tells the facts in sentences, none of them a judgement.
func (b *builder) summary() []block {
	r, f := b.r, &b.f
	who := fallback(list(f.Authors), "persons who are not on record")
	lead := quoted(oneLine(r.Pattern.Name)) + " is the work of " + who
	if p := b.period(); p != "" {
		lead += ", recorded " + map[bool]string{true: "from ", false: "on "}[strings.Contains(p, " to ")] + p
	}
	out := []block{paragraph{Text: sentence(lead), Lead: true}}
	var s []string
	if n := f.Edits(); n > 0 || f.Undone > 0 {
		in := count(len(r.Sessions), "session")
		s = append(s, fmt.Sprintf("%s in %s made this version: %s.", capital(count(n, "edit")), in, fallback(list(b.classes(f)), "none that is in it")))
		if f.Undone > 0 {
			s = append(s, capital(count(f.Undone, "further edit"))+" on record was undone or lies on another branch, and is not in it.")
		}
	} else {
		s = append(s, "No edit is on record.")
	}
	if f.Model() {
		text := "A generative model took part"
		if len(f.Models) > 0 {
			text += ": " + list(f.Models)
		}
		s = append(s, text+".")
	} else {
		s = append(s, "No generative model made anything that is in this version, as far as the program saw it made.")
	}
	if n := len(r.Candidates); n > 0 {
		s = append(s, fmt.Sprintf("A model offered %s, of which a person kept %d and rejected %d.", count(n, "candidate"), f.Kept, f.Rejected))
	}
	if n := f.Prompts; n > 0 {
		s = append(s, capital(count(n, "version of the prompt"))+" "+map[bool]string{true: "is", false: "are"}[n == 1]+" on record.")
	}
	if n := len(f.Imports); n > 0 {
		s = append(s, capital(count(n, "picture"))+" came from outside, with origin and rights as stated at the import.")
	}
	if n := len(r.Milestones); n > 0 {
		last := r.Milestones[n-1]
		s = append(s, sentence(capital(count(n, "milestone"))+" signed, the last of them "+fallback(last.Stage, "without a name")+" by "+fallback(last.Who, "somebody who is not on record")))
	}
	if p := f.FirstPublic; p != nil {
		s = append(s, sentence("first published "+strings.Join(filled(prefixed("on ", day(p.When)), prefixed("in ", strings.Join(filled(p.Place, p.Country), ", "))), " ")))
	} else if len(r.Disclosures) > 0 {
		s = append(s, "Disclosed, and not published as far as the ledger knows.")
	} else {
		s = append(s, "No disclosure and no publication is on record.")
	}
	out = append(out, paragraph{Text: strings.Join(s, " ")})
	if r.Statement != "" {
		out = append(out, heading{Text: "In the author's words"}, quote{r.Statement})
	}
	out = append(out, heading{Text: "The claim that follows from these facts"}, paragraph{Text: b.claim.Headline})
	v := &r.Verification
	state := "The ledger was not verified when this report was made."
	if v.State != NotVerified {
		state = fmt.Sprintf("The ledger was verified on %s: %s, %s, %s, %s.", when(v.When), v.State, countOf(v.Entries, "entry"), countOf(v.Heads, "signed head"), count(len(v.Problems), "problem"))
	}
	var span facts
	span.add("First act on record", when(r.Period.From))
	span.add("Last act on record", when(r.Period.To))
	return append(out, heading{Text: "The records behind it"}, paragraph{Text: state}, span,
		paragraph{Text: "There is no percentage of human authorship in this report, because no share of pixels or edits measures it. It lists what each person did, so that whoever judges can judge.", Quiet: true})
}

func countOf(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + plural(noun)
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// classes tells the counts of edits by class.
func (b *builder) classes(f *Facts) []string {
	var out []string
	for _, c := range []struct {
		n    int
		noun string
	}{
		{f.Drawings, "drawing by hand"}, {f.Arrangements, "arrangement"}, {f.Recolourings, "recolouring"},
		{f.Layouts, "change of layout"}, {f.Mechanical, "mechanical step"}, {f.ModelMade, "operation of a model"},
		{f.RuleMade, "drawing by rule"}, {f.Imported, "placement of a picture"}, {f.Unclassified, "operation of an unknown kind"},
	} {
		if c.n > 0 {
			out = append(out, count(c.n, c.noun))
		}
	}
	return out
}

func (b *builder) people() []block {
	if len(b.r.Authors) == 0 {
		return []block{paragraph{Text: "No author is on record."}}
	}
	out := []block{paragraph{Text: "A name is what the person chose. The identifier is a public key: what that person signed can be checked against it, and it can be compared with one that came by another way.", Quiet: true}}
	for _, a := range b.r.Authors {
		var f facts
		f.mono("Identifier", a.DID)
		for i, d := range a.Devices {
			f.mono(map[bool]string{true: "Devices", false: ""}[i == 0], d)
		}
		out = append(out, heading{Text: fallback(a.Name, "A person whose name is "+absent), Aside: a.Role}, f)
	}
	return out
}

// timeline shows every event where they are few, and days where they are many.
func (b *builder) timeline() []block {
	events := b.r.Events
	if len(events) == 0 {
		return []block{paragraph{Text: "No event is on record."}}
	}
	out := []block{paragraph{Text: "Times are UTC. Beside each stands whose clock gave it: a local clock is whatever its owner set it to; a time-stamp authority is somebody else.", Quiet: true}}
	if len(events) <= eventsInBody {
		return append(out, eventTable(events))
	}
	t := table{Columns: []column{{"Day", 1.1}, {"Events", 0.6}, {"What happened", 3.6}, {"Who", 1.6}}}
	for start := 0; start < len(events); {
		end := start + 1
		for end < len(events) && day(events[end].When) == day(events[start].When) {
			end++
		}
		var kinds, who tally
		for _, e := range events[start:end] {
			kinds.add(fallback(e.Kind, "other"))
			who.add(fallback(e.Who, absent))
		}
		t.Rows = append(t.Rows, []cell{{Text: fallback(day(events[start].When), absent)}, {Text: strconv.Itoa(end - start), Mono: true}, {Text: kinds.counted()}, {Text: list(who.names)}})
		start = end
	}
	return append(out, paragraph{Text: number(int64(len(events))) + " events, by day. Each of them stands in the appendix “Every event”."}, t)
}

// tally counts names in the order in which they came.
type tally struct {
	names  []string
	counts map[string]int
}

func (t *tally) add(name string) {
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	if t.counts[name] == 0 {
		t.names = append(t.names, name)
	}
	t.counts[name]++
}

func (t *tally) counted() string {
	var out []string
	for _, n := range t.names {
		out = append(out, fmt.Sprintf("%s %d", n, t.counts[n]))
	}
	return strings.Join(out, ", ")
}

func eventTable(events []Event) table {
	t := table{Columns: []column{{"Time", 1.35}, {"Source", 1.15}, {"Who", 1.25}, {"Kind", 0.95}, {"What", 2.9}, {"Entry", 1}}}
	for _, e := range events {
		t.Rows = append(t.Rows, []cell{{Text: clock(e.When.Time), Mono: true}, {Text: source(e.When), Quiet: true}, {Text: fallback(e.Who, absent)}, {Text: e.Kind}, {Text: e.What}, {Text: entry(e.Entry), Mono: true, Quiet: true}})
	}
	return t
}

func (b *builder) appendices() []section {
	var out []section
	if b.f.Edits()+b.f.Undone > 0 {
		t := table{Columns: []column{{"No.", 0.5}, {"Time", 1.35}, {"Source", 1.1}, {"Who", 1.2}, {"Class", 1.25}, {"Tool", 0.95}, {"What", 2.2}, {"Where", 1.1}, {"Entry", 0.95}}}
		n := 0
		for _, s := range b.r.Sessions {
			for _, e := range s.Edits {
				n++
				what := e.What
				if e.Undone {
					what = strings.TrimSpace(what + " (undone: not in this version)")
				}
				t.Rows = append(t.Rows, []cell{{Text: strconv.Itoa(n), Mono: true, Quiet: true}, {Text: clock(e.When.Time), Mono: true}, {Text: source(e.When), Quiet: true}, {Text: fallback(s.Who, absent)}, {Text: string(class(e.Class)), Tone: classTone(e.Class)}, {Text: e.Tool}, {Text: what}, {Text: e.Region}, {Text: entry(e.Entry), Mono: true, Quiet: true}})
			}
		}
		out = append(out, section{ID: "every-edit", Title: "Every edit", Blocks: []block{paragraph{Text: countOf(int64(n), "edit") + " in the order of the record.", Quiet: true}, t}})
	}
	if len(b.r.Events) > eventsInBody {
		out = append(out, section{ID: "every-event", Title: "Every event", Blocks: []block{eventTable(b.r.Events)}})
	}
	return out
}

// class names what is empty or unknown.
func class(c Class) Class {
	if c == "" {
		return Unclassified
	}
	return c
}

func classTone(c Class) tone {
	switch c {
	case Drawing, Arrangement:
		return blue
	case ModelMade:
		return warm
	case RuleMade:
		return leaf
	case Imported:
		return plum
	case Recolouring, Layout, Mechanical, Unclassified:
	}
	return plain
}

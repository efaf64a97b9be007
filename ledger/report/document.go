package report

// document is a report before it is put on pages: what both writers share.
type document struct {
	Title    string
	Author   string
	Subject  string
	Foot     string // stands at the foot of every page
	Cover    cover
	Sections []section
}

type cover struct {
	Picture *figure
	Name    string
	Under   string // one line below the name
	Badges  []badge
	Alarms  []callout // problems: above everything else
	Facts   []fact
}

type section struct {
	ID     string
	Number string // "1", "A"
	Title  string
	Blocks []block
	Keep   float64 // height that must be left on a page for it to begin there, in mm
}

// block is a piece of a section. Kind is the name of its template.
type block interface{ Kind() string }

// tone colours what has a state.
type tone string

const (
	plain tone = ""
	green tone = "green"
	amber tone = "amber"
	red   tone = "red"
	blue  tone = "blue" // a person's, in maps and badges of classes
	warm  tone = "warm" // a model's
	leaf  tone = "leaf" // by rule
	plum  tone = "plum" // imported
)

type badge struct {
	Text string
	Tone tone
}

// paragraph is text; Quiet explains, Lead comes first.
type paragraph struct {
	Text  string
	Quiet bool
	Lead  bool
}

// heading is below that of the section; Aside stands opposite. Keep is the height
// of what must stand on the same page, in mm.
type heading struct {
	Text, Aside string
	Keep        float64
}

// facts are names with values.
type facts struct{ Rows []fact }

type fact struct {
	Name, Value string
	Mono        bool
}

// table has columns of relative widths.
type table struct {
	Columns []column
	Rows    [][]cell
}

type column struct {
	Title string
	Width float64
}

type cell struct {
	Text  string
	Mono  bool
	Quiet bool
	Tone  tone // a badge where it is not plain
}

// gallery is pictures in rows of so many.
type gallery struct {
	Across int
	Items  []*figure
}

// figure is a picture with its caption. Picture is nil where there is none.
type figure struct {
	Picture *picture
	Alt     string
	Title   string
	Badge   badge
	Lines   []string
}

// pair is before and after; a Large one is that of a whole session.
type pair struct {
	Large         bool
	Before, After *figure
	Title         string
	Badge         badge
	Lines         []string
}

// callout is what must not be overlooked.
type callout struct {
	Tone  tone
	Title string
	Lines []string
}

// quote is somebody's own words.
type quote struct{ Text string }

// list of points.
type points struct{ Items []string }

// steps are to be done in order; Code is what is typed.
type steps struct{ Items []step }

type step struct {
	Title, Text string
	Code        []string
}

// legend explains the colours of a map.
type legend struct{ Items []legendItem }

type legendItem struct {
	Tone        tone
	Name, Value string
}

func (paragraph) Kind() string { return "paragraph" }
func (heading) Kind() string   { return "heading" }
func (facts) Kind() string     { return "facts" }
func (table) Kind() string     { return "table" }
func (gallery) Kind() string   { return "gallery" }
func (pair) Kind() string      { return "pair" }
func (callout) Kind() string   { return "callout" }
func (quote) Kind() string     { return "quote" }
func (points) Kind() string    { return "points" }
func (steps) Kind() string     { return "steps" }
func (legend) Kind() string    { return "legend" }

// add leaves out facts that are empty.
func (f *facts) add(name, value string) {
	if value != "" {
		f.Rows = append(f.Rows, fact{Name: name, Value: value})
	}
}

// mono adds a fact that is read letter by letter.
func (f *facts) mono(name, value string) {
	if value != "" {
		f.Rows = append(f.Rows, fact{Name: name, Value: value, Mono: true})
	}
}

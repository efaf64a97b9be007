package report

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/selvage-studio/selvage/ledger/blob"
)

func asHTML(t testing.TB, r Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// asPDF writes the report into a file and returns its name.
func asPDF(t testing.TB, r Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(&b, r); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// tool runs another's program, which the set-up of the tests installs.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is missing: go run ./packaging/setup -test", name)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// squeezed leaves out what breaking lines puts in.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

// text is what poppler reads of a PDF, in the order in which it was written.
func text(t testing.TB, pdf string) string {
	t.Helper()
	return squeezed(tool(t, "pdftotext", "-raw", "-enc", "UTF-8", pdf, "-"))
}

// shown is what a reader of the page sees.
func shown(page string) string {
	_, page, _ = strings.Cut(page, "</style>")
	return squeezed(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")))
}

// filler gives every field of a report a value of its own.
type filler struct {
	t     *testing.T
	n     int
	facts map[string]string // path to what must be found
	alts  map[string]string
}

func (f *filler) fill(v reflect.Value, path string) {
	f.n++
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Date(2026, 1, 1, 0, 0, f.n, 0, time.UTC).Add(time.Duration(f.n) * time.Hour)
		f.facts[path] = p.Format("2006-01-02 15:04:05 UTC")
		return
	case *blob.Hash:
		*p = blob.Of([]byte(path))
		f.facts[path] = p.String()
		return
	case **Picture:
		*p = &Picture{Data: flowers(f.t, 24, f.n%17, false), Alt: fmt.Sprintf("Alt%dx", f.n)}
		f.alts[path] = (*p).Alt
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("Q%dx", f.n))
		f.facts[path] = v.String()
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(3_000_000 + 7*f.n))
		f.facts[path] = fmt.Sprint(v.Int())
	case reflect.Bool:
		// Told by other words: TestFlags.
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Faces" {
				f.fill(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
		}
	default:
		f.t.Fatalf("%s is a %v: the test does not know how to fill it", path, v.Kind())
	}
}

func TestEveryFieldIsInBoth(t *testing.T) {
	f := &filler{t: t, facts: map[string]string{}, alts: map[string]string{}}
	var r Report
	f.fill(reflect.ValueOf(&r).Elem(), "Report")
	if len(f.facts) < 200 || len(f.alts) < 15 {
		t.Fatalf("only %d facts and %d pictures were filled", len(f.facts), len(f.alts))
	}
	page := asHTML(t, r)
	pdf := asPDF(t, r)
	inHTML, inPDF := strings.ReplaceAll(shown(page), ",", ""), strings.ReplaceAll(text(t, pdf), ",", "")
	for path, fact := range f.facts {
		want := squeezed(fact)
		if !strings.Contains(inHTML, want) {
			t.Errorf("HTML lacks %s, %q", path, fact)
		}
		if !strings.Contains(inPDF, want) {
			t.Errorf("PDF lacks %s, %q", path, fact)
		}
	}
	plain := pdf + ".plain"
	tool(t, "qpdf", "--stream-data=uncompress", pdf, plain)
	data, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	for path, alt := range f.alts {
		if !strings.Contains(page, `alt="`+alt+`"`) {
			t.Errorf("HTML lacks the picture %s", path)
		}
		var u []byte
		for _, c := range utf16.Encode([]rune(alt)) {
			u = append(u, byte(c>>8), byte(c))
		}
		if !bytes.Contains(data, []byte("/Alt <FEFF"+strings.ToUpper(hex.EncodeToString(u)))) {
			t.Errorf("PDF lacks the picture %s", path)
		}
	}
}

func TestFlags(t *testing.T) {
	r := sample(t, 3)
	for name, flip := range map[string]func(*Report){
		"an edit undone":     func(r *Report) { r.Sessions[0].Edits[1].Undone = true },
		"an import unused":   func(r *Report) { r.Imports[0].Unused = true },
		"a lineage proved":   func(r *Report) { r.Models[0].Proved = true },
		"not published":      func(r *Report) { r.Disclosures[0].Published = false },
		"a ledger unchecked": func(r *Report) { r.Verification.State = NotVerified },
	} {
		other := sample(t, 3)
		flip(&other)
		if shown(asHTML(t, r)) == shown(asHTML(t, other)) || text(t, asPDF(t, r)) == text(t, asPDF(t, other)) {
			t.Errorf("%s reads the same", name)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	for _, write := range []func(*bytes.Buffer, Report) error{
		func(b *bytes.Buffer, r Report) error { return PDF(b, r) },
		func(b *bytes.Buffer, r Report) error { return HTML(b, r) },
	} {
		var first []byte
		for range 4 {
			var b bytes.Buffer
			r := hostile(t)
			r.Faces = amiri(t)
			if err := write(&b, r); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = b.Bytes()
			} else if !bytes.Equal(first, b.Bytes()) {
				t.Fatal("the same report, other bytes")
			}
		}
	}
}

// What is handed in is handed back unchanged, hostile strings included.
func TestTheInputIsLeftAlone(t *testing.T) {
	r, again := hostile(t), hostile(t)
	asHTML(t, r)
	asPDF(t, r)
	if !reflect.DeepEqual(r, again) {
		t.Error("the report was changed")
	}
}

func TestOtherProgramsReadThePDF(t *testing.T) {
	for name, r := range map[string]Report{"sample": sample(t, 30), "bare": bare(), "hostile": hostile(t), "large": sample(t, 2000)} {
		t.Run(name, func(t *testing.T) {
			pdf := asPDF(t, r)
			if out := tool(t, "qpdf", "--check", pdf); strings.Contains(out, "WARNING") {
				t.Error(out)
			}
			info := tool(t, "pdfinfo", "-isodates", pdf)
			for _, want := range []string{"Producer:        Selvage", "CreationDate:    " + r.Made.Format("2006-01-02T15:04:05"), "Title:           Authorship report: "} {
				if !strings.Contains(info, want) {
					t.Errorf("%q is not in\n%s", want, info)
				}
			}
			fonts := tool(t, "pdffonts", pdf)
			if n := len(regexp.MustCompile(`Identity-H +yes`).FindAllString(fonts, -1)); n != 3 {
				t.Errorf("%d fonts are embedded:\n%s", n, fonts)
			}
			for _, m := range regexp.MustCompile(`xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)`).FindAllStringSubmatch(tool(t, "pdftotext", "-bbox", pdf, "-"), -1) {
				x0, _ := strconv.ParseFloat(m[1], 64)
				y0, _ := strconv.ParseFloat(m[2], 64)
				x1, _ := strconv.ParseFloat(m[3], 64)
				y1, _ := strconv.ParseFloat(m[4], 64)
				if x0 < 40 || y0 < 30 || x1 > 595.28-40 || y1 > 841.89-20 {
					t.Fatalf("%q lies over the margins: %v", m[5], m[1:5])
				}
			}
			outline := tool(t, "qpdf", "--json", "--json-key=outlines", pdf)
			for _, want := range []string{"1  Summary", "11  Draft of a claim", "14  What this report is, and is not"} {
				if !strings.Contains(outline, want) {
					t.Errorf("no bookmark %q", want)
				}
			}
		})
	}
}

func TestEveryEditOfManyIsThere(t *testing.T) {
	r := sample(t, 2000)
	i := 0
	for s := range r.Sessions {
		for e := range r.Sessions[s].Edits {
			r.Sessions[s].Edits[e].What, r.Sessions[s].Edits[e].Tool = fmt.Sprintf("E%dx", i), fmt.Sprintf("T%dx", i)
			r.Events = append(r.Events, Event{When: at(i), Kind: "edit", Who: "Ida", What: fmt.Sprintf("V%dx", i)})
			i++
		}
	}
	page := asHTML(t, r)
	for name, got := range map[string]string{"HTML": shown(page), "PDF": text(t, asPDF(t, r))} {
		for i := range 2000 {
			if !strings.Contains(got, fmt.Sprintf("E%dx", i)) || !strings.Contains(got, fmt.Sprintf("V%dx", i)) || !strings.Contains(got, fmt.Sprintf("T%dx", i)) {
				t.Fatalf("%s lacks edit or event %d", name, i)
			}
		}
	}
	// Pictures are a choice of them, so that the file can be sent by mail.
	if n := strings.Count(page, "<img "); n > 2*picturedEdits+2*len(r.Sessions)+10 || len(page) > 12<<20 {
		t.Errorf("%d pictures in %d bytes", n, len(page))
	}
}

func TestProblemsAreOnPageOne(t *testing.T) {
	r := hostile(t)
	for i := range 40 {
		r.Verification.Problems = append(r.Verification.Problems, Problem{Code: fmt.Sprintf("code.%d", i), Detail: strings.Repeat("detail ", 30)})
	}
	first := squeezed(tool(t, "pdftotext", "-l", "1", asPDF(t, r), "-"))
	page := asHTML(t, r)
	head, _, _ := strings.Cut(page, "<nav")
	for name, got := range map[string]string{"PDF": first, "HTML": shown("</style>" + head)} {
		if !strings.Contains(got, squeezed("Problems were found in the ledger behind this report")) || !strings.Contains(got, "head.fork") {
			t.Errorf("the first page of %s has no problems:\n%.800s", name, got)
		}
	}
	for _, p := range r.Verification.Problems {
		if !strings.Contains(shown(page), p.Code) {
			t.Errorf("HTML lacks the problem %s", p.Code)
		}
	}
	clean := sample(t, 1)
	if strings.Contains(shown(asHTML(t, clean)), squeezed("Problems were found")) {
		t.Error("problems of a ledger that has none")
	}
}

func TestHostileTextStaysText(t *testing.T) {
	page := asHTML(t, hostile(t))
	for _, bad := range []string{"<script", "<img src=x", "\u202e", "\x00", "\x1b", "ZgotmplZ", "</td><script", "href=\"java", "http-equiv=\"refresh"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;", "[U&#43;202E]gnp.exe", "[0xFF]", "{{.}}", "[U&#43;0000]"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if got := shown(page); !strings.Contains(got, squeezed(`'$(rm -rf ~)'\''; echo `+"`id`'")) {
		t.Error("a file name is not one word for the shell")
	}
	// Nothing is loaded from elsewhere, and the only links are to its own sections.
	for _, m := range regexp.MustCompile(`(?:src|href|url|action)\s*[=(]\s*"?([^">)]{0,12})`).FindAllStringSubmatch(strings.Split(page, "<body>")[1], -1) {
		if !strings.HasPrefix(m[1], "data:image/") && !strings.HasPrefix(m[1], "#") && strings.Contains(m[0], `"`) && !strings.Contains(m[0], "&") {
			t.Errorf("the page reaches out: %q", m[0])
		}
	}
}

func TestBadInput(t *testing.T) {
	good := flowers(t, 24, 3, false)
	for name, c := range map[string]struct {
		field string
		harm  func(*Report)
	}{
		"no time":         {"Made", func(r *Report) { r.Made = time.Time{} }},
		"no name":         {"Pattern.Name", func(r *Report) { r.Pattern.Name = " \n" }},
		"no picture":      {"Picture", func(r *Report) { r.Picture.Data = []byte("GIF89a") }},
		"a cut picture":   {"Sessions[0].Edits[0].After", func(r *Report) { r.Sessions[0].Edits[0].After = &Picture{Data: good[:len(good)/2]} }},
		"a huge picture":  {"Map.Picture", func(r *Report) { r.Map.Picture.Data = huge(good) }},
		"a heavy picture": {"Report.Candidates[0].Picture.Data", func(r *Report) { r.Candidates[0].Picture.Data = make([]byte, MaxPicture+1) }},
		"too long a text": {"Report.Prompts[1].Note", func(r *Report) { r.Prompts[1].Note = strings.Repeat("x", MaxText+1) }},
		"too many edits":  {"Sessions", func(r *Report) { r.Sessions[0].Edits = make([]Edit, MaxEdits+1) }},
		"too many events": {"Report.Events", func(r *Report) { r.Events = make([]Event, MaxItems+1) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := sample(t, 3)
			c.harm(&r)
			for _, err := range []error{HTML(&bytes.Buffer{}, r), PDF(&bytes.Buffer{}, r)} {
				var bad *InputError
				if !errors.As(err, &bad) || bad.Field != c.field || name == "a huge picture" && !strings.Contains(bad.Reason, "60000 x 60000") {
					t.Errorf("the error is %v", err)
				}
			}
		})
	}
}

// huge says of a PNG that it is 60,000 pixels wide and high.
func huge(png []byte) []byte {
	out := bytes.Clone(png)
	copy(out[16:24], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	crc := crcOf(out[12:29])
	copy(out[29:33], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
	return out
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestTheWritersErrorComesBack(t *testing.T) {
	full := errors.New("the disk is full")
	for _, err := range []error{HTML(brokenWriter{full}, bare()), PDF(brokenWriter{full}, bare())} {
		if !errors.Is(err, full) {
			t.Errorf("the error is %v", err)
		}
	}
}

// Letters beyond the page's own fonts are shaped, drawn, and found as text.
func TestLettersOfOthers(t *testing.T) {
	r := bare()
	r.Authors = []Author{{Name: "فاطمة"}, {Name: "王小明"}, {Name: "Ελένη Кім Żółć"}}
	r.Faces = amiri(t)
	pdf := asPDF(t, r)
	got := text(t, pdf)
	for _, want := range []string{"王小明", "ΕλένηКімŻółć", "letters of this report had no font"} {
		if !strings.Contains(got, squeezed(want)) {
			t.Errorf("PDF lacks %q", want)
		}
	}
	if !strings.Contains(got, "فاطمة") && !strings.Contains(got, reversed("فاطمة")) {
		t.Error("PDF lacks the Arabic name")
	}
	if !strings.Contains(shown(asHTML(t, r)), "فاطمة") {
		t.Error("HTML lacks the Arabic name")
	}
}

func reversed(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// The document's structure, as a person reviews it.
func TestGolden(t *testing.T) {
	r := sample(t, 30)
	d, err := build(&r)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "%s %s\n", s.Number, s.Title)
		for _, k := range s.Blocks {
			switch k := k.(type) {
			case paragraph:
				fmt.Fprintf(&b, "  paragraph: %s\n", k.Text)
			case heading:
				fmt.Fprintf(&b, "  heading: %s | %s\n", k.Text, k.Aside)
			case facts:
				for _, f := range k.Rows {
					fmt.Fprintf(&b, "  fact: %s = %s\n", f.Name, f.Value)
				}
			case points:
				for _, p := range k.Items {
					fmt.Fprintf(&b, "  point: %s\n", p)
				}
			case steps:
				for _, p := range k.Items {
					fmt.Fprintf(&b, "  step: %s: %s %q\n", p.Title, p.Text, p.Code)
				}
			case table:
				fmt.Fprintf(&b, "  table of %d rows\n", len(k.Rows))
			default:
				fmt.Fprintf(&b, "  %s\n", k.Kind())
			}
		}
	}
	const name = "testdata/sample.txt"
	if os.Getenv("SELVAGE_UPDATE") != "" {
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the document changed; look at it, and write it anew with SELVAGE_UPDATE=1:\n%s", b.String())
	}
}

// onPage gives a page that text can be measured on.
func onPage(t testing.TB, faces Faces) *page {
	t.Helper()
	ls, err := newLetters(faces)
	if err != nil {
		t.Fatal(err)
	}
	d := &document{Title: "T"}
	p, err := lay(d, ls, at(0).Time, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Any text is cut into lines that fit and lose nothing, and any page of HTML holds
// it as text.
func FuzzText(f *testing.F) {
	f.Add("plain words on a line that is long enough to be broken")
	f.Add("نقش\u202e 牡丹 \xff\x00<b>\n\n{{")
	f.Add("👩🏽‍🎨\u0301\u200d " + strings.Repeat("x", 90))
	p := onPage(f, amiri(f))
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4000 {
			return
		}
		clean := safe(s)
		for _, c := range clean {
			if c != '\n' && hidden(c) {
				t.Fatalf("%U is hidden in %q", c, clean)
			}
		}
		st := tabular()
		lines := p.lines(st, clean, 30)
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(strings.ReplaceAll(clean, "\n", ""), " ", ""); got != want {
			t.Fatalf("%q became %q", want, got)
		}
		for _, l := range lines {
			if w := p.width(st, l); w > 30.01 && len(l) > 60 {
				t.Fatalf("%q is %g mm wide", l, w)
			}
		}
		r := bare()
		r.Pattern.Name, r.Statement, r.Events = "n"+s, s, []Event{{What: s}}
		if page := asHTML(t, r); strings.Count(page, "<blockquote") != strings.Count(asHTML(t, Report{Made: r.Made, Pattern: Pattern{Name: "n"}, Statement: "s"}), "<blockquote") && s != "" {
			t.Fatal("the text made elements")
		}
	})
}

func FuzzPicture(f *testing.F) {
	f.Add(flowers(f, 8, 2, false))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		made, err := prepare(data, 64, "Picture")
		var bad *InputError
		if err != nil && !errors.As(err, &bad) || err == nil && (max(made.Width, made.Height) > 64 || len(made.Data) == 0) {
			t.Errorf("%+v, %v", made, err)
		}
	})
}

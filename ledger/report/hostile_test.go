package report

import (
	"strings"
	"testing"
)

// bare has nothing but what is needed.
func bare() Report {
	r := Report{Pattern: Pattern{Name: "Untitled"}}
	r.Made = at(0).Time
	return r
}

// hostile is what an ill-meaning or unlucky person could hand in.
func hostile(t testing.TB) Report {
	r := sample(t, 12)
	r.Pattern.Name = "نقش الورد 牡丹唐草 " + strings.Repeat("Langername", 20)
	r.Authors[0].Name = "فاطمة الزهراء"
	r.Authors[1].Name = "王小明 (Xiǎomíng)"
	r.Authors = append(r.Authors, Author{Name: "שרה כהן", Role: "</td><script>alert(1)</script>"}, Author{Name: "ประภาส สวยงาม"}, Author{Name: "Ελένη Παπαδοπούλου"}, Author{Name: "Александра Ким"})
	r.Statement = "<script>alert('x')</script> {{.}} \u202egnp.exe\u202c \x00\x1b[31m \xff\xfe \"quoted\" & 'single' --> ]]> javascript:alert(1)\n\n\n" + strings.Repeat("x", 4000)
	r.Prompts[0].Text.Text = "牡丹と唐草の連続模様、藍色と茜色、手彫り版木の質感。" + strings.Repeat("密な繰り返し、", 60)
	r.Sessions[0].Edits[0].What = "<img src=x onerror=alert(1)> 𓀀 👩🏽‍🎨 🪡"
	r.Sessions[0].Edits[1].Tool = strings.Repeat("tool\n", 200)
	r.Events[1].What = "tab\there \u2067turned"
	r.Events[0].What = strings.Repeat("word ", 3000)
	r.Proof.Files[1].Name = "$(rm -rf ~)'; echo `id`"
	r.Verification.State = NotIntact
	r.Verification.Problems = []Problem{{"head.fork", ref(900), "two signed heads of size 900 that no proof joins"}, {"entry.hash", ref(17), "the entry is not the one that the tree holds"}}
	return r
}

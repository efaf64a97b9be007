package report

import (
	"fmt"
	"strings"
)

func (b *builder) claimed() []block {
	c := &b.claim
	hue := amber
	if c.Basis != Nothing {
		hue = green
	}
	out := []block{callout{Tone: hue, Title: capital(string(c.Basis)), Lines: []string{c.Headline}}}
	if len(c.Fields) > 0 {
		out = append(out, paragraph{Text: "Words for the Standard Application of the US Copyright Office, field by field. They follow from the counts in this report; read them against the pictures before you file.", Quiet: true})
		var f facts
		for _, x := range c.Fields {
			f.add(x.Name, x.Text)
		}
		out = append(out, f)
	}
	if len(c.Unclaims) > 0 {
		out = append(out, heading{Text: "On record, and not claimed"}, points{c.Unclaims})
	}
	return append(out, heading{Text: "To know before filing"}, points{c.Cautions}, heading{Text: "Rules that this draft follows"}, points{c.Sources})
}

func (b *builder) proofs() []block {
	var out []block
	if d := b.r.Deposit; d != nil {
		var f facts
		f.add("File", fallback(d.File, absent))
		f.add("Type", d.Media)
		if d.Width > 0 || d.Height > 0 {
			f.add("Size", number(int64(d.Width))+" x "+number(int64(d.Height))+" pixels")
		}
		if d.Bytes > 0 {
			f.add("Length", number(d.Bytes)+" bytes")
		}
		f.mono("Hash", fallback(hash(d.Hash), absent))
		out = append(out, heading{Text: "The deposit"}, f)
	} else {
		out = append(out, heading{Text: "The deposit"}, paragraph{Text: "No deposit picture is named in this report."})
	}
	if v := &b.r.Verification; len(v.Problems) > 0 {
		var lines []string
		for i := range v.Problems {
			lines = append(lines, problemLine(&v.Problems[i]))
		}
		out = append(out, heading{Text: "Problems found"}, points{lines})
	}
	p := &b.r.Proof
	if len(p.Logs) == 0 {
		out = append(out, heading{Text: "Logs"}, paragraph{Text: "No log is named in this report. What it says cannot be checked against a ledger."})
	}
	for i := range p.Logs {
		out = append(out, logBlocks(&p.Logs[i])...)
	}
	if len(p.Fingerprints) > 0 {
		t := table{Columns: []column{{"Whose", 1.4}, {"For", 1.2}, {"Fingerprint", 4}}}
		for _, f := range p.Fingerprints {
			t.Rows = append(t.Rows, []cell{{Text: f.Whose}, {Text: f.For}, {Text: f.Value, Mono: true}})
		}
		out = append(out, heading{Text: "Fingerprints"}, paragraph{Text: "Compare them with the ones that the studio publishes elsewhere: on its web site, its letterhead, by telephone. A forged report would bring forged ones.", Quiet: true}, t)
	}
	if len(p.Files) > 0 {
		t := table{Columns: []column{{"File", 2}, {"For", 1.1}, {"Hash", 3.6}}}
		for _, f := range p.Files {
			t.Rows = append(t.Rows, []cell{{Text: f.Name, Mono: true}, {Text: fallback(string(f.Role), string(RoleOther))}, {Text: hash(f.Hash), Mono: true}})
		}
		out = append(out, heading{Text: "Files that come with this report"}, t)
	}
	return out
}

func logBlocks(l *Log) []block {
	var f facts
	f.mono("Origin", l.Origin)
	if l.To > 0 || l.From > 0 || l.Size > 0 {
		f.mono("Entries used", fmt.Sprintf("%d to %d", l.From, l.To))
		f.mono("Entries in the log", fmt.Sprintf("%d", l.Size))
	}
	f.mono("Head", hash(l.Root))
	f.mono("Signed by", l.Signer)
	f.add("Time of the head", when(l.When))
	out := []block{heading{Text: "Log " + fallback(l.Name, "without a name")}, f}
	if len(l.Cosigned) == 0 {
		out = append(out, paragraph{Text: "No witness has cosigned this head.", Quiet: true})
	} else {
		t := table{Columns: []column{{"Witness", 1.8}, {"When", 1.5}, {"Key", 3}}}
		for _, c := range l.Cosigned {
			t.Rows = append(t.Rows, []cell{{Text: c.Witness}, {Text: clock(c.When), Mono: true}, {Text: c.Key, Mono: true}})
		}
		out = append(out, paragraph{Text: "Cosigned by"}, t)
	}
	if len(l.TimeStamped) == 0 {
		return append(out, paragraph{Text: "No time-stamp authority has stamped this head.", Quiet: true})
	}
	t := table{Columns: []column{{"Authority", 1.5}, {"When", 1.4}, {"Serial", 1}, {"Token", 1.2}, {"Over", 2.6}}}
	for _, s := range l.TimeStamped {
		t.Rows = append(t.Rows, []cell{{Text: s.Authority}, {Text: clock(s.When), Mono: true}, {Text: s.Serial, Mono: true}, {Text: s.Token, Mono: true}, {Text: hash(s.Digest), Mono: true}})
	}
	return append(out, paragraph{Text: "Time stamps (RFC 3161)"}, t)
}

// verify tells each step with the values of this report, first with the program
// made for it, then with what every computer has.
func (b *builder) verify() []block {
	p := &b.r.Proof
	file := func(role Role, fall string) string {
		for _, f := range p.Files {
			if f.Role == role && f.Name != "" {
				return shell(f.Name)
			}
		}
		return fall
	}
	library, note := file(RoleLibrary, "LIBRARY"), file(RoleNote, "HEAD.note")
	deposit := file(RoleDeposit, "")
	var digest string
	if d := b.r.Deposit; d != nil {
		if deposit == "" && d.File != "" {
			deposit = shell(d.File)
		}
		digest = strings.TrimPrefix(hash(d.Hash), "sha256:")
	}
	deposit = fallback(deposit, "DEPOSIT")
	out := []block{paragraph{Text: "selvage-verify is one file, needs no installation, no account and no network. Take it from where the program is published, not from whoever gave you this report: a forged report brings a forged verifier. Words in capitals stand for files of yours."}}
	s := steps{Items: []step{
		{"Compare the fingerprints", "Ask the studio for its fingerprints by another way than this report came, and compare them letter by letter with the section “Deposit and proofs”.", nil},
		{"Verify the ledger", "This checks every entry, the tree over them and every signed head. It exits with 0 when all is intact, 1 when it is not, 2 when there is nothing to verify.", []string{"selvage-verify --json " + library}},
		{"Verify it against a head that you hold", "With a head that a witness cosigned, or that you kept from an earlier day, a history that was rolled back, forked or rewritten since then is found out.", []string{"selvage-verify --json --head " + note + " " + library}},
		{"Verify the deposit", "This reads the signed manifest inside of the picture. Name the studio's certificate or identifier, so that another signer is refused.", []string{"selvage-verify --json --require-trust --trust STUDIO.pem " + deposit}},
	}}
	out = append(out, heading{Text: "With selvage-verify"}, s)
	var t steps
	sum := step{"The deposit is the picture that this report is about", "What is printed has to be the hash under “Deposit and proofs”.", []string{"sha256sum " + deposit}}
	if digest != "" {
		sum.Text = "What is printed has to be " + digest + "."
	}
	sum.Text += " On Windows it is printed by certutil -hashfile FILE SHA256, on macOS by shasum -a 256 FILE."
	t.Items = append(t.Items, sum,
		step{"The manifest inside of the picture", "Content Credentials are an open standard (C2PA); tools of others read them, and the fields beside them.", []string{"c2patool " + deposit, "exiftool -G1 -a " + deposit}},
		step{"The contents that the entries name", "Each file under blobs is called by its SHA-256; what is printed for a file has to be its own name.", []string{"sha256sum LIBRARY/blobs/sha256/*/*"}},
		step{"The heads", "A head is a signed note (C2SP signed-note) over a checkpoint (C2SP tlog-checkpoint), and the tree is that of RFC 6962. Tools for transparency logs read both; ledger/FORMAT.md of the program's source says the rest, exactly enough to write a verifier of your own.", []string{"cat " + note}})
	for i := range p.Logs {
		for _, st := range p.Logs[i].TimeStamped {
			if st.Token == "" {
				continue
			}
			code := "openssl ts -verify -in " + shell(st.Token) + " -CAfile AUTHORITY.pem"
			if h := hash(st.Digest); h != "" {
				code += " -digest " + strings.TrimPrefix(h, "sha256:")
			}
			t.Items = append(t.Items, step{"The time stamp of " + fallback(st.Authority, "the authority"), "Take the authority's certificate from the authority.", []string{code, "openssl ts -reply -in " + shell(st.Token) + " -text"}})
		}
	}
	return append(out, heading{Text: "With ordinary tools"}, t)
}

// shell quotes a file name so that it is one word, whatever it is, and no option.
func shell(name string) string {
	ok := func(r rune) bool {
		return r == '.' || r == '_' || r == '-' || r == '/' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	if name != "" && strings.IndexFunc(name, func(r rune) bool { return !ok(r) }) < 0 {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func (b *builder) limits() []block {
	witnessed, stamped := false, false
	for _, l := range b.r.Proof.Logs {
		witnessed = witnessed || len(l.Cosigned) > 0
		stamped = stamped || len(l.TimeStamped) > 0
	}
	items := []string{
		"It is evidence and not legal advice. Whether a work is protected, and whose it is, is decided by offices and courts, on all of the facts.",
		"The ledger is tamper-evident, not tamper-proof. Whoever holds the files and the keys can write another history; what can be found out is that two histories exist, or that one does not fit a head which somebody else holds.",
	}
	if witnessed {
		items = append(items, "At least one head in this report is cosigned by a witness: a history that was rolled back, forked or rewritten since then does not fit it. What was invented before the first cosigned head cannot be found out this way.")
	} else {
		items = append(items, "No head in this report is cosigned by a witness. Without one, a whole log that its owner wrote anew and signed again, or a return to an older copy, cannot be found out from the files alone.")
	}
	if stamped {
		items = append(items, "A time stamp proves that a head, and all entries under it, existed at that time. It does not prove that they were not written much later than they say they happened, only not after the stamp.")
	} else {
		items = append(items, "No time-stamp authority has stamped these heads. The times in this report are what the clocks said that are named beside them, and a local clock says what its owner set.")
	}
	items = append(items,
		"The program records what was done in it. It does not see what happened outside: who sat at the computer, what a picture was drawn from, who made an imported file.",
		"What a key signed was signed by whoever held the key. Compromised keys are recorded when they become known.",
		"Prompts, seeds and names that were withheld are bound by salted hashes and cannot be read out of this report. What was erased stays bound and cannot be shown any more.",
		"Pictures in this report are made smaller for reading. The originals are found by their hashes.")
	return []block{points{items}}
}

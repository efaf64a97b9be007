// Package report writes the authorship report of one pattern: who did what and
// when, what a model made and what a hand, the draft of a claim, and how to check
// all of it without this program.
//
//	r := report.Report{Made: ..., Pattern: ..., Authors: ..., Sessions: ...}
//	err := report.HTML(file, r) // one file, no script, nothing loaded from elsewhere
//	err = report.PDF(file, r)   // bookmarks, page numbers, its own fonts
//
// # The way from facts to pages
//
// A Report holds plain facts, and nothing in it is computed from keys or clocks:
// whoever fills it has verified the ledger and says so in Verification. Draft makes
// the claim from the facts, alone and without pages. The content_*.go files make a
// document of both: sections of paragraphs, tables, pictures and steps. Two writers
// put the same document on pages, so that the PDF and the HTML never say different
// things. The same Report gives the same bytes.
//
// # What it says, and what it refuses to say
//
// It states facts, each with its time, the source of that time and the entry that
// holds it. It gives no percentage of human authorship: colour, layout and
// mechanical steps are most of the work of many a pattern and support no claim,
// and an outline that does is a few of its pixels. It is evidence and not legal
// advice. What is not on record is called so, and what was withheld is shown as the
// commitment that binds it. When the ledger has problems, they are on the first page.
//
// # Foreign text
//
// Every string may come from somebody who wishes the reader ill. Control characters
// and those that turn the direction of text are shown by their number, HTML is
// escaped, and no text becomes a link.
package report

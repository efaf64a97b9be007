package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode/utf8"
)

//go:embed page.html.tmpl
var pageTemplate string

// HTML writes the report as one file that loads nothing from elsewhere and runs no
// script. It follows the reader's light or dark theme, and prints on white. Errors
// are *InputError and the writer's.
func HTML(w io.Writer, r Report) error {
	d, err := build(&r)
	if err != nil {
		return err
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"data": dataURI,
		"cols": shares,
		"long": func(name string) bool { return utf8.RuneCountInString(name) > maxLetters },
	}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("authorship report: page: %w", err)
	}
	// Whole or not at all: half a report says something else.
	var out bytes.Buffer
	if err := t.Execute(&out, d); err != nil {
		return fmt.Errorf("authorship report: page: %w", err)
	}
	_, err = out.WriteTo(w)
	return err
}

// dataURI is safe as an address because both of its parts are made here.
func dataURI(p *picture) template.URL {
	return template.URL("data:image/" + strings.ToLower(p.Type) + ";base64," + base64.StdEncoding.EncodeToString(p.Data))
}

// shares are the columns' widths in per cent.
func shares(columns []column) []string {
	sum := 0.0
	for _, c := range columns {
		sum += c.Width
	}
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = fmt.Sprintf("%.2f%%", 100*c.Width/sum)
	}
	return out
}

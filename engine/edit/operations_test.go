package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/edit/paint"
)

// source is what the Go files of a package say about its types: comments and the
// values of named strings.
type source struct {
	types  map[string]string            // doc comments
	fields map[string]map[string]string // by type and Go name
	values map[string][]string          // constants of a named string type
}

const module = "github.com/selvage-studio/selvage/"

func readSource(t *testing.T, pkg string) *source {
	t.Helper()
	s := &source{map[string]string{}, map[string]map[string]string{}, map[string][]string{}}
	files, err := filepath.Glob(filepath.Join("../..", strings.TrimPrefix(pkg, module), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			gen, is := d.(*ast.GenDecl)
			if !is {
				continue
			}
			for _, spec := range gen.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					doc := spec.Doc
					if doc == nil {
						doc = gen.Doc
					}
					s.types[spec.Name.Name] = doc.Text()
					if st, is := spec.Type.(*ast.StructType); is {
						s.readFields(spec.Name.Name, st)
					}
				case *ast.ValueSpec:
					if id, is := spec.Type.(*ast.Ident); is && gen.Tok == token.CONST && len(spec.Values) == 1 {
						if lit, is := spec.Values[0].(*ast.BasicLit); is && lit.Kind == token.STRING {
							s.values[id.Name] = append(s.values[id.Name], strings.Trim(lit.Value, `"`))
						}
					}
				}
			}
		}
	}
	return s
}

// readFields keeps a field's comment above it, and the one behind it. A comment
// above several fields belongs to the first, and names the others.
func (s *source) readFields(name string, st *ast.StructType) {
	m := map[string]string{}
	for _, f := range st.Fields.List {
		text := strings.TrimSpace(f.Doc.Text() + " " + f.Comment.Text())
		for _, n := range f.Names {
			m[n.Name] = text
		}
	}
	s.fields[name] = m
}

// manual writes what OPERATIONS.md and the schema say, from the types.
type manual struct {
	t       *testing.T
	sources map[string]*source
}

func (m *manual) source(pkg string) *source {
	if m.sources[pkg] == nil {
		m.sources[pkg] = readSource(m.t, pkg)
	}
	return m.sources[pkg]
}

type member struct {
	name     string
	optional bool
	typ      reflect.Type
	doc      string
}

// members lists the JSON members of a struct, embedded ones in their place.
func (m *manual) members(typ reflect.Type) []member {
	var list []member
	for i := range typ.NumField() {
		f := typ.Field(i)
		tag, has := f.Tag.Lookup("json")
		if f.Anonymous && !has {
			list = append(list, m.members(f.Type)...)
			continue
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		if !has {
			m.t.Errorf("%v.%s has no JSON name", typ, f.Name)
		}
		name, options, _ := strings.Cut(tag, ",")
		doc := strings.Join(strings.Fields(m.source(typ.PkgPath()).fields[typ.Name()][f.Name]), " ")
		list = append(list, member{name, strings.Contains(options, "omit"), f.Type, doc})
	}
	return list
}

// schema is the JSON Schema (draft 2020-12) of a type.
func (m *manual) schema(typ reflect.Type) map[string]any {
	switch {
	case typ == reflect.TypeFor[Hash]():
		return map[string]any{"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
	case typ == reflect.TypeFor[json.RawMessage]():
		return map[string]any{}
	case typ.Kind() == reflect.Pointer:
		return m.schema(typ.Elem())
	}
	switch typ.Kind() { //nolint:exhaustive // operations have these
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		s := map[string]any{"type": "string"}
		if values := m.source(typ.PkgPath()).values[typ.Name()]; typ.Name() != "string" && len(values) > 0 {
			s["enum"] = append([]string{}, values...)
		}
		return s
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.schema(typ.Elem())}
	case reflect.Array:
		return map[string]any{"type": "array", "items": m.schema(typ.Elem()), "minItems": typ.Len(), "maxItems": typ.Len()}
	case reflect.Struct:
		if typ == reflect.TypeFor[paint.Point]() {
			return map[string]any{"type": "array", "items": map[string]any{"type": "number"}, "minItems": 2, "maxItems": 3}
		}
		if own(typ) {
			m.t.Errorf("%v has a form of its own; say here which", typ)
		}
		properties, required := map[string]any{}, []string{}
		for _, f := range m.members(typ) {
			s := m.schema(f.typ)
			if enum, has := s["enum"].([]string); has && f.optional {
				s["enum"] = append(enum, "")
			}
			properties[f.name] = s
			if !f.optional {
				required = append(required, f.name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	}
	if typ.Kind() >= reflect.Int && typ.Kind() <= reflect.Uint64 {
		return map[string]any{"type": "integer"}
	}
	m.t.Errorf("%v has no form in JSON Schema here", typ)
	return nil
}

// own says that a type has a JSON form of its own.
func own(typ reflect.Type) bool {
	return reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Unmarshaler]())
}

// word is how the manual calls a type.
func (m *manual) word(typ reflect.Type) string {
	s := m.schema(typ)
	switch {
	case typ.Kind() == reflect.Pointer:
		return m.word(typ.Elem())
	case typ == reflect.TypeFor[Hash]():
		return "blob"
	case typ == reflect.TypeFor[json.RawMessage]():
		return "any JSON"
	case s["enum"] != nil:
		return "`" + strings.Join(s["enum"].([]string), "` `") + "`"
	case typ.Kind() == reflect.Slice:
		return "list of " + m.word(typ.Elem())
	case typ.Kind() == reflect.Array:
		return fmt.Sprintf("list of %d × %s", typ.Len(), m.word(typ.Elem()))
	case typ.Kind() == reflect.Struct:
		return typ.Name()
	}
	return s["type"].(string)
}

func (m *manual) table(b *strings.Builder, typ reflect.Type, nested *[]reflect.Type) {
	if own(typ) {
		return // its comment says how it is written
	}
	list := m.members(typ)
	if len(list) == 0 {
		b.WriteString("No parameters.\n\n")
		return
	}
	b.WriteString("| parameter | | |\n|---|---|---|\n")
	documented := false
	for _, f := range list {
		word := m.word(f.typ)
		if f.optional {
			word += ", may be left out"
		}
		if f.doc == "" && documented && f.name != "layer" && f.name != "name" {
			f.doc = "see above"
		}
		documented = documented || f.doc != ""
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.name, word, strings.ReplaceAll(f.doc, "|", "\\|"))
		inner := f.typ
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.Kind() == reflect.Array && inner != reflect.TypeFor[Hash]() {
			if inner == reflect.TypeFor[json.RawMessage]() {
				break
			}
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && !slices.Contains(*nested, inner) {
			*nested = append(*nested, inner)
		}
	}
	b.WriteString("\n")
}

const generated = "<!-- From here on this is written by `go test -run Operations ./engine/edit -args -update`, from the comments in the code. -->\n"

func (m *manual) write() (text string, schema []byte) {
	var b strings.Builder
	var nested []reflect.Type
	var forms []any
	family := ""
	for _, kind := range Kinds() {
		typ := reflect.TypeOf(kinds()[kind]()).Elem()
		if f, _, _ := strings.Cut(kind, "."); f != family {
			family = f
			fmt.Fprintf(&b, "## %s\n\n", family)
		}
		doc := strings.TrimSpace(m.source(typ.PkgPath()).types[typ.Name()])
		if doc == "" {
			m.t.Errorf("%s has no comment", typ.Name())
		}
		fmt.Fprintf(&b, "### `%s`\n\n%s (%s)\n\n", kind, doc, ClassOf(kind))
		m.table(&b, typ, &nested)
		forms = append(forms, map[string]any{
			"type": "object", "required": []string{"kind"}, "additionalProperties": false,
			"properties": map[string]any{"kind": map[string]any{"const": kind}, "params": m.schema(typ)},
		})
	}
	b.WriteString("## Parts of parameters\n\n")
	for i := 0; i < len(nested); i++ {
		typ := nested[i]
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", typ.Name(), strings.TrimSpace(m.source(typ.PkgPath()).types[typ.Name()]))
		m.table(&b, typ, &nested)
	}
	schema, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A list of operations on a pattern",
		"type": "array", "items": map[string]any{"oneOf": forms},
	}, "", " ")
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.TrimSpace(b.String()) + "\n", append(schema, '\n')
}

// Every kind is in OPERATIONS.md and in the schema, with the parameters that it
// has, and nothing is there that does not exist.
func TestOperationsAreDocumented(t *testing.T) {
	m := &manual{t, map[string]*source{}}
	text, schema := m.write()
	have, err := os.ReadFile("OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	head, body, found := strings.Cut(string(have), generated)
	if !found {
		t.Fatal("OPERATIONS.md has lost the line that says what is generated")
	}
	if *update {
		if err := os.WriteFile("OPERATIONS.md", []byte(head+generated+"\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("operations.schema.json", schema, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if strings.TrimSpace(body) != strings.TrimSpace(text) {
		t.Error("OPERATIONS.md is not what the operations are: go test -run Operations ./engine/edit -args -update")
	}
	if !bytes.Equal(Schema(), schema) {
		t.Error("operations.schema.json is not what the operations are: go test -run Operations ./engine/edit -args -update")
	}
}

func TestTheManualsExampleIsAList(t *testing.T) {
	text, err := os.ReadFile("OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "\n    [\n")
	example, _, _ = strings.Cut(example, "\n    ]\n")
	ops, err := ParseList([]byte("[" + example + "]"))
	if err != nil {
		t.Fatal(err)
	}
	p := begin(t, newMemory(), Settings{})
	if _, err := p.ApplyAll(t.Context(), ops, Meta{}); err != nil || len(ops) < 2 {
		t.Errorf("%d operations: %v", len(ops), err)
	}
}

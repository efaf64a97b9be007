package origin

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const (
	// ParentKeyword is the keyword of the iTXt chunk of a PNG that holds the
	// parent as JSON.
	ParentKeyword = "selvage.pattern"
	// Namespace is that of the XMP property "pattern", whose value is the same
	// JSON.
	Namespace = "https://github.com/selvage-studio/selvage/ns/1.0/"
	// Prefix is what stands for the namespace in what is written here.
	Prefix = "selvage"
	// Property is the local name of the XMP property.
	Property = "pattern"
)

// maxField bounds what one field of a parent may hold.
const maxField = 256

// maxPacket bounds the XMP that is looked at.
const maxPacket = 4 << 20

// Parent names what a file was exported from. Empty fields are unknown.
type Parent struct {
	Pattern  string `json:"pattern,omitempty"`  // its name or short id
	Version  string `json:"version,omitempty"`  // hash of the version, "sha256:…"
	Document string `json:"document,omitempty"` // id of the document
}

// Text is the JSON that files carry.
func (p Parent) Text() []byte {
	data, err := json.Marshal(p)
	if err != nil {
		return nil // strings can always be written
	}
	return data
}

// XMP is a whole packet (ISO 16684-1) that holds nothing but the parent.
func (p Parent) XMP() []byte {
	var value bytes.Buffer
	if err := xml.EscapeText(&value, p.Text()); err != nil {
		return nil // a bytes.Buffer does not fail
	}
	var b strings.Builder
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:` + Prefix + `="` + Namespace + `" ` + Prefix + `:` + Property + `="`)
	b.Write(value.Bytes())
	b.WriteString("\"/></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>")
	return []byte(b.String())
}

// parseParent reads Text. nil where it is none.
func parseParent(text string) *Parent {
	if len(text) > 8*maxField {
		return nil
	}
	var p Parent
	if err := json.Unmarshal([]byte(text), &p); err != nil || p == (Parent{}) {
		return nil
	}
	for _, f := range []*string{&p.Pattern, &p.Version, &p.Document} {
		*f = line(*f, maxField)
	}
	return &p
}

// parentOf finds the property in an XMP packet, as an attribute or an element.
func parentOf(packet []byte) *Parent {
	if len(packet) > maxPacket || !bytes.Contains(packet, []byte(Namespace)) {
		return nil
	}
	d := xml.NewDecoder(bytes.NewReader(packet))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return nil
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Space == Namespace && a.Name.Local == Property {
				return parseParent(a.Value)
			}
		}
		if start.Name.Space == Namespace && start.Name.Local == Property {
			var text string
			if err := d.DecodeElement(&text, &start); err != nil {
				return nil
			}
			return parseParent(strings.TrimSpace(text))
		}
	}
}

// line keeps a stranger's text to one line of at most n runes.
func line(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		if n--; n < 0 {
			break
		}
		if r < ' ' || r == 0x7f || r == 0xfffd {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

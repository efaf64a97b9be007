package press

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/origin"
)

// Meta is what a file says of its picture.
type Meta struct {
	// DPIX and DPIY are pixels per inch, 0 if the file says nothing of size.
	DPIX, DPIY float64

	// Title names the design, Description says what somebody at a mill should
	// know: Detail.Statement, Screens.Statement. Both are UTF-8.
	Title, Description string

	// Pattern is the text of an origin.Parent, by which a file that comes back
	// finds what it was made from. Empty in a clean export.
	Pattern []byte

	// Profile is the ICC profile of the samples. Where it is nil, pictures in
	// RGB carry sRGB's; CMYK has no default.
	Profile []byte
}

const (
	software = "Selvage"
	maxDPI   = 1e5
	maxText  = 1 << 20 // of title, description, pattern; 16 MiB of profile
)

func (m Meta) check() error {
	switch {
	case m.DPIX < 0 || m.DPIY < 0 || m.DPIX > maxDPI || m.DPIY > maxDPI || math.IsNaN(m.DPIX+m.DPIY) || (m.DPIX == 0) != (m.DPIY == 0):
		return &PictureError{fmt.Sprintf("%g x %g DPI is no resolution that a file can state", m.DPIX, m.DPIY)}
	case len(m.Pattern) > 0 && !json.Valid(m.Pattern):
		return &PictureError{"the pattern's identity to embed is not JSON"}
	case len(m.Title)+len(m.Description)+len(m.Pattern) > maxText || len(m.Profile) > 16*maxText:
		return &PictureError{"title, description, identity and profile are more than a file's metadata should hold"}
	case len(m.Profile) > 0 && len(m.Profile) < 128:
		return &PictureError{fmt.Sprintf("%d bytes are no ICC profile", len(m.Profile))}
	}
	return nil
}

// fits reports a profile that is of another kind of colour than the picture.
func (m Meta) fits(model Model) error {
	icc := m.profile(model)
	if len(icc) < 128 {
		return nil
	}
	want := "RGB "
	if model == CMYK {
		want = "CMYK"
	}
	if space := string(icc[16:20]); space != want { // ICC.1, 7.2.6
		return &PictureError{fmt.Sprintf("a profile for %q does not describe a picture in %v", strings.TrimSpace(space), model)}
	}
	return nil
}

// profile returns the profile that a file of this model embeds, nil for none: a
// separation's grey is coverage and no colour.
func (m Meta) profile(model Model) []byte {
	switch {
	case model == Inks || model == Gray:
		return nil
	case len(m.Profile) > 0 || model == CMYK:
		return m.Profile
	default:
		return file.SRGBProfile()
	}
}

// text is title and description in one, for formats with a single field.
func (m Meta) text() string {
	switch {
	case m.Title == "":
		return m.Description
	case m.Description == "":
		return m.Title
	default:
		return m.Title + ". " + m.Description
	}
}

// XMP returns the packet of ISO 16684-1 with what Meta says: title and
// description of Dublin Core, and the pattern's identity.
func (m Meta) XMP() []byte {
	var b bytes.Buffer
	escaped := func(s string) {
		_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer does not fail
	}
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:` + origin.Prefix + `="` + origin.Namespace + `" xmp:CreatorTool="` + software + `"`)
	if len(m.Pattern) > 0 {
		var compact bytes.Buffer
		if json.Compact(&compact, m.Pattern) == nil {
			b.WriteString(" " + origin.Prefix + ":" + origin.Property + `="`)
			escaped(compact.String())
			b.WriteString(`"`)
		}
	}
	b.WriteString(">")
	for _, f := range [...]struct{ name, text string }{{"title", m.Title}, {"description", m.Description}} {
		if f.text != "" {
			b.WriteString("<dc:" + f.name + `><rdf:Alt><rdf:li xml:lang="x-default">`)
			escaped(f.text)
			b.WriteString("</rdf:li></rdf:Alt></dc:" + f.name + ">")
		}
	}
	b.WriteString("</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
	return b.Bytes()
}

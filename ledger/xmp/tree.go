package xmp

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The namespaces.
const (
	nsX         = "adobe:ns:meta/"
	nsRDF       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsXML       = "http://www.w3.org/XML/1998/namespace"
	nsDC        = "http://purl.org/dc/elements/1.1/"
	nsXMP       = "http://ns.adobe.com/xap/1.0/"
	nsRights    = "http://ns.adobe.com/xap/1.0/rights/"
	nsNote      = "http://ns.adobe.com/xmp/note/"
	nsPhotoshop = "http://ns.adobe.com/photoshop/1.0/"
	nsExt       = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
	nsPLUS      = "http://ns.useplus.org/ldf/xmp/1.0/"
	nsTC260     = "http://www.tc260.org.cn/ns/AIGC/1.0/"
)

// prefixes are those that everybody writes; a few programs look for them.
func prefixes() map[string]string {
	return map[string]string{
		nsRDF: "rdf", nsXML: "xml", nsDC: "dc", nsXMP: "xmp", nsRights: "xmpRights", nsPhotoshop: "photoshop",
		nsExt: "Iptc4xmpExt", nsPLUS: "plus", nsTC260: "TC260",
		"https://github.com/selvage-studio/selvage/ns/1.0/": "selvage",
		"http://ns.adobe.com/xap/1.0/mm/":                   "xmpMM",
		"http://ns.adobe.com/xap/1.0/sType/ResourceRef#":    "stRef",
		"http://ns.adobe.com/xap/1.0/sType/ResourceEvent#":  "stEvt",
		"http://ns.adobe.com/tiff/1.0/":                     "tiff",
		"http://ns.adobe.com/exif/1.0/":                     "exif",
		"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/":       "Iptc4xmpCore",
	}
}

// node is an element: with children, or with a text.
type node struct {
	name     xml.Name
	attr     []xml.Attr // without declarations of namespaces
	children []*node
	text     string
}

const (
	maxDepth = 32
	maxNodes = 20000
)

// readTree reads the one element of a packet. The error is a *PacketError.
func readTree(packet []byte) (*node, error) {
	if len(packet) > MaxPacket {
		return nil, &TooLargeError{Size: int64(len(packet)), Limit: MaxPacket}
	}
	d := xml.NewDecoder(bytes.NewReader(bytes.Trim(packet, "\x00 \t\r\n")))
	var root *node
	var stack []*node
	nodes := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &PacketError{err.Error()}
		}
		switch v := token.(type) {
		case xml.Directive:
			return nil, &PacketError{"it declares a document type"}
		case xml.StartElement:
			if nodes++; nodes > maxNodes || len(stack) == maxDepth {
				return nil, &PacketError{"it is larger or deeper than any packet"}
			}
			n := &node{name: v.Name}
			for _, a := range v.Attr {
				if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
					n.attr = append(n.attr, a)
				}
			}
			if len(n.attr) > maxNodes/10 {
				return nil, &PacketError{"an element has too many attributes"}
			}
			if len(stack) == 0 {
				if root != nil {
					return nil, &PacketError{"it has more than one element"}
				}
				root = n
			} else {
				top := stack[len(stack)-1]
				top.children = append(top.children, n)
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(v)
			}
		}
	}
	if root == nil {
		return nil, &PacketError{"it is empty"}
	}
	return root, nil
}

// get is the value of an attribute, empty where there is none.
func (n *node) get(space, local string) string {
	for _, a := range n.attr {
		if a.Name.Space == space && a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// properties reads the properties of a packet; those that are written as attributes
// become elements. The error is a *PacketError or a *TooLargeError.
func properties(packet []byte) ([]*node, error) {
	root, err := readTree(packet)
	if err != nil {
		return nil, err
	}
	if root.name == (xml.Name{Space: nsX, Local: "xmpmeta"}) {
		i := slices.IndexFunc(root.children, func(n *node) bool { return n.name == xml.Name{Space: nsRDF, Local: "RDF"} })
		if i < 0 {
			return nil, &PacketError{"it has no RDF"}
		}
		root = root.children[i]
	}
	if root.name != (xml.Name{Space: nsRDF, Local: "RDF"}) {
		return nil, &PacketError{fmt.Sprintf("its element is %.60q", root.name.Local)}
	}
	var out []*node
	for _, d := range root.children {
		if d.name != (xml.Name{Space: nsRDF, Local: "Description"}) {
			continue
		}
		for _, a := range d.attr {
			if a.Name.Space != nsRDF && a.Name.Space != nsXML && a.Name.Space != "" {
				out = append(out, &node{name: a.Name, text: a.Value})
			}
		}
		out = append(out, d.children...)
	}
	return out, nil
}

// writer writes a packet.
type writer struct {
	b      bytes.Buffer
	prefix map[string]string
	err    error
}

// named writes a name with its prefix.
func (w *writer) named(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return w.prefix[n.Space] + ":" + n.Local
}

// collect finds the namespaces of an element and gives those without a prefix one.
func (w *writer) collect(n *node, used map[string]bool) {
	note := func(space string) {
		if space == "" || space == nsXML {
			return
		}
		used[space] = true
		if w.prefix[space] == "" {
			w.prefix[space] = "ns" + strconv.Itoa(len(w.prefix))
		}
	}
	note(n.name.Space)
	for _, a := range n.attr {
		note(a.Name.Space)
	}
	for _, c := range n.children {
		w.collect(c, used)
	}
}

func (w *writer) text(s string) {
	if err := xml.EscapeText(&w.b, []byte(s)); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *writer) element(n *node, depth int) {
	indent := strings.Repeat(" ", depth)
	w.b.WriteString(indent + "<" + w.named(n.name))
	for _, a := range n.attr {
		w.b.WriteString(" " + w.named(a.Name) + `="`)
		w.text(a.Value)
		w.b.WriteString(`"`)
	}
	switch {
	case len(n.children) > 0:
		w.b.WriteString(">\n")
		for _, c := range n.children {
			w.element(c, depth+1)
		}
		w.b.WriteString(indent)
	case n.text == "":
		w.b.WriteString("/>\n")
		return
	default:
		w.b.WriteString(">")
		w.text(n.text)
	}
	w.b.WriteString("</" + w.named(n.name) + ">\n")
}

const (
	packetBegin = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
	packetEnd   = "<?xpacket end=\"w\"?>"
)

// writePacket writes the properties in their order. The error is a *TooLargeError.
func writePacket(all []*node) ([]byte, error) {
	w := &writer{prefix: prefixes()}
	used := map[string]bool{}
	for _, n := range all {
		w.collect(n, used)
	}
	delete(used, nsRDF)
	spaces := make([]string, 0, len(used))
	for s := range used {
		spaces = append(spaces, s)
	}
	slices.SortFunc(spaces, func(a, b string) int { return strings.Compare(w.prefix[a], w.prefix[b]) })
	w.b.WriteString(packetBegin + "<x:xmpmeta xmlns:x=\"" + nsX + "\">\n <rdf:RDF xmlns:rdf=\"" + nsRDF + "\">\n  <rdf:Description rdf:about=\"\"")
	for _, s := range spaces {
		w.b.WriteString("\n    xmlns:" + w.prefix[s] + `="`)
		w.text(s)
		w.b.WriteString(`"`)
	}
	w.b.WriteString(">\n")
	for _, n := range all {
		w.element(n, 3)
	}
	w.b.WriteString("  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n" + packetEnd)
	if w.err != nil {
		return nil, &PacketError{w.err.Error()}
	}
	if w.b.Len() > MaxPacket {
		return nil, &TooLargeError{Size: int64(w.b.Len()), Limit: MaxPacket}
	}
	return w.b.Bytes(), nil
}

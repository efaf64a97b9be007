package xmp

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
)

// MaxPacket is the longest packet, in bytes.
const MaxPacket = 1 << 20

// Build writes a packet. The error is a *FieldError or a *TooLargeError.
func Build(f Fields) ([]byte, error) { return Merge(nil, f) }

// Merge writes a packet that says what f says, and keeps what old says besides. A
// property that f has is taken from f; those about who made the picture, about models
// and about data mining are never kept, since what they said was about another state
// of it. The error is a *FieldError, *PacketError or *TooLargeError.
func Merge(old []byte, f Fields) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	own, err := f.nodes()
	if err != nil {
		return nil, err
	}
	replaced := stale()
	for _, n := range own {
		replaced = append(replaced, n.name)
	}
	var all []*node
	if len(old) > 0 {
		kept, err := properties(old)
		if err != nil {
			return nil, err
		}
		for _, n := range kept {
			if !slices.Contains(replaced, n.name) && writable(n) {
				all = append(all, n)
			}
		}
	}
	return writePacket(append(own, all...))
}

// stale are the properties that speak of a state of the picture, and the one that
// points to a second packet, which a replaced one does not have.
func stale() []xml.Name {
	return []xml.Name{
		{Space: nsExt, Local: "DigitalSourceType"}, {Space: nsExt, Local: "AISystemUsed"}, {Space: nsExt, Local: "AISystemVersionUsed"},
		{Space: nsExt, Local: "AIPromptInformation"}, {Space: nsExt, Local: "AIPromptWriterName"},
		{Space: nsTC260, Local: "AIGC"}, {Space: nsPLUS, Local: "DataMining"}, {Space: nsNote, Local: "HasExtendedXMP"},
	}
}

// writable says whether every name of an element belongs to a namespace; the rest is
// XML, and no XMP.
func writable(n *node) bool {
	if !strings.Contains(n.name.Space, ":") && !strings.Contains(n.name.Space, "/") {
		return false
	}
	for _, a := range n.attr {
		if a.Name.Space != nsXML && !strings.Contains(a.Name.Space, ":") && !strings.Contains(a.Name.Space, "/") {
			return false
		}
	}
	return !slices.ContainsFunc(n.children, func(c *node) bool { return !writable(c) })
}

func leaf(space, local, text string) *node {
	return &node{name: xml.Name{Space: space, Local: local}, text: text}
}

func rdf(local string, children ...*node) *node {
	return &node{name: xml.Name{Space: nsRDF, Local: local}, children: children}
}

// alternative is a text for every language.
func alternative(space, local, text string) *node {
	item := leaf(nsRDF, "li", text)
	item.attr = []xml.Attr{{Name: xml.Name{Space: nsXML, Local: "lang"}, Value: "x-default"}}
	return &node{name: xml.Name{Space: space, Local: local}, children: []*node{rdf("Alt", item)}}
}

// nodes writes the fields that are set, in an order that does not change.
func (f *Fields) nodes() ([]*node, error) {
	var out []*node
	add := func(form func(space, local, text string) *node, space, local, text string) {
		if text != "" {
			out = append(out, form(space, local, text))
		}
	}
	if s := f.SourceType(); s != "" {
		add(leaf, nsExt, "DigitalSourceType", sourceVocabulary+string(s))
	}
	if !f.Unmarked {
		add(leaf, nsExt, "AISystemUsed", f.AISystem)
		add(leaf, nsExt, "AISystemVersionUsed", f.AISystemVersion)
		add(leaf, nsExt, "AIPromptInformation", f.AIPrompt)
		add(leaf, nsExt, "AIPromptWriterName", f.AIPromptWriter)
	}
	if f.Label != nil {
		text, err := f.Label.text()
		if err != nil {
			return nil, err
		}
		add(leaf, nsTC260, "AIGC", text)
	}
	add(alternative, nsDC, "title", f.Title)
	add(alternative, nsDC, "description", f.Description)
	if len(f.Creators) > 0 {
		list := rdf("Seq")
		for _, c := range f.Creators {
			list.children = append(list.children, leaf(nsRDF, "li", c))
		}
		out = append(out, &node{name: xml.Name{Space: nsDC, Local: "creator"}, children: []*node{list}})
	}
	add(alternative, nsDC, "rights", f.Rights)
	add(leaf, nsPhotoshop, "Credit", f.Credit)
	add(leaf, nsPhotoshop, "Source", f.Source)
	add(leaf, nsPhotoshop, "Instructions", f.Instruction)
	add(leaf, nsPhotoshop, "DateCreated", f.DateCreated)
	add(leaf, nsXMP, "CreatorTool", f.CreatorTool)
	if f.Marked != nil {
		add(leaf, nsRights, "Marked", map[bool]string{true: "True", false: "False"}[*f.Marked])
	}
	add(leaf, nsRights, "WebStatement", f.WebStatement)
	add(alternative, nsRights, "UsageTerms", f.UsageTerms)
	if f.DataMining != "" {
		add(leaf, nsPLUS, "DataMining", plusVocabulary+string(f.DataMining))
	}
	add(alternative, nsPLUS, "OtherConstraints", f.OtherConstraints)
	if len(f.Licensors) > 0 {
		list := rdf("Seq")
		for _, l := range f.Licensors {
			item := rdf("li")
			item.attr = []xml.Attr{{Name: xml.Name{Space: nsRDF, Local: "parseType"}, Value: "Resource"}}
			for _, p := range l.properties() {
				if p.value != "" {
					item.children = append(item.children, leaf(nsPLUS, p.name, p.value))
				}
			}
			list.children = append(list.children, item)
		}
		out = append(out, &node{name: xml.Name{Space: nsPLUS, Local: "Licensor"}, children: []*node{list}})
	}
	return out, nil
}

// Parse reads the fields of a packet, whoever wrote it; what is written in a way that
// is not known is left empty. Unmarked is never set. The error is a *PacketError or a
// *TooLargeError.
func Parse(packet []byte) (Fields, error) {
	all, err := properties(packet)
	if err != nil {
		return Fields{}, err
	}
	var f Fields
	for _, n := range all {
		switch n.name.Space {
		case nsExt:
			f.readExt(n)
		case nsDC, nsPhotoshop, nsXMP:
			f.readDescription(n)
		case nsRights, nsPLUS:
			f.readRights(n)
		case nsTC260:
			var l Label
			if n.name.Local == "AIGC" && json.Unmarshal([]byte(n.text), &l) == nil {
				f.Label = &l
			}
		}
	}
	return f, nil
}

func (f *Fields) readExt(n *node) {
	switch n.name.Local {
	case "DigitalSourceType":
		term := n.value()
		switch SourceType(term[strings.LastIndex(term, "/")+1:]) {
		case ByModel:
			f.Model = true
		case ByModelAndOthers:
			f.Model, f.Person = true, true
		case ByPerson:
			f.Person = true
		case ByRule:
			f.Rule = true
		case ByRuleAndPerson:
			f.Rule, f.Person = true, true
		}
	case "AISystemUsed":
		f.AISystem = n.value()
	case "AISystemVersionUsed":
		f.AISystemVersion = n.value()
	case "AIPromptInformation":
		f.AIPrompt = n.value()
	case "AIPromptWriterName":
		f.AIPromptWriter = n.value()
	}
}

func (f *Fields) readDescription(n *node) {
	switch n.name.Local {
	case "title":
		f.Title = n.value()
	case "description":
		f.Description = n.value()
	case "creator":
		f.Creators = n.values()
	case "rights":
		f.Rights = n.value()
	case "Credit":
		f.Credit = n.value()
	case "Source":
		f.Source = n.value()
	case "Instructions":
		f.Instruction = n.value()
	case "DateCreated":
		f.DateCreated = n.value()
	case "CreatorTool":
		f.CreatorTool = n.value()
	}
}

func (f *Fields) readRights(n *node) {
	switch n.name.Local {
	case "Marked":
		if v := n.value(); strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
			marked := strings.EqualFold(v, "true")
			f.Marked = &marked
		}
	case "WebStatement":
		f.WebStatement = n.value()
	case "UsageTerms":
		f.UsageTerms = n.value()
	case "DataMining":
		f.DataMining = DataMining(strings.TrimPrefix(n.value(), plusVocabulary))
	case "OtherConstraints":
		f.OtherConstraints = n.value()
	case "Licensor":
		for _, list := range n.children {
			for _, item := range list.children {
				f.Licensors = append(f.Licensors, readLicensor(item))
			}
		}
	}
}

// readLicensor takes the fields of a structure in any of the ways that RDF has: as
// attributes, as elements, and as those of a description inside.
func readLicensor(item *node) Licensor {
	var l Licensor
	into := map[string]*string{
		"LicensorName": &l.Name, "LicensorID": &l.ID, "LicensorURL": &l.URL, "LicensorEmail": &l.Email,
		"LicensorTelephone1": &l.Telephone, "LicensorCity": &l.City, "LicensorCountry": &l.Country,
	}
	var read func(n *node)
	read = func(n *node) {
		for _, a := range n.attr {
			if p := into[a.Name.Local]; p != nil && a.Name.Space == nsPLUS {
				*p = a.Value
			}
		}
		for _, c := range n.children {
			if p := into[c.name.Local]; p != nil && c.name.Space == nsPLUS {
				*p = c.value()
			} else if c.name == (xml.Name{Space: nsRDF, Local: "Description"}) {
				read(c)
			}
		}
	}
	read(item)
	return l
}

// values are the items of an array, or the one text.
func (n *node) values() []string {
	if len(n.children) == 0 {
		if s := n.get(nsRDF, "resource"); s != "" {
			return []string{s}
		}
		return []string{n.text}
	}
	var out []string
	for _, item := range n.children[0].children {
		out = append(out, item.text)
	}
	return out
}

// value is the text, of an alternative that for every language, or the first.
func (n *node) value() string {
	if len(n.children) > 0 {
		for _, item := range n.children[0].children {
			if item.get(nsXML, "lang") == "x-default" {
				return item.text
			}
		}
	}
	if all := n.values(); len(all) > 0 {
		return all[0]
	}
	return ""
}

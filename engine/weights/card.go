package weights

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Permission says whether a licence allows something.
type Permission string

// The permissions. Unknown asks the person to read the licence: it also stands
// for licences that depend on who uses them (revenue, membership).
const (
	Yes     Permission = "yes"
	No      Permission = "no"
	Unknown Permission = "unknown"
)

// FileHash is one file of a model. Path is relative and slash-separated.
type FileHash struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // lower-case hexadecimal
}

// Card says where a model comes from and what it may be used for. Provenance
// and clearance quote it, so it holds what the files and their publisher say,
// and "unknown" where they say nothing.
type Card struct {
	Name          string     `json:"name"`
	Kind          Kind       `json:"kind,omitempty"`
	Family        Family     `json:"family,omitempty"`
	Publisher     string     `json:"publisher,omitempty"`
	Source        string     `json:"source,omitempty"` // where it was fetched from
	Licence       string     `json:"licence"`          // identifier such as "creativeml-openrail-m", "unknown" if none is given
	LicenceURL    string     `json:"licence_url,omitempty"`
	CommercialUse Permission `json:"commercial_use"`
	Conditions    string     `json:"conditions,omitempty"` // what the licence asks for, in one sentence
	TrainingData  string     `json:"training_data"`        // as the publisher describes it, "unknown" if not
	BaseModel     string     `json:"base_model,omitempty"`
	// Open is the file to open, relative to the card; "" for the folder.
	Open  string     `json:"open,omitempty"`
	Files []FileHash `json:"files,omitempty"`
}

// CardFile is the name under which a card lies beside its model.
const CardFile = "card.json"

// licence is a known licence.
type licence struct {
	id         string
	url        string
	commercial Permission
	conditions string
}

const rail = "use-based restrictions (its attachment A) apply, and must be passed on with the model"

// licences are those that published models of these families carry, by the
// identifiers of model hubs. Other identifiers stay unknown.
func licences() []licence {
	cc := func(kind, version string) string {
		return "https://creativecommons.org/licenses/" + kind + "/" + version + "/"
	}
	return []licence{
		{"creativeml-openrail-m", "https://huggingface.co/spaces/CompVis/stable-diffusion-license", Yes, rail},
		{"openrail++", "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md", Yes, rail},
		{"openrail", "https://huggingface.co/blog/open_rail", Yes, rail},
		{"bigscience-openrail-m", "https://huggingface.co/spaces/bigscience/license", Yes, rail},
		{"apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", Yes, ""},
		{"mit", "https://opensource.org/license/mit", Yes, ""},
		{"bsd-2-clause", "https://opensource.org/license/bsd-2-clause", Yes, ""},
		{"bsd-3-clause", "https://opensource.org/license/bsd-3-clause", Yes, ""},
		{"unlicense", "https://unlicense.org/", Yes, ""},
		{"cc0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/", Yes, ""},
		{"cc-by-4.0", cc("by", "4.0"), Yes, "the makers must be named"},
		{"cc-by-3.0", cc("by", "3.0"), Yes, "the makers must be named"},
		{"cc-by-sa-4.0", cc("by-sa", "4.0"), Yes, "the makers must be named, and adaptations carry the same licence"},
		{"cc-by-sa-3.0", cc("by-sa", "3.0"), Yes, "the makers must be named, and adaptations carry the same licence"},
		{"cc-by-nd-4.0", cc("by-nd", "4.0"), Yes, "the makers must be named, and adaptations may not be shared"},
		{"cc-by-nc-4.0", cc("by-nc", "4.0"), No, ""},
		{"cc-by-nc-3.0", cc("by-nc", "3.0"), No, ""},
		{"cc-by-nc-sa-4.0", cc("by-nc-sa", "4.0"), No, ""},
		{"cc-by-nc-sa-3.0", cc("by-nc-sa", "3.0"), No, ""},
		{"cc-by-nc-nd-4.0", cc("by-nc-nd", "4.0"), No, ""},
		{"gpl-3.0", "https://www.gnu.org/licenses/gpl-3.0", Yes, "what is derived from the model carries the same licence"},
		{"agpl-3.0", "https://www.gnu.org/licenses/agpl-3.0", Yes, "what is derived from the model carries the same licence, also as a service"},
		{"faipl-1.0-sd", "https://freedevproject.org/faipl-1.0-sd/", Yes, "derived models must be shared under the same licence"},
		{"sai-nc-community", "https://huggingface.co/stabilityai/sdxl-turbo/blob/main/LICENSE.md", No, ""},
		{"stabilityai-nc-research-community", "", No, ""},
		{"stabilityai-ai-community", "https://stability.ai/community-license-agreement", Unknown, "free below a yearly revenue of one million US dollars, after registration"},
		{"playground-v2dot5-community", "", Unknown, "depends on the number of users"},
		{"flux-1-dev-non-commercial-license", "", No, ""},
	}
}

// SetLicence takes over a licence by its identifier or by the name that
// people write, and what is known about it.
func (c *Card) SetLicence(name string) {
	name = strings.TrimSpace(name)
	if name == "" {
		return
	}
	c.Licence, c.LicenceURL, c.CommercialUse, c.Conditions = name, "", Unknown, ""
	if strings.HasPrefix(name, "https://") {
		c.LicenceURL = name
	}
	plain := func(s string) string { // "CreativeML Open RAIL++-M License" and "openrail++" meet
		s = strings.ToLower(s)
		for _, drop := range [...]string{"license", "licence", "the ", " ", "-", "_", "."} {
			s = strings.ReplaceAll(s, drop, "")
		}
		return s
	}
	want := plain(name)
	// In full, XL's licence is called "CreativeML Open RAIL++-M".
	want = strings.TrimSuffix(want, "dated20221124")
	switch want {
	case "creativemlopenrail++m", "openrail++m":
		want = "openrail++"
	case "stabilityaicommunity", "stabilityaicommunityagreement", "stabilitycommunity", "stabilityaiaicommunity":
		want = plain("stabilityai-ai-community")
	}
	for _, l := range licences() {
		if plain(l.id) == want || l.url != "" && l.url == name {
			c.Licence, c.LicenceURL, c.CommercialUse, c.Conditions = l.id, l.url, l.commercial, l.conditions
			return
		}
	}
	if strings.Contains(strings.ToLower(name), "non-commercial") || strings.Contains(strings.ToLower(name), "noncommercial") {
		c.CommercialUse = No
	}
}

// ParseCard reads a card.json.
func ParseCard(b []byte) (Card, error) {
	c := blankCard()
	if err := json.Unmarshal(b, &c); err != nil {
		return Card{}, &FormatError{File: CardFile, Reason: "is not a model card: " + err.Error()}
	}
	if !slices.Contains([]Permission{Yes, No, Unknown}, c.CommercialUse) {
		return Card{}, &FormatError{File: CardFile, Key: "commercial_use", Reason: fmt.Sprintf("is %q; yes, no or unknown can be given", clip(string(c.CommercialUse)))}
	}
	for _, p := range append([]FileHash{{Path: c.Open}}, c.Files...) {
		if p.Path != "" && !filepath.IsLocal(filepath.FromSlash(p.Path)) {
			return Card{}, &FormatError{File: CardFile, Reason: fmt.Sprintf("names %q, which lies outside its folder", clip(p.Path))}
		}
	}
	return c, nil
}

// JSON is the card as it is stored.
func (c Card) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("weights: card of %s: %w", c.Name, err)
	}
	return append(b, '\n'), nil
}

func blankCard() Card {
	return Card{Licence: string(Unknown), CommercialUse: Unknown, TrainingData: string(Unknown)}
}

// readCard reads what a folder says about itself: its card.json, else the
// front matter of its README.md.
func readCard(s source) (Card, error) {
	b, err := s.text(CardFile)
	if err != nil {
		return Card{}, err
	}
	if b != nil {
		c, err := ParseCard(b)
		var fe *FormatError
		if errors.As(err, &fe) {
			fe.File = s.full(CardFile)
		}
		return c, err
	}
	c := blankCard()
	b, err = s.text("README.md")
	if err != nil {
		return Card{}, err
	}
	c.frontMatter(string(b))
	return c, nil
}

// cardOfFile reads the card beside a single file, if that card names it, else
// what the file's header says: the modelspec.* fields, and those that kohya's
// trainer writes into a LoRA.
func cardOfFile(s source, f *File) (Card, error) {
	name := filepath.Base(f.Name())
	if b, err := s.text(CardFile); err == nil && b != nil {
		if c, err := ParseCard(b); err == nil && c.Open == name {
			return c, nil
		}
	}
	c := blankCard()
	first := func(keys ...string) string {
		for _, k := range keys {
			if v := strings.TrimSpace(f.Metadata(k)); v != "" && v != "None" {
				return clip(v)
			}
		}
		return ""
	}
	c.Name = first("modelspec.title", "ss_output_name")
	c.Publisher = first("modelspec.author")
	c.BaseModel = first("modelspec.merged_from", "ss_sd_model_name")
	if data := first("modelspec.dataset", "ss_dataset_name"); data != "" {
		c.TrainingData = data
	}
	c.SetLicence(first("modelspec.license"))
	return c, nil
}

// frontMatter takes over what the YAML block at the beginning of a README.md
// says: license, license_name, license_link, datasets, base_model, and the
// name from model_name or the first heading.
func (c *Card) frontMatter(readme string) {
	readme = strings.ReplaceAll(strings.TrimPrefix(readme, "\ufeff"), "\r\n", "\n")
	fields := map[string][]string{}
	if rest, ok := strings.CutPrefix(readme, "---\n"); ok {
		if block, body, ok := strings.Cut(rest, "\n---"); ok {
			fields, readme = yamlFields(block), body
		}
	}
	one := func(k string) string {
		if v := fields[k]; len(v) > 0 {
			return clip(v[0])
		}
		return ""
	}
	c.Name = one("model_name")
	if c.Name == "" {
		for _, line := range strings.Split(readme, "\n") {
			if title, ok := strings.CutPrefix(line, "# "); ok {
				c.Name = clip(strings.TrimSpace(title))
				break
			}
		}
	}
	id := one("license")
	if id == "" || id == "other" {
		if n := one("license_name"); n != "" {
			id = n
		}
	}
	c.SetLicence(id)
	if link := one("license_link"); strings.HasPrefix(link, "https://") {
		c.LicenceURL = link
	}
	if d := fields["datasets"]; len(d) > 0 {
		c.TrainingData = clip(strings.Join(d, ", "))
	}
	c.BaseModel = clip(strings.Join(fields["base_model"], ", "))
}

// yamlFields reads the part of YAML that front matter consists of: top-level
// "key: value", "key: [a, b]", and lists of "- value" lines. All else is
// passed over.
func yamlFields(block string) map[string][]string {
	out := map[string][]string{}
	scalar := func(s string) string {
		s = strings.TrimSpace(s)
		if i := strings.Index(s, " #"); i >= 0 {
			s = strings.TrimSpace(s[:i])
		}
		if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
			return s[1 : len(s)-1]
		}
		return s
	}
	key := ""
	for _, line := range strings.Split(block, "\n") {
		trimmed := strings.TrimSpace(line)
		if item, ok := strings.CutPrefix(trimmed, "- "); ok && key != "" {
			out[key] = append(out[key], scalar(item))
			continue
		}
		if line == "" || line[0] == ' ' || line[0] == '#' || line[0] == '\t' {
			continue
		}
		k, v, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, v = strings.TrimSpace(k), scalar(v)
		switch {
		case v == "" || v == "|" || v == ">":
		case strings.HasPrefix(v, "[") && strings.HasSuffix(v, "]"):
			for _, item := range strings.Split(v[1:len(v)-1], ",") {
				if item = scalar(item); item != "" {
					out[key] = append(out[key], item)
				}
			}
		default:
			out[key] = append(out[key], v)
		}
	}
	return out
}

// HashFile reads a file and returns its size and SHA-256. progress, if not
// nil, is told how many bytes were read since the last call.
func HashFile(ctx context.Context, name string, progress func(n int64)) (size int64, sum string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, "", fmt.Errorf("weights: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return size, "", fmt.Errorf("weights: hashing %s: %w", name, err)
		}
		n, err := f.Read(buf)
		h.Write(buf[:n]) // never fails
		size += int64(n)
		if progress != nil && n > 0 {
			progress(int64(n))
		}
		switch {
		case errors.Is(err, io.EOF):
			return size, hex.EncodeToString(h.Sum(nil)), nil
		case err != nil:
			return size, "", fmt.Errorf("weights: %w", err)
		}
	}
}

// Piece is one file of a model: where it lies and where it belongs in a folder
// of its own.
type Piece struct {
	From string // path on disk
	To   string // relative, slash-separated
}

// Description is what a model or LoRA is and which files it consists of.
type Description struct {
	Card   Card
	Pieces []Piece
	// Assumed is Model.Assumed.
	Assumed []string
}

// Describe opens a model as Open does, or a LoRA file, checks it, and says
// what it is and which files it needs: of a folder that also holds other
// versions or formats, only those that Open reads, with its README and
// licence.
func Describe(name string, opts ...Option) (*Description, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if !st.IsDir() {
		d, err := describeLoRA(name)
		if d != nil || err != nil {
			return d, err
		}
	}
	m, err := Open(name, opts...)
	if err != nil {
		return nil, err
	}
	d := &Description{Card: m.Card, Assumed: m.Assumed, Pieces: slices.Clone(m.read)}
	if st.IsDir() {
		s := newDiskSource(name, nil)
		for _, extra := range [...]string{"README.md", "LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE-MODEL", "NOTICE"} {
			if s.exists(extra) {
				d.Pieces = append(d.Pieces, Piece{s.full(extra), extra})
			}
		}
	} else {
		d.Card.Open = filepath.Base(name)
	}
	slices.SortFunc(d.Pieces, func(a, b Piece) int { return strings.Compare(a.To, b.To) })
	d.Pieces = slices.Compact(d.Pieces)
	d.Pieces = slices.DeleteFunc(d.Pieces, func(p Piece) bool { return path.Base(p.To) == CardFile })
	return d, m.Close()
}

// describeLoRA describes a LoRA file, nil when it is none.
func describeLoRA(name string) (_ *Description, err error) {
	f, err := OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if recognise(f) != layoutLoRA {
		return nil, nil
	}
	c, err := cardOfFile(newDiskSource(filepath.Dir(name), nil), f)
	if err != nil {
		return nil, err
	}
	for _, t := range f.tensors {
		module, part, err := splitLoRAKey(t.Name)
		if err != nil {
			return nil, &LoRAError{File: name, Key: t.Name, Have: t.Shape, Reason: err.Error()}
		}
		flat := strings.ReplaceAll(module, ".", "_")
		if part == partDown && len(t.Shape) >= 2 && strings.Contains(flat, "attn2") && strings.HasSuffix(strings.TrimSuffix(flat, "_lora"), "to_k") {
			c.Family = familyOfWidth(t.Shape[1])
		}
	}
	c.Kind = KindLoRA
	c.Open = filepath.Base(name)
	if c.Name == "" {
		c.Name = strings.TrimSuffix(c.Open, filepath.Ext(c.Open))
	}
	return &Description{Card: c, Pieces: []Piece{{name, c.Open}}}, nil
}

// familyOfWidth is the family whose UNet takes text of that width.
func familyOfWidth(width int) Family {
	switch width {
	case 768:
		return SD1
	case 1024:
		return SD2
	case 2048:
		return SDXL
	}
	return NoFamily
}

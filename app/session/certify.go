package session

import (
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/c2pa/authority"
	"github.com/selvage-studio/selvage/ledger/certificate"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
	"github.com/selvage-studio/selvage/ledger/xmp"
)

// CertificateLabel is the assertion that holds the birth certificate in a picture.
const CertificateLabel = "studio.selvage.certificate"

// Files of the studio's own authority, beside what is public about the identity.
const (
	rootFile = "studio-root.pem"
	leafFile = "certificate.pem"
)

// signer is what signs manifests: the person's own authority, made on first use, or the
// certificate that they brought (selvage certificate use).
func (s *Session) signer(me *identity.Identity) (c2pa.Signer, error) {
	if path := s.settings().Certificate; path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return c2pa.Signer{}, err
		}
		return authority.Import(text, time.Now())
	}
	leaf, root, err := me.Certificate()
	if err != nil {
		return c2pa.Signer{}, err
	}
	top, err := s.studioRoot(me, root)
	if err != nil {
		return c2pa.Signer{}, err
	}
	path := filepath.Join(me.Folder(), leafFile)
	cert, err := readCertificate(path)
	if err == nil && time.Now().After(cert.NotAfter.AddDate(0, -1, 0)) {
		err = fs.ErrNotExist // it is made anew before it ends
	}
	if errors.Is(err, fs.ErrNotExist) {
		if cert, err = top.Issue(leaf.Public(), authority.Name{Organization: me.PersonName(), CommonName: me.PersonName()}, time.Now()); err == nil {
			err = os.WriteFile(path, authority.PEM(cert), 0o644)
		}
	}
	if err != nil {
		return c2pa.Signer{}, err
	}
	return c2pa.Signer{Key: leaf, Chain: []*x509.Certificate{cert}}, nil
}

func (s *Session) studioRoot(me *identity.Identity, key crypto.Signer) (*authority.Root, error) {
	path := filepath.Join(me.Folder(), rootFile)
	cert, err := readCertificate(path)
	if errors.Is(err, fs.ErrNotExist) {
		root, err := authority.NewRoot(key, authority.Name{Organization: me.PersonName(), CommonName: me.PersonName() + " Root"}, time.Now())
		if err != nil {
			return nil, err
		}
		return root, os.WriteFile(path, authority.PEM(root.Certificate), 0o644)
	}
	if err != nil {
		return nil, err
	}
	return authority.OpenRoot(cert, key)
}

func readCertificate(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is damaged; remove it, and it is made anew", path)
	}
	return x509.ParseCertificate(block.Bytes)
}

// StudioFingerprint is what a studio publishes where a forger cannot: the fingerprint of its
// authority.
func (s *Session) StudioFingerprint(me *identity.Identity) (string, error) {
	_, root, err := me.Certificate()
	if err != nil {
		return "", err
	}
	top, err := s.studioRoot(me, root)
	if err != nil {
		return "", err
	}
	return authority.Fingerprint(top.Certificate), nil
}

// UseCertificate signs from now on with a certificate that a person brings, a PEM file with its key
// and chain; "" goes back to the studio's own authority.
func (s *Session) UseCertificate(path string) error {
	set := s.settings()
	if path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(abs)
		if err != nil {
			return err
		}
		if _, err := authority.Import(text, time.Now()); err != nil {
			return err
		}
		path = abs
	}
	set.Certificate = path
	return s.keep(set)
}

// birthOptions say how much a certificate discloses.
type birthOptions struct{ disclose bool }

// birth is the certificate of the version, not signed yet.
func (d *dossier) birth(ctx context.Context, a *archive.Archive, o birthOptions) (certificate.Birth, error) {
	size := d.state.Size
	b := certificate.Birth{
		Pattern: certificate.Pattern{
			ID: d.root.ID, Name: d.root.Name, Version: blob.Hash(d.version),
			Pictures: []certificate.Picture{{Hash: d.deposit, MediaType: "image/png", Width: size.Width, Height: size.Height}},
		},
		Software: certificate.Software{Name: "Selvage", Version: cmp.Or(strings.TrimPrefix(strings.TrimPrefix(Software(), "Selvage"), " "), "built from source")},
	}
	px := d.facts.Pixels
	shares := certificate.Shares(d.overlay, px.Person, px.Model, px.Rule, px.Import, px.Nobody+px.Open)
	b.Authorship = &shares
	for _, m := range d.models {
		b.Models = append(b.Models, certificate.Model{
			Name: m.body.Name, Weights: m.body.Weights, Card: m.body.Card, License: m.body.Licence, CommercialUse: m.body.CommercialUse, Lineage: m.body.Lineage,
		})
	}
	counts := d.counts()
	for _, class := range slices.Sorted(mapKeys(counts)) {
		b.Edits = append(b.Edits, certificate.Edits{Class: class, Count: counts[class]})
	}
	secret := func(act Act, s record.Sealed) *certificate.Secret {
		if o.disclose && !s.IsZero() {
			if opening, err := a.Opening(ctx, s.Commitment); err == nil {
				return certificate.Disclosed(opening)
			}
		}
		return certificate.Withheld(s)
	}
	prompts := map[blob.Hash]Act{}
	for _, act := range d.acts {
		switch body := act.Body.(type) {
		case *record.Prompt:
			prompts[act.Hash] = act
		case *record.Requested:
			g := certificate.Generation{
				Entry: act.Hash, Model: body.Model, LoRAs: body.LoRAs, Mode: body.Mode, Seed: secret(act, body.Seed),
				Sampler: body.Sampler, Steps: body.Steps, Guidance: body.Guidance, Strength: body.Strength,
			}
			if words, ok := prompts[body.Prompt].Body.(*record.Prompt); ok {
				g.Prompt, g.Negative = secret(act, words.Prompt), secret(act, words.Negative)
			}
			b.Generations = append(b.Generations, g)
			b.Device = cmp.Or(b.Device, body.Device)
		case *record.Import:
			b.Inputs = append(b.Inputs, certificate.Input{
				Hash: body.File, Origin: stated(body.Origin), Name: act.Opened[body.Name.Commitment], Author: act.Opened[body.Author.Commitment], Rights: act.Opened[body.Rights.Commitment],
			})
		case *record.Milestone:
			st, err := identity.Parse(body.Statement)
			if err != nil || !d.line[body.Version] {
				continue
			}
			b.Milestones = append(b.Milestones, certificate.Milestone{
				Stage: body.Milestone, Signer: st.Person, Role: role(d.people, st.Person), Entry: act.Hash, Time: certificate.At(act.Time.At),
			})
		}
	}
	proof, err := prove(ctx, a, d.saved)
	if err != nil {
		return b, err
	}
	b.Inclusion = &certificate.Inclusion{Entry: d.saved.Hash, Origin: tree.Origin(d.saved.In), Proof: string(proof.Marshal())}
	return b, nil
}

// stated is an origin in a certificate's words.
func stated(origin string) string {
	if origin == string(edit.ByPerson) {
		return "own"
	}
	return origin
}

func mapKeys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// role is what a person is in the library, the first of several.
func role(people *identity.State, did string) string {
	if roles := people.Roles(did); len(roles) > 0 {
		return string(roles[0])
	}
	return ""
}

// certified is what goes into every picture of one export.
type certified struct {
	signer   c2pa.Signer
	manifest c2pa.Manifest
	packet   xmp.Fields
	text     []byte // the certificate
	hash     blob.Hash
}

// certify makes the birth certificate of what the pattern shows, and the manifest that carries
// it.
func (s *Session) certify(ctx context.Context, p *Pattern, o birthOptions) (*certified, error) {
	me, err := s.Identity(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.gather(ctx, p)
	if err != nil {
		return nil, err
	}
	c := &certified{}
	if c.signer, err = s.signer(me); err != nil {
		return nil, err
	}
	err = p.lib.Read(ctx, func(a *archive.Archive) error {
		b, err := d.birth(ctx, a, o)
		if err != nil {
			return err
		}
		credential, err := certificate.New(b)
		if err != nil {
			return err
		}
		c.text, err = certificate.Sign(credential, me.Credentials(), time.Now(), "")
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.hash, err = p.lib.Blobs().PutBytes(ctx, c.text); err != nil {
		return nil, err
	}
	c.manifest, err = d.manifest(ctx, p, c.text)
	c.packet = d.fields(me.PersonName())
	return c, err
}

// fields are the IPTC fields of a picture of the pattern.
func (d *dossier) fields(author string) xmp.Fields {
	px := d.facts.Pixels
	f := xmp.Fields{
		Model: px.Model > 0 || len(d.models) > 0, Person: px.Person > 0 || d.counts()[record.Arranged]+d.counts()[record.Recolored] > 0, Rule: px.Rule > 0,
		Title: d.root.Name, Creators: []string{author}, CreatorTool: Software(), DataMining: xmp.NoTraining,
	}
	if len(d.models) > 0 {
		f.AISystem, f.AISystemVersion = d.models[0].body.Name, d.models[0].body.Weights.String()
	}
	return f
}

// manifest says in C2PA's terms what was done.
func (d *dossier) manifest(ctx context.Context, p *Pattern, text []byte) (c2pa.Manifest, error) {
	name, version, _ := strings.Cut(Software(), " ")
	m := c2pa.Manifest{
		Title: d.root.Name, Generator: c2pa.Generator{Name: name, Version: version},
		Mining: &c2pa.Mining{DataMining: c2pa.NotAllowed, AIInference: c2pa.NotAllowed, AIGenerativeTraining: c2pa.NotAllowed, AITraining: c2pa.NotAllowed},
		Custom: []c2pa.CustomJSON{{Label: CertificateLabel, JSON: text}},
	}
	first, err := d.begins(ctx, p, &m)
	if err != nil {
		return m, err
	}
	for _, one := range d.models {
		m.Ingredients = append(m.Ingredients, c2pa.Ingredient{
			Title: one.body.Name, Relationship: c2pa.InputTo, ID: one.body.Weights.String(), Types: []string{"c2pa.types.model"}, Description: "training data: " + string(one.body.Lineage),
		})
		if first.Action == c2pa.Created {
			first.Ingredients = append(first.Ingredients, len(m.Ingredients)-1)
		}
	}
	m.Actions = append(m.Actions, first)
	counts := d.counts()
	for _, class := range []record.Class{record.Drawn, record.Arranged, record.Recolored, record.Mechanical} {
		if counts[class] == 0 {
			continue
		}
		m.Actions = append(m.Actions, c2pa.Action{
			Action: c2pa.Edited, SourceType: c2pa.HumanEdits, Description: fmt.Sprintf("%d edits: %s", counts[class], class),
			Parameters: map[string]any{"studio.selvage.class": string(class), "studio.selvage.count": counts[class]},
		})
	}
	return m, nil
}

// begins is the first action: opened, where the pattern began with a picture that has a
// manifest of its own, and created otherwise.
func (d *dossier) begins(ctx context.Context, p *Pattern, m *c2pa.Manifest) (c2pa.Action, error) {
	for _, act := range d.acts {
		in, ok := act.Body.(*record.Import)
		if !ok {
			continue
		}
		f, err := os.Open(p.lib.Blobs().Path(in.File))
		if err != nil {
			break // what is not there any more has nothing to say
		}
		st, err := f.Stat()
		if err != nil {
			return c2pa.Action{}, errors.Join(err, f.Close())
		}
		report, err := c2pa.Read(ctx, f, st.Size(), c2pa.Trust{})
		if err = errors.Join(err, f.Close()); err != nil {
			return c2pa.Action{}, err
		}
		if report.Manifests == 0 || report.State == c2pa.Error {
			break
		}
		m.Ingredients = append(m.Ingredients, c2pa.Ingredient{
			Title: cmp.Or(act.Opened[in.Name.Commitment], "the picture that was opened"), Relationship: c2pa.ParentOf, ID: in.File.String(), From: report,
		})
		return c2pa.Action{Action: c2pa.Opened, Ingredients: []int{len(m.Ingredients) - 1}}, nil
	}
	first := c2pa.Action{Action: c2pa.Created, SourceType: c2pa.DigitalCreation}
	px := d.facts.Pixels
	made := px.Model > 0 || len(d.models) > 0
	switch others := px.Person + px.Rule + px.Import; {
	case made && others > 0:
		first.SourceType = c2pa.CompositeWithTrained
	case made:
		first.SourceType = c2pa.TrainedAlgorithmicMedia
	case px.Rule > 0 && px.Person == 0:
		first.SourceType = c2pa.AlgorithmicMedia
	case px.Rule > 0 || px.Import > 0:
		first.SourceType = c2pa.Composite
	}
	return first, nil
}

// write puts the fields and the manifest into what encode writes: XMP first, C2PA last. The
// picture passes through two files beside its place, so that it need not lie in memory.
func (c *certified) write(ctx context.Context, dir string, encode func(io.Writer) error, w io.Writer) (err error) {
	return beside(dir, func(w io.Writer) error { return mark(dir, c.packet, encode, w) }, func(marked io.ReaderAt, size int64) error {
		return c2pa.Sign(ctx, marked, size, w, c.manifest, c.signer)
	})
}

// beside writes into a file beside the place of another, and hands it on.
func beside(dir string, encode func(io.Writer) error, next func(r io.ReaderAt, size int64) error) (err error) {
	f, err := os.CreateTemp(dir, ".selvage-*.part")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if err := encode(f); err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	return next(f, size)
}

// mark puts fields into what encode writes. What the picture says of itself already, such as the
// pattern that it comes from, stays.
func mark(dir string, fields xmp.Fields, encode func(io.Writer) error, w io.Writer) error {
	return beside(dir, encode, func(plain io.ReaderAt, size int64) error {
		old, err := xmp.Read(plain, size)
		var none *xmp.NoneError
		if err != nil && !errors.As(err, &none) {
			return err
		}
		packet, err := xmp.Merge(old, fields)
		if err != nil {
			return err
		}
		return xmp.Embed(plain, size, w, packet)
	})
}

// Certificate is what a picture says of its birth, and whether it holds.
type Certificate struct {
	Picture *c2pa.Report
	// Birth is nil where the picture carries no birth certificate, or one that does not hold:
	// then Problem says why.
	Birth   *certificate.Verified
	Text    []byte
	Problem string
}

// ReadCertificate reads the certificate that a picture carries, or one in a file of its own.
func (s *Session) ReadCertificate(ctx context.Context, path string) (c Certificate, err error) {
	f, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return c, err
	}
	if strings.EqualFold(filepath.Ext(path), ".json") {
		if c.Text, err = io.ReadAll(io.LimitReader(f, certificate.MaxSize+1)); err != nil {
			return c, err
		}
	} else {
		if c.Picture, err = c2pa.Read(ctx, f, st.Size(), c2pa.Trust{}); err != nil {
			return c, err
		}
		if active := c.Picture.Active(); active != nil {
			for _, assertion := range active.Assertions {
				if assertion.Label == CertificateLabel {
					// Whoever packed it may have ordered it otherwise: what is signed is its canonical form.
					if c.Text, err = record.Canonical(assertion.Value); err != nil {
						c.Problem = err.Error()
						return c, nil
					}
				}
			}
		}
	}
	if c.Text == nil {
		c.Problem = "there is no birth certificate in it"
		return c, nil
	}
	if c.Birth, err = certificate.Verify(c.Text); err != nil {
		c.Birth, c.Problem = nil, err.Error()
	}
	return c, nil
}

// Issue makes the birth certificate of a pattern by itself, and records nothing.
func (s *Session) Issue(ctx context.Context, p *Pattern, disclose bool) ([]byte, error) {
	c, err := s.certify(ctx, p, birthOptions{disclose: disclose})
	if err != nil {
		return nil, err
	}
	return c.text, nil
}

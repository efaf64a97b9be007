package c2pa

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
	"github.com/selvage-studio/selvage/ledger/c2pa/jumbf"
)

// Forgery is how a liar who has a key departs from what Sign does. Each function may
// be nil.
type Forgery struct {
	Draft      func(d *Forged)                           // changes the assertions and their references
	Hash       func(h map[string]any, out embed.Range)   // changes the data hash
	NoHash     bool                                      // leaves it out
	Claim      func(claim map[string]any)                // changes the claim before it is signed
	Assertions func(boxes [][]byte) [][]byte             // changes the boxes after they were signed
	Signed     func(claim []byte) []byte                 // changes the claim after it was signed
	Signature  func(signature []byte) []byte             // changes the signature box
	Manifest   func(parts [][]byte) [][]byte             // changes the boxes of the manifest
	Kind       string                                    // "c2ma" when empty
	Label      string                                    // of the manifest; new when empty
	ClaimLabel string                                    // "c2pa.claim.v2" when empty
	Store      func(manifests [][]byte) [][]byte         // changes the manifests of the store
	Bytes      func(file []byte, out embed.Range) []byte // changes the file
}

// Forged is a draft that a test may change.
type Forged struct{ d *draft }

// Add puts an assertion in and gives its reference.
func (f *Forged) Add(label string, v any) map[string]any {
	ref, err := f.d.addCBOR(label, v)
	if err != nil {
		panic(err)
	}
	return map[string]any{"url": ref.URL, "hash": ref.Hash}
}

// AddRaw puts in an assertion of any kind and content.
func (f *Forged) AddRaw(kind, label, typ string, content []byte) {
	f.d.add(jumbf.Kind(kind), label, jumbf.Content(typ, content))
}

// AddUnclaimed puts an assertion in that the claim does not know.
func (f *Forged) AddUnclaimed(label string, v any) {
	f.Add(label, v)
	f.d.created = f.d.created[:len(f.d.created)-1]
}

// Claim claims an assertion that is not there.
func (f *Forged) Claim(url string) {
	f.d.created = append(f.d.created, hashedURI{URL: url, Hash: make([]byte, 32)})
}

// Label is the manifest's.
func (f *Forged) Label() string { return f.d.label }

// Drop takes the assertions out that the references name.
func (f *Forged) Drop(label string) {
	for i, ref := range f.d.created {
		if lastPart(ref.URL) == label {
			f.d.created = append(f.d.created[:i:i], f.d.created[i+1:]...)
			f.d.boxes = append(f.d.boxes[:i:i], f.d.boxes[i+1:]...)
			return
		}
	}
	panic("no assertion " + label)
}

// Earlier changes the manifests that are carried over.
func (f *Forged) Earlier(change func(boxes [][]byte) [][]byte) { f.d.earlier = change(f.d.earlier) }

// Encode is the CBOR that Sign writes.
func Encode(v any) []byte {
	out, err := encode(v)
	if err != nil {
		panic(err)
	}
	return out
}

// Forge signs like Sign, without its checks and with the liar's changes.
func Forge(ctx context.Context, file []byte, m Manifest, signer Signer, f Forgery) ([]byte, error) {
	alg, err := signer.algorithm(time.Now())
	if err != nil {
		return nil, err
	}
	in := bytes.NewReader(file)
	format, err := embed.Detect(in, in.Size())
	if err != nil {
		return nil, err
	}
	if m.InstanceID == "" {
		m.InstanceID = "xmp:iid:" + newUUID()
	}
	d, err := newDraft(&m)
	if err != nil {
		return nil, err
	}
	if f.Label != "" {
		d.label = f.Label
	}
	if f.Draft != nil {
		f.Draft(&Forged{d})
	}
	var forgedRanges []embed.Range
	build := func(hash []byte, out embed.Range) ([]byte, error) {
		boxes, refs := append([][]byte{}, d.boxes...), append([]hashedURI{}, d.created...)
		if !f.NoHash {
			h := map[string]any{
				"exclusions": []any{map[string]any{"start": out.Start, "length": out.Length}},
				"name":       "jumbf manifest", "alg": hashName, "hash": hash, "pad": []byte{},
			}
			if f.Hash != nil {
				f.Hash(h, out)
				if ranges, ok := h["ranges"].([]embed.Range); ok {
					forgedRanges = ranges
					var list []any
					for _, r := range ranges {
						list = append(list, map[string]any{"start": r.Start, "length": r.Length})
					}
					h["exclusions"] = list
					delete(h, "ranges")
				}
			}
			box := jumbf.Super(jumbf.Kind("cbor"), labelDataHash, nil, jumbf.Content("cbor", Encode(h)))
			boxes, refs = append(boxes, box), append(refs, hashedURI{URL: uriPrefix + assertionsLabel + "/" + labelDataHash, Hash: sum(box)})
		}
		fields := map[string]any{
			"instanceID": m.InstanceID, "claim_generator_info": m.Generator.fields(), "signature": signatureURI(d.label),
			"created_assertions": refs, "alg": hashName,
		}
		if f.Claim != nil {
			f.Claim(fields)
		}
		claim := Encode(fields)
		envelope := newEnvelope(alg, signer)
		empty, err := newEnvelope(alg, signer).reserve(0)
		if err != nil {
			return nil, err
		}
		signature, _, err := envelope.sign(ctx, claim, len(empty))
		if err != nil {
			return nil, err
		}
		if f.Signed != nil {
			claim = f.Signed(claim)
		}
		if f.Signature != nil {
			signature = f.Signature(signature)
		}
		if f.Assertions != nil {
			boxes = f.Assertions(boxes)
		}
		claimLabel, kind := claimLabelV2, "c2ma"
		if f.ClaimLabel != "" {
			claimLabel = f.ClaimLabel
		}
		if f.Kind != "" {
			kind = f.Kind
		}
		parts := [][]byte{
			jumbf.Super(jumbf.Kind("c2as"), assertionsLabel, nil, boxes...),
			jumbf.Super(jumbf.Kind("c2cl"), claimLabel, nil, jumbf.Content("cbor", claim)),
			jumbf.Super(jumbf.Kind("c2cs"), signatureLabel, nil, jumbf.Content("cbor", signature)),
		}
		if f.Manifest != nil {
			parts = f.Manifest(parts)
		}
		list := append(append([][]byte{}, d.earlier...), jumbf.Super(jumbf.Kind(kind), d.label, nil, parts...))
		if f.Store != nil {
			list = f.Store(list)
		}
		return jumbf.Super(jumbf.Kind("c2pa"), storeLabel, nil, list...), nil
	}
	length := 64
	var layout *embed.Layout
	for {
		if layout, err = embed.Plan(in, in.Size(), format, length); err != nil {
			return nil, err
		}
		store, err := build(make([]byte, sha256.Size), layout.Exclusion())
		if err != nil {
			return nil, err
		}
		if len(store) == length {
			break
		}
		length = len(store)
	}
	h := sha256.New()
	if err := layout.Hash(ctx, in, h); err != nil {
		return nil, err
	}
	store, err := build(h.Sum(nil), layout.Exclusion())
	if err != nil {
		return nil, err
	}
	if ranges := forgedRanges; len(ranges) > 0 {
		// The liar's ranges get the hash that fits them.
		var first bytes.Buffer
		if err := layout.Write(ctx, in, &first, store); err != nil {
			return nil, err
		}
		h.Reset()
		if err := embed.HashRanges(ctx, bytes.NewReader(first.Bytes()), int64(first.Len()), ranges, h); err != nil {
			return nil, err
		}
		if store, err = build(h.Sum(nil), layout.Exclusion()); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := layout.Write(ctx, in, &out, store); err != nil {
		return nil, err
	}
	if f.Bytes != nil {
		return f.Bytes(out.Bytes(), layout.Exclusion()), nil
	}
	return out.Bytes(), nil
}

// ForgedIngredient writes an ingredient assertion with its fields as they are.
func ForgedIngredient(f *Forged, r *Report, change func(fields map[string]any)) map[string]any {
	active := r.store.active()
	fields := map[string]any{
		"relationship":      "parentOf",
		"dc:title":          "forged",
		"dc:format":         "image/png",
		"activeManifest":    hashedURI{URL: manifestURI(active.label), Hash: active.hash},
		"claimSignature":    hashedURI{URL: signatureURI(active.label), Hash: active.sigHash},
		"validationResults": results(r.Statuses),
	}
	for i, m := range r.store.manifests {
		_ = m
		f.d.earlier = append(f.d.earlier, jumbf.Content("jumb", r.store.boxes[i].Payload))
	}
	change(fields)
	return f.Add(labelIngredient+".v3", fields)
}

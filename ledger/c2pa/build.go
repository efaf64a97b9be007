package c2pa

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
	"github.com/selvage-studio/selvage/ledger/c2pa/jumbf"
)

// hashName is the algorithm of all hashes that are written.
const hashName = "sha256"

// draft is a manifest on its way: all but the hash of the file and the signature.
type draft struct {
	label   string
	from    *Manifest
	created []hashedURI
	boxes   [][]byte // the assertions but for the data hash
	counts  map[string]int
	earlier [][]byte // manifests that are carried over
}

// newUUID draws a random UUID (RFC 9562, version 4).
func newUUID() string {
	var u [16]byte
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// sum is the hash of a superbox's payload.
func sum(box []byte) []byte {
	const header = 8
	h := sha256.Sum256(box[header:])
	return h[:]
}

// add puts an assertion into the draft and gives its reference.
func (d *draft) add(kind jumbf.UUID, label string, content ...[]byte) hashedURI {
	n := d.counts[label]
	d.counts[label]++
	label = instanceLabel(label, n)
	box := jumbf.Super(kind, label, nil, content...)
	ref := hashedURI{URL: uriPrefix + assertionsLabel + "/" + label, Hash: sum(box)}
	d.boxes = append(d.boxes, box)
	d.created = append(d.created, ref)
	return ref
}

func (d *draft) addCBOR(label string, v any) (hashedURI, error) {
	data, err := encode(v)
	if err != nil {
		return hashedURI{}, err
	}
	return d.add(jumbf.Kind("cbor"), label, jumbf.Content("cbor", data)), nil
}

func (d *draft) addFile(label string, t *Thumbnail) hashedURI {
	return d.add(jumbf.EmbeddedFile(), label, jumbf.File(t.MediaType, t.Data)...)
}

// newDraft builds the assertions of a manifest.
func newDraft(m *Manifest) (*draft, error) {
	d := &draft{label: "urn:c2pa:" + newUUID(), from: m, counts: map[string]int{}}
	if m.Thumbnail != nil {
		d.addFile(labelClaimThumbnail, m.Thumbnail)
	}
	carried := map[string][]byte{}
	refs := make([]hashedURI, len(m.Ingredients))
	for i := range m.Ingredients {
		in := &m.Ingredients[i]
		if err := d.carry(in, carried); err != nil {
			return nil, err
		}
		var err error
		if refs[i], err = d.ingredient(in); err != nil {
			return nil, err
		}
	}
	list := make([]map[string]any, len(m.Actions))
	for i := range m.Actions {
		list[i] = m.Actions[i].fields(m.Generator, refs)
	}
	if _, err := d.addCBOR(labelActions+".v2", map[string]any{"actions": list}); err != nil {
		return nil, err
	}
	if m.Mining != nil {
		if _, err := d.addCBOR(labelTrainingMining, m.Mining.fields()); err != nil {
			return nil, err
		}
	}
	for _, c := range m.Custom {
		d.add(jumbf.Kind("json"), c.Label, jumbf.Content("json", c.JSON))
	}
	return d, nil
}

// carry takes over the manifests of an ingredient.
func (d *draft) carry(in *Ingredient, carried map[string][]byte) error {
	if in.From == nil || in.From.store == nil {
		return nil
	}
	for i, m := range in.From.store.manifests {
		payload := in.From.store.boxes[i].Payload
		if before, found := carried[m.label]; found {
			if string(before) != string(payload) {
				return &ManifestError{"Ingredients", fmt.Sprintf("two ingredients carry different manifests with the label %s", m.label)}
			}
			continue
		}
		carried[m.label] = payload
		d.earlier = append(d.earlier, jumbf.Content("jumb", payload))
	}
	return nil
}

func (g Generator) fields() map[string]any {
	out := map[string]any{"name": g.Name}
	if g.Version != "" {
		out["version"] = g.Version
	}
	return out
}

// fields are the action as the assertion has it.
func (a *Action) fields(own Generator, refs []hashedURI) map[string]any {
	out := map[string]any{"action": a.Action}
	agent := a.Agent
	if agent.Name == "" {
		agent = own
	}
	out["softwareAgent"] = agent.fields()
	if a.SourceType != "" {
		out["digitalSourceType"] = string(a.SourceType)
	}
	if a.Description != "" {
		out["description"] = a.Description
	}
	if !a.When.IsZero() {
		out["when"] = cbor.Tag{Number: 0, Content: a.When.UTC().Format(time.RFC3339)}
	}
	parameters := maps.Clone(a.Parameters)
	if len(a.Ingredients) > 0 {
		if parameters == nil {
			parameters = map[string]any{}
		}
		list := make([]hashedURI, len(a.Ingredients))
		for i, n := range a.Ingredients {
			list[i] = refs[n]
		}
		parameters["ingredients"] = list
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	return out
}

func (m *Mining) fields() map[string]any {
	entry := func(p Permission) map[string]any {
		out := map[string]any{"use": string(p)}
		if p == Constrained && m.Terms != "" {
			out["constraint_info"] = m.Terms
		}
		return out
	}
	return map[string]any{"entries": map[string]any{
		"cawg.data_mining":            entry(m.DataMining),
		"cawg.ai_inference":           entry(m.AIInference),
		"cawg.ai_generative_training": entry(m.AIGenerativeTraining),
		"cawg.ai_training":            entry(m.AITraining),
	}}
}

// ingredient writes an ingredient assertion of version 3.
func (d *draft) ingredient(in *Ingredient) (hashedURI, error) {
	out := map[string]any{"relationship": string(in.Relationship)}
	for name, text := range map[string]string{
		"dc:title": in.Title, "dc:format": in.Format, "description": in.Description, "instanceID": in.ID, "informationalURI": in.URL,
	} {
		if text != "" {
			out[name] = text
		}
	}
	if len(in.Types) > 0 {
		types := make([]map[string]string, len(in.Types))
		for i, t := range in.Types {
			types[i] = map[string]string{"type": t}
		}
		out["dataTypes"] = types
	}
	if in.Thumbnail != nil {
		out["thumbnail"] = d.addFile(labelIngredientThumbnail, in.Thumbnail)
	}
	if r := in.From; r != nil && r.store != nil {
		active := r.store.active()
		out["activeManifest"] = hashedURI{URL: manifestURI(active.label), Alg: active.claim.alg, Hash: active.hash}
		out["claimSignature"] = hashedURI{URL: signatureURI(active.label), Alg: active.claim.alg, Hash: active.sigHash}
		out["validationResults"] = results(r.Statuses)
		for name, text := range map[string]string{"dc:title": active.claim.title, "dc:format": r.Format, "instanceID": active.claim.instanceID} {
			if _, found := out[name]; !found && text != "" {
				out[name] = text
			}
		}
	}
	return d.addCBOR(labelIngredient+".v3", out)
}

// results are findings as an ingredient assertion keeps them.
func results(items []Status) map[string]any {
	active := map[string][]map[string]string{"success": {}, "informational": {}, "failure": {}}
	var order []string
	deltas := map[string]map[string][]map[string]string{}
	for _, s := range items {
		list := active
		if s.Ingredient != "" {
			if list = deltas[s.Ingredient]; list == nil {
				list = map[string][]map[string]string{"success": {}, "informational": {}, "failure": {}}
				deltas[s.Ingredient] = list
				order = append(order, s.Ingredient)
			}
		}
		name := map[Outcome]string{Success: "success", Informational: "informational", Failure: "failure"}[s.Outcome]
		entry := map[string]string{"code": s.Code}
		if s.URL != "" {
			entry["url"] = s.URL
		}
		if s.Explanation != "" {
			entry["explanation"] = s.Explanation
		}
		list[name] = append(list[name], entry)
	}
	out := map[string]any{"activeManifest": active}
	if len(order) > 0 {
		list := make([]map[string]any, len(order))
		for i, uri := range order {
			list[i] = map[string]any{"ingredientAssertionURI": uri, "validationDeltas": deltas[uri]}
		}
		out["ingredientDeltas"] = list
	}
	return out
}

// bind writes the claim and the assertions for a file whose hash leaves out a range.
func (d *draft) bind(hash []byte, out embed.Range) (claim, assertions []byte, err error) {
	data, err := encode(dataHash{
		Exclusions: []exclusion{{uint64(out.Start), uint64(out.Length)}},
		Name:       "jumbf manifest", Alg: hashName, Hash: hash, Pad: []byte{},
	})
	if err != nil {
		return nil, nil, err
	}
	box := jumbf.Super(jumbf.Kind("cbor"), labelDataHash, nil, jumbf.Content("cbor", data))
	ref := hashedURI{URL: uriPrefix + assertionsLabel + "/" + labelDataHash, Hash: sum(box)}
	fields := map[string]any{
		"instanceID":           d.from.InstanceID,
		"claim_generator_info": d.from.Generator.fields(),
		"signature":            signatureURI(d.label),
		"created_assertions":   append(append([]hashedURI{}, d.created...), ref),
		"alg":                  hashName,
	}
	if d.from.Title != "" {
		fields["dc:title"] = d.from.Title
	}
	if claim, err = encode(fields); err != nil {
		return nil, nil, err
	}
	list := append(append([][]byte{}, d.boxes...), box)
	return claim, jumbf.Super(jumbf.Kind("c2as"), assertionsLabel, nil, list...), nil
}

// assemble writes the whole store.
func (d *draft) assemble(claim, assertions, signature []byte) []byte {
	own := jumbf.Super(jumbf.Kind("c2ma"), d.label, nil,
		assertions,
		jumbf.Super(jumbf.Kind("c2cl"), claimLabelV2, nil, jumbf.Content("cbor", claim)),
		jumbf.Super(jumbf.Kind("c2cs"), signatureLabel, nil, jumbf.Content("cbor", signature)),
	)
	return jumbf.Super(jumbf.Kind("c2pa"), storeLabel, nil, append(append([][]byte{}, d.earlier...), own)...)
}

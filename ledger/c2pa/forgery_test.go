package c2pa_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/ledger/c2pa"
	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
	"github.com/selvage-studio/selvage/ledger/c2pa/jumbf"
)

const source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

// simple is a manifest without anything that forgeries would stumble over.
func simple() c2pa.Manifest {
	return c2pa.Manifest{
		Generator: c2pa.Generator{Name: "Forger"},
		Actions:   []c2pa.Action{{Action: c2pa.Created, SourceType: c2pa.TrainedAlgorithmicMedia}},
	}
}

// acts replaces the actions.
func acts(list ...map[string]any) func(f *c2pa.Forged) {
	return func(f *c2pa.Forged) {
		f.Drop("c2pa.actions.v2")
		f.Add("c2pa.actions.v2", map[string]any{"actions": list})
	}
}

func act(name string, more ...any) map[string]any {
	out := map[string]any{"action": name}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// ranges leaves other ranges out of the hash, which fits them.
func ranges(of func(x embed.Range) []embed.Range) c2pa.Forgery {
	return c2pa.Forgery{Hash: func(h map[string]any, x embed.Range) { h["ranges"] = of(x) }}
}

func flip(b []byte, at int) []byte {
	out := bytes.Clone(b)
	out[(at+len(out))%len(out)] ^= 1
	return out
}

// forgeries are manifests that a liar with a key could sign, by what is wrong.
func forgeries() map[string]c2pa.Forgery {
	created := act("c2pa.created", "digitalSourceType", source)
	out := map[string]c2pa.Forgery{
		"nothing wrong":  {},
		"no hash":        {NoHash: true},
		"no actions":     {Draft: func(f *c2pa.Forged) { f.Drop("c2pa.actions.v2") }},
		"empty actions":  {Draft: acts()},
		"no source type": {Draft: acts(act("c2pa.created"))},
		"edited first":   {Draft: acts(act("c2pa.edited"))},
		"created twice":  {Draft: acts(created, created)},
		"nameless":       {Draft: acts(created, act(""))},
		"no name":        {Draft: acts(created, map[string]any{"when": "now"})},
		"opened nothing": {Draft: acts(act("c2pa.opened"))},
		"opened air": {Draft: acts(act("c2pa.opened", "parameters", map[string]any{
			"ingredients": []any{map[string]any{"url": "self#jumbf=c2pa.assertions/c2pa.ingredient.v3", "hash": []byte{1}}},
		}))},
		"placed nothing":   {Draft: acts(created, act("c2pa.placed", "parameters", map[string]any{"ingredients": []any{}}))},
		"removed nothing":  {Draft: acts(created, act("c2pa.removed", "parameters", map[string]any{}))},
		"translated":       {Draft: acts(created, act("c2pa.translated"))},
		"translated well":  {Draft: acts(created, act("c2pa.translated", "parameters", map[string]any{"sourceLanguage": "nb", "targetLanguage": "en"}))},
		"transcoded air":   {Draft: acts(created, act("c2pa.transcoded", "parameters", map[string]any{"ingredients": []any{}}))},
		"redacted nothing": {Draft: acts(created, act("c2pa.redacted", "reason", "c2pa.invalid.data", "parameters", map[string]any{}))},
		"odd when":         {Draft: acts(act("c2pa.created", "digitalSourceType", source, "when", 7))},
		"odd agent":        {Draft: acts(act("c2pa.created", "digitalSourceType", source, "softwareAgent", 7))},
		"odd parameters":   {Draft: acts(act("c2pa.created", "digitalSourceType", source, "parameters", "x"))},
		"text agent":       {Draft: acts(act("c2pa.created", "digitalSourceType", source, "softwareAgent", "Forger"))},
		"actions of v3":    {Draft: func(f *c2pa.Forged) { f.Add("c2pa.actions.v3", map[string]any{"actions": []any{created}}) }},
		"actions of v1": {Draft: func(f *c2pa.Forged) {
			f.Drop("c2pa.actions.v2")
			f.Add("c2pa.actions", map[string]any{"actions": []any{created}})
		}},
		"two actions":    {Draft: func(f *c2pa.Forged) { f.Add("c2pa.actions.v2", map[string]any{"actions": []any{act("c2pa.edited")}}) }},
		"two beginnings": {Draft: func(f *c2pa.Forged) { f.Add("c2pa.actions.v2", map[string]any{"actions": []any{created}}) }},
		"actions no map": {Draft: func(f *c2pa.Forged) { f.Drop("c2pa.actions.v2"); f.Add("c2pa.actions.v2", "actions") }},
		"actions no CBOR": {Draft: func(f *c2pa.Forged) {
			f.Drop("c2pa.actions.v2")
			f.AddRaw("cbor", "c2pa.actions.v2", "cbor", []byte{0xa1, 0x61})
		}},
		"actions in JSON": {Draft: func(f *c2pa.Forged) {
			f.Drop("c2pa.actions.v2")
			f.AddRaw("json", "c2pa.actions.v2", "json", []byte(`{"actions":[]}`))
		}},
		"unclaimed":           {Draft: func(f *c2pa.Forged) { f.AddUnclaimed("org.forger.x", 1) }},
		"claimed air":         {Draft: func(f *c2pa.Forged) { f.Claim("self#jumbf=c2pa.assertions/org.forger.air") }},
		"claimed elsewhere":   {Draft: func(f *c2pa.Forged) { f.Claim("self#jumbf=/c2pa/urn:c2pa:x/c2pa.assertions/org.forger.air") }},
		"claimed absolutely":  {Draft: func(f *c2pa.Forged) { f.Claim("self#jumbf=/c2pa/" + f.Label() + "/c2pa.assertions/org.forger.air") }},
		"broken CBOR":         {Draft: func(f *c2pa.Forged) { f.AddRaw("cbor", "org.forger.x", "cbor", []byte{0xa1, 0x61}) }},
		"trailing CBOR":       {Draft: func(f *c2pa.Forged) { f.AddRaw("cbor", "org.forger.x", "cbor", []byte{0x01, 0x02}) }},
		"broken text":         {Draft: func(f *c2pa.Forged) { f.AddRaw("cbor", "org.forger.x", "cbor", []byte{0x61, 0xff}) }},
		"broken JSON":         {Draft: func(f *c2pa.Forged) { f.AddRaw("json", "org.forger.x", "json", []byte(`{`)) }},
		"JSON no text":        {Draft: func(f *c2pa.Forged) { f.AddRaw("json", "org.forger.x", "json", []byte{'"', 0xff, '"'}) }},
		"odd kind":            {Draft: func(f *c2pa.Forged) { f.AddRaw("odds", "org.forger.x", "cbor", []byte{1}) }},
		"kind and content":    {Draft: func(f *c2pa.Forged) { f.AddRaw("json", "org.forger.x", "cbor", []byte{1}) }},
		"uuid":                {Draft: func(f *c2pa.Forged) { f.AddRaw("uuid", "org.forger.x", "uuid", bytes.Repeat([]byte{7}, 20)) }},
		"two data hashes":     {Draft: func(f *c2pa.Forged) { f.Add("c2pa.hash.data", map[string]any{"hash": []byte{1}, "pad": []byte{}}) }},
		"a data hash of part": {Draft: func(f *c2pa.Forged) { f.Add("c2pa.hash.data.part", map[string]any{"hash": []byte{1}, "pad": []byte{}}) }},
		"a box hash":          {NoHash: true, Draft: func(f *c2pa.Forged) { f.Add("c2pa.hash.boxes", map[string]any{"boxes": []any{}}) }},
		"an odd box hash": {NoHash: true, Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.hash.boxes", map[string]any{"boxes": []any{map[string]any{"names": []any{"X"}, "hash": []byte{1}, "pad": []byte{}}}})
		}},
		"a video's hash": {NoHash: true, Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.hash.bmff.v3", map[string]any{"hash": []byte{1}, "exclusions": []any{}})
		}},
		"soft binding": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.soft-binding", map[string]any{"alg": "org.forger.mark", "blocks": []any{}})
		}},
		"soft binding of the claim": {
			Draft: func(f *c2pa.Forged) { f.Add("c2pa.soft-binding", map[string]any{"blocks": []any{}}) },
			Claim: func(c map[string]any) { c["alg_soft"] = "org.forger.mark" },
		},
		"soft binding by nothing": {Draft: func(f *c2pa.Forged) { f.Add("c2pa.soft-binding", map[string]any{"blocks": []any{}}) }},
		"odd soft binding":        {Draft: func(f *c2pa.Forged) { f.Add("c2pa.soft-binding", 7) }},
		"cloud data": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.cloud-data", map[string]any{"label": "org.x", "size": 3, "location": map[string]any{"url": "https://example.org", "alg": "sha256", "hash": []byte{1}}, "content_type": "text/plain"})
		}},
		"cloud data of nothing": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.cloud-data", map[string]any{"label": "org.x", "size": 0, "location": map[string]any{"url": "https://example.org", "alg": "sha256", "hash": []byte{1}}, "content_type": "text/plain"})
		}},
		"cloud hash": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.cloud-data", map[string]any{"label": "c2pa.hash.data", "size": 3, "location": map[string]any{"url": "https://example.org", "alg": "sha256", "hash": []byte{1}}, "content_type": "text/plain"})
		}},
		"cloud data by no hash": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.cloud-data", map[string]any{"label": "org.x", "size": 3, "location": map[string]any{"url": "https://example.org", "hash": []byte{1}}})
		}},
		"cloud actions": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.cloud-data", map[string]any{"label": "c2pa.actions", "size": 3, "location": map[string]any{"url": "https://example.org", "alg": "sha256", "hash": []byte{1}}})
		}},
		"odd cloud data": {Draft: func(f *c2pa.Forged) { f.Add("c2pa.cloud-data", 7) }},
		"C2PA metadata": {Draft: func(f *c2pa.Forged) {
			f.AddRaw("json", "c2pa.metadata", "json", []byte(`{"@context":{"exif":"http://ns.adobe.com/exif/1.0/"},"exif:GPSLatitude":"39,21.102N"}`))
		}},
		"C2PA metadata of oneself": {Draft: func(f *c2pa.Forged) {
			f.AddRaw("json", "c2pa.metadata", "json", []byte(`{"@context":{"org":"http://example.org"},"org:x":"y"}`))
		}},
		"C2PA metadata from nowhere": {Draft: func(f *c2pa.Forged) {
			f.AddRaw("json", "c2pa.metadata", "json", []byte(`{"@context":{"dc":"http://purl.org/dc/elements/1.1/"},"exif:GPSLatitude":"39,21.102N"}`))
		}},
		"C2PA metadata of nothing":      {Draft: func(f *c2pa.Forged) { f.AddRaw("json", "c2pa.metadata", "json", []byte(`{"@context":{}}`)) }},
		"C2PA metadata without context": {Draft: func(f *c2pa.Forged) { f.AddRaw("json", "c2pa.metadata", "json", []byte(`{}`)) }},
		"metadata without context":      {Draft: func(f *c2pa.Forged) { f.AddRaw("json", "org.forger.metadata", "json", []byte(`{}`)) }},
		"an ingredient of v4":           {Draft: func(f *c2pa.Forged) { f.Add("c2pa.ingredient.v4", map[string]any{"relationship": "inputTo"}) }},
		"an ingredient of v1": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.ingredient", map[string]any{"relationship": "componentOf", "dc:title": "t", "dc:format": "image/png", "instanceID": "x"})
		}},
		"an ingredient of v2": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.ingredient.v2", map[string]any{"relationship": "componentOf", "dc:title": "t", "dc:format": "image/png"})
		}},
		"an untitled ingredient":  {Draft: func(f *c2pa.Forged) { f.Add("c2pa.ingredient.v2", map[string]any{"relationship": "componentOf"}) }},
		"an unrelated ingredient": {Draft: func(f *c2pa.Forged) { f.Add("c2pa.ingredient.v3", map[string]any{"relationship": "cousinOf"}) }},
		"a lost ingredient": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.ingredient.v3", map[string]any{
				"relationship": "componentOf", "activeManifest": map[string]any{"url": "self#jumbf=/c2pa/urn:c2pa:lost", "hash": []byte{1}},
				"validationResults": map[string]any{"activeManifest": map[string]any{"success": []any{}, "informational": []any{}, "failure": []any{}}},
			})
		}},
		"its own ingredient": {Draft: func(f *c2pa.Forged) {
			f.Add("c2pa.ingredient.v3", map[string]any{
				"relationship": "componentOf", "activeManifest": map[string]any{"url": "self#jumbf=/c2pa/" + f.Label(), "hash": []byte{1}},
				"validationResults": map[string]any{"activeManifest": map[string]any{"success": []any{}, "informational": []any{}, "failure": []any{}}},
			})
		}},
		"an icon of air": {Claim: func(c map[string]any) {
			c["claim_generator_info"] = map[string]any{"name": "x", "icon": map[string]any{"url": "self#jumbf=c2pa.assertions/c2pa.icon", "hash": []byte{1}}}
		}},
		"metadata from nowhere": {Draft: func(f *c2pa.Forged) {
			f.AddRaw("json", "org.forger.metadata", "json", []byte(`{"@context":{"dc":"http://purl.org/dc/elements/1.1/"},"exif:x":1}`))
		}},
		"metadata": {Draft: func(f *c2pa.Forged) {
			f.AddRaw("json", "org.forger.metadata", "json", []byte(`{"@context":{"dc":"http://purl.org/dc/elements/1.1/"},"dc:title":"x"}`))
		}},
		"two of a label":    {Draft: func(f *c2pa.Forged) { f.Add("org.forger.x", 1); f.Add("org.forger.x", 2); f.Add("org.forger.x.v2", 3) }},
		"a time stamp":      {Draft: func(f *c2pa.Forged) { f.Add("c2pa.time-stamp", map[string]any{"urn:c2pa:x": []byte{1}}) }},
		"an odd time stamp": {Draft: func(f *c2pa.Forged) { f.Add("c2pa.time-stamp", 7) }},

		"hash with no exclusion": {Hash: func(h map[string]any, _ embed.Range) { delete(h, "exclusions") }},
		"hash of nothing":        {Hash: func(h map[string]any, _ embed.Range) { h["hash"] = []byte{} }},
		"hash without pad":       {Hash: func(h map[string]any, _ embed.Range) { delete(h, "pad") }},
		"hash without hash":      {Hash: func(h map[string]any, _ embed.Range) { delete(h, "hash") }},
		"hash by MD5":            {Hash: func(h map[string]any, _ embed.Range) { h["alg"] = "md5" }},
		"hash by the claim's":    {Hash: func(h map[string]any, _ embed.Range) { delete(h, "alg") }},
		"hash elsewhere":         {Hash: func(h map[string]any, _ embed.Range) { h["url"] = "https://example.org" }},
		"hash beyond the end": {Hash: func(h map[string]any, out embed.Range) {
			h["exclusions"] = []any{map[string]any{"start": out.Start, "length": 1 << 40}}
		}},
		"hash of a range twice": {Hash: func(h map[string]any, out embed.Range) {
			x := map[string]any{"start": out.Start, "length": out.Length}
			h["exclusions"] = []any{x, x}
		}},
		"hash in parts": {Hash: func(h map[string]any, out embed.Range) {
			h["exclusions"] = []any{
				map[string]any{"start": out.Start + 20, "length": out.Length - 20}, map[string]any{"start": out.Start, "length": int64(20)},
			}
		}},
		"hash of less": {Hash: func(h map[string]any, out embed.Range) {
			h["exclusions"] = []any{map[string]any{"start": out.Start - 1, "length": out.Length + 1}}
		}},
		"ranges: longer":   ranges(func(x embed.Range) []embed.Range { return []embed.Range{{Start: x.Start, Length: x.Length + 5}} }),
		"ranges: before":   ranges(func(x embed.Range) []embed.Range { return []embed.Range{{Start: x.Start - 5, Length: x.Length + 5}} }),
		"ranges: all":      ranges(func(x embed.Range) []embed.Range { return []embed.Range{{Start: 0, Length: x.End()}} }),
		"ranges: and more": ranges(func(x embed.Range) []embed.Range { return []embed.Range{{Start: 2, Length: 3}, x} }),
		"ranges: halves": ranges(func(x embed.Range) []embed.Range {
			return []embed.Range{{Start: x.Start, Length: 20}, {Start: x.Start + 20, Length: x.Length - 20}}
		}),
		"ranges: overlaps":  ranges(func(x embed.Range) []embed.Range { return []embed.Range{x, {Start: x.Start + 1, Length: x.Length}} }),
		"ranges: two of it": ranges(func(x embed.Range) []embed.Range { return []embed.Range{{Start: x.Start, Length: x.Length + 3}, x} }),
		"hash with a hole": {Hash: func(h map[string]any, out embed.Range) {
			h["exclusions"] = []any{map[string]any{"start": out.Start, "length": out.Length}, map[string]any{"start": 0, "length": 0}}
		}},
		"hash below zero": {Hash: func(h map[string]any, out embed.Range) {
			h["exclusions"] = []any{map[string]any{"start": -1, "length": out.Length}}
		}},
		"hash of odd ranges": {Hash: func(h map[string]any, _ embed.Range) { h["exclusions"] = "all" }},

		"claim without algorithm": {Claim: func(c map[string]any) { delete(c, "alg") }},
		"claim by MD5":            {Claim: func(c map[string]any) { c["alg"] = "md5" }},
		"claim by SHA-512":        {Claim: func(c map[string]any) { c["alg"] = "sha512" }},
		"claim without instance":  {Claim: func(c map[string]any) { delete(c, "instanceID") }},
		"claim without generator": {Claim: func(c map[string]any) { delete(c, "claim_generator_info") }},
		"claim of a nameless":     {Claim: func(c map[string]any) { c["claim_generator_info"] = map[string]any{"version": "1"} }},
		"claim of an empty name":  {Claim: func(c map[string]any) { c["claim_generator_info"] = map[string]any{"name": ""} }},
		"claim without signature": {Claim: func(c map[string]any) { delete(c, "signature") }},
		"claim of no assertions":  {Claim: func(c map[string]any) { delete(c, "created_assertions") }},
		"claim of both versions":  {Claim: func(c map[string]any) { c["assertions"] = []any{} }},
		"claim with a field":      {Claim: func(c map[string]any) { c["forged"] = true }},
		"claim with an odd title": {Claim: func(c map[string]any) { c["dc:title"] = 7 }},
		"claim gathered":          {Claim: func(c map[string]any) { c["gathered_assertions"] = c["created_assertions"] }},
		"claim all gathered": {Claim: func(c map[string]any) {
			c["gathered_assertions"], c["created_assertions"] = c["created_assertions"], []any{}
		}},
		"signature elsewhere":   {Claim: func(c map[string]any) { c["signature"] = "self#jumbf=/c2pa/urn:c2pa:x/c2pa.signature" }},
		"signature relative":    {Claim: func(c map[string]any) { c["signature"] = "self#jumbf=c2pa.signature" }},
		"signature of odd name": {Claim: func(c map[string]any) { c["signature"] = "self#jumbf=c2pa.sig" }},
		"redacts itself":        {Claim: func(c map[string]any) { c["redacted_assertions"] = []any{c["signature"]} }},
		"redacts actions": {Claim: func(c map[string]any) {
			c["redacted_assertions"] = []any{"self#jumbf=/c2pa/urn:c2pa:x/c2pa.assertions/c2pa.actions"}
		}},
		"redacts a hash": {Claim: func(c map[string]any) {
			c["redacted_assertions"] = []any{"self#jumbf=/c2pa/urn:c2pa:x/c2pa.assertions/c2pa.hash.data"}
		}},
		"redacts what is not there": {Claim: func(c map[string]any) {
			c["redacted_assertions"] = []any{"self#jumbf=/c2pa/urn:c2pa:x/c2pa.assertions/org.forger.x"}
		}},
		"label of no urn":         {Label: "forged"},
		"label of a vendor":       {Label: "urn:c2pa:3fad1ead-8ed5-44d0-873b-ea5f58adea82:forger:2_1"},
		"label of an odd vendor":  {Label: "urn:c2pa:3fad1ead-8ed5-44d0-873b-ea5f58adea82:for ger"},
		"label of an odd version": {Label: "urn:c2pa:3fad1ead-8ed5-44d0-873b-ea5f58adea82:forger:x"},
		"label of v1":             {Label: "forger:urn:uuid:3fad1ead-8ed5-44d0-873b-ea5f58adea82"},
		"claim box of v1":         {ClaimLabel: "c2pa.claim"},
		"claim box of v3":         {ClaimLabel: "c2pa.claim.v3"},
		"claim box of odd name":   {ClaimLabel: "forged"},
		"an update of nothing":    {Kind: "c2um"},
		"an update without hash":  {Kind: "c2um", NoHash: true},
		"a manifest of metadata":  {Kind: "c2md"},
		"a manifest of odd kind":  {Kind: "odds"},

		"changed claim":       {Signed: func(c []byte) []byte { return flip(c, -3) }},
		"longer claim":        {Signed: func(c []byte) []byte { return append(c, 0) }},
		"changed signature":   {Signature: func(s []byte) []byte { return flip(s, -3) }},
		"no signature":        {Signature: func([]byte) []byte { return []byte{0xf6} }},
		"untagged signature":  {Signature: func(s []byte) []byte { return s[1:] }},
		"changed algorithm":   {Signature: func(s []byte) []byte { return bytes.Replace(s, []byte{0x01, 0x26}, []byte{0x01, 0x27}, 1) }},
		"changed certificate": {Signature: func(s []byte) []byte { return flip(s, 300) }},
		"changed actions":     {Assertions: func(b [][]byte) [][]byte { b[0] = flip(b[0], -3); return b }},
		"lost actions":        {Assertions: func(b [][]byte) [][]byte { return b[1:] }},
		"assertion twice":     {Assertions: func(b [][]byte) [][]byte { return append(b, b[0]) }},
		"assertions turned":   {Assertions: func(b [][]byte) [][]byte { slices.Reverse(b); return b }},
		"zeroed actions": {Assertions: func(b [][]byte) [][]byte {
			b[0] = jumbf.Super(jumbf.Kind("uuid"), "c2pa.actions.v2", nil, jumbf.Content("uuid", []byte{0xca, 0xa9, 0x8e, 0xee, 0x9d, 0x4d, 0xf8, 0x0e, 0x86, 0xad, 0x4d, 0xff, 0xca, 0x26, 0x39, 0x73, 0, 0}))
			return b
		}},
		"no assertions box":     {Manifest: func(p [][]byte) [][]byte { return p[1:] }},
		"no claim box":          {Manifest: func(p [][]byte) [][]byte { return [][]byte{p[0], p[2]} }},
		"no signature box":      {Manifest: func(p [][]byte) [][]byte { return p[:2] }},
		"two claims":            {Manifest: func(p [][]byte) [][]byte { return append(p, p[1]) }},
		"two signatures":        {Manifest: func(p [][]byte) [][]byte { return append(p, p[2]) }},
		"turned boxes":          {Manifest: func(p [][]byte) [][]byte { slices.Reverse(p); return p }},
		"an odd box":            {Manifest: func(p [][]byte) [][]byte { return append(p, jumbf.Super(jumbf.Kind("odds"), "odd", nil)) }},
		"a free box":            {Manifest: func(p [][]byte) [][]byte { return append(p, jumbf.Content("free", make([]byte, 9))) }},
		"an unknown box":        {Manifest: func(p [][]byte) [][]byte { return append(p, jumbf.Content("what", make([]byte, 9))) }},
		"credentials":           {Manifest: func(p [][]byte) [][]byte { return append(p, jumbf.Super(jumbf.Kind("c2vc"), "c2pa.credentials", nil)) }},
		"databoxes":             {Manifest: func(p [][]byte) [][]byte { return append(p, jumbf.Super(jumbf.Kind("c2db"), "c2pa.databoxes", nil)) }},
		"no manifest":           {Store: func([][]byte) [][]byte { return nil }},
		"manifest twice":        {Store: func(m [][]byte) [][]byte { return append(m, m[0]) }},
		"an odd manifest":       {Store: func(m [][]byte) [][]byte { return append(m, jumbf.Super(jumbf.Kind("odds"), "odd", nil)) }},
		"a box among manifests": {Store: func(m [][]byte) [][]byte { return append(m, jumbf.Content("free", make([]byte, 9))) }},

		"longer file":         {Bytes: func(b []byte, _ embed.Range) []byte { return append(b, 0) }},
		"shorter file":        {Bytes: func(b []byte, _ embed.Range) []byte { return b[:len(b)-1] }},
		"half a manifest":     {Bytes: func(b []byte, out embed.Range) []byte { return b[:out.Start+out.Length/2] }},
		"cut at the manifest": {Bytes: func(b []byte, out embed.Range) []byte { return b[:out.Start] }},
		"one byte":            {Bytes: func(b []byte, _ embed.Range) []byte { return b[:1] }},
		"ten bytes":           {Bytes: func(b []byte, _ embed.Range) []byte { return b[:10] }},
	}
	return out
}

func forge(t testing.TB, file []byte, m c2pa.Manifest, s studio, f c2pa.Forgery) []byte {
	t.Helper()
	out, err := c2pa.Forge(t.Context(), file, m, s.signer, f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestForgeriesGetTheVerdictOfC2PARS(t *testing.T) {
	s := newStudio(t, "ES256")
	files := map[string][]byte{}
	for _, ext := range formats() {
		for name, f := range forgeries() {
			files[fmt.Sprintf("%s.%s", name, ext)] = forge(t, plain(t, ext), simple(), s, f)
		}
	}
	agree(t, files, nil)
}

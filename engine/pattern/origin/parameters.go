package origin

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The programs whose parameters are recognised.
const (
	Automatic1111 = "AUTOMATIC1111" // and Forge, SD.Next, Civitai, which write alike
	ComfyUI       = "ComfyUI"
	InvokeAI      = "InvokeAI"
	Selvage       = "Selvage"
)

// Parameters is what a file declares that it was generated with. Fields that it
// does not state are empty or nil; none of it has been checked.
type Parameters struct {
	Program        string            `json:"program"`
	Prompt         string            `json:"prompt,omitempty"`
	NegativePrompt string            `json:"negative_prompt,omitempty"`
	Seed           *uint64           `json:"seed,omitempty"`
	Steps          int               `json:"steps,omitempty"`
	Sampler        string            `json:"sampler,omitempty"`
	Schedule       string            `json:"schedule,omitempty"`
	GuidanceScale  float64           `json:"guidance_scale,omitempty"`
	Model          string            `json:"model,omitempty"`
	ModelHash      string            `json:"model_hash,omitempty"`
	Other          map[string]string `json:"other,omitempty"` // further pairs of AUTOMATIC1111

	// Raw is the text as it stood in the file, under its keyword.
	Raw map[string]string `json:"raw"`
}

const (
	maxText   = 4 << 20 // of one scrap; ComfyUI's workflows have hundreds of KB
	maxScraps = 32
)

// Scraps gathers texts of one file. The zero value is ready.
type Scraps struct {
	texts  map[string]string
	parent *Parent
}

// Add takes a text by its keyword, as PNG has them. The first of a keyword
// counts.
func (s *Scraps) Add(keyword, text string) {
	if len(text) > maxText || !utf8.ValidString(text) {
		return
	}
	if s.texts == nil {
		s.texts = map[string]string{}
	}
	if _, there := s.texts[keyword]; !there && len(s.texts) < maxScraps {
		s.texts[keyword] = text
	}
	if keyword == ParentKeyword && s.parent == nil {
		s.parent = parseParent(text)
	}
}

// Comment takes an EXIF UserComment: eight bytes that name the encoding, and the
// text. bigEndian is the byte order of the EXIF block, which UTF-16 follows
// unless a mark says otherwise.
func (s *Scraps) Comment(data []byte, bigEndian bool) {
	if len(data) <= 8 || len(data) > maxText {
		return
	}
	code, body := string(bytes.TrimRight(data[:8], "\x00")), data[8:]
	var text string
	switch code {
	case "UNICODE":
		text = decodeUTF16(body, bigEndian)
	case "ASCII", "":
		text = string(bytes.TrimRight(body, "\x00"))
	default:
		return
	}
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	if strings.HasPrefix(text, "{") {
		s.json(text)
		return
	}
	s.Add("parameters", text)
}

// json takes a JSON object from a comment: programs that keep PNG's keywords in
// JPEG and WebP write them as its members.
func (s *Scraps) json(text string) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		s.Add("parameters", text)
		return
	}
	found := false
	for _, k := range []string{"parameters", "prompt", "workflow", "invokeai_metadata", "sd-metadata", ParentKeyword} {
		raw, ok := all[k]
		if !ok {
			continue
		}
		found = true
		var str string
		if json.Unmarshal(raw, &str) == nil {
			s.Add(k, str)
		} else {
			s.Add(k, string(raw))
		}
	}
	if !found {
		s.Add("parameters", text)
	}
}

// Description takes a text that is found under a general name, such as EXIF's
// ImageDescription and Make, where ComfyUI's savers of WebP and JPEG write
// "Prompt:{…}" and "Workflow:{…}".
func (s *Scraps) Description(text string) {
	text = strings.TrimRight(text, "\x00")
	for prefix, keyword := range map[string]string{"Prompt:": "prompt", "prompt:": "prompt", "Workflow:": "workflow", "workflow:": "workflow"} {
		if body, ok := strings.CutPrefix(text, prefix); ok && strings.HasPrefix(strings.TrimSpace(body), "{") {
			s.Add(keyword, strings.TrimSpace(body))
		}
	}
	if strings.Contains(text, "\nSteps: ") {
		s.Add("parameters", text)
	}
}

// Packet takes an XMP packet.
func (s *Scraps) Packet(xmp []byte) {
	if s.parent == nil {
		s.parent = parentOf(xmp)
	}
}

// Parent is what the file says that it was exported from, or nil.
func (s *Scraps) Parent() *Parent { return s.parent }

// Parameters is what the file says that it was generated with, or nil.
func (s *Scraps) Parameters() *Parameters {
	raw := map[string]string{}
	keep := func(keys ...string) bool {
		found := false
		for _, k := range keys {
			if t, ok := s.texts[k]; ok {
				raw[k], found = t, true
			}
		}
		return found
	}
	var p *Parameters
	switch {
	case keep("selvage.request"):
		p = ours(s.texts["selvage.request"])
	case keep("invokeai_metadata", "sd-metadata", "Dream", "dream"):
		p = invoke(s.texts)
	case keep("parameters"):
		p = automatic(s.texts["parameters"])
		keep("prompt", "workflow")
	case keep("prompt", "workflow"):
		p = comfy(s.texts["prompt"])
	}
	if p != nil {
		p.Raw = raw
	}
	return p
}

func decodeUTF16(b []byte, bigEndian bool) string {
	if len(b) >= 2 {
		switch {
		case b[0] == 0xfe && b[1] == 0xff:
			bigEndian, b = true, b[2:]
		case b[0] == 0xff && b[1] == 0xfe:
			bigEndian, b = false, b[2:]
		default:
			// Some writers ignore the order of their block. Prompts are mostly ASCII,
			// whose zero bytes tell.
			even, odd := 0, 0
			for i := 0; i+1 < len(b) && i < 400; i += 2 {
				if b[i] == 0 {
					even++
				}
				if b[i+1] == 0 {
					odd++
				}
			}
			if even != odd {
				bigEndian = even > odd
			}
		}
	}
	var order binary.ByteOrder = binary.LittleEndian
	if bigEndian {
		order = binary.BigEndian
	}
	u := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		v := order.Uint16(b[i:])
		if v == 0 {
			break
		}
		u = append(u, v)
	}
	return string(utf16.Decode(u))
}

// ours reads the request that this program embeds in working files.
func ours(text string) *Parameters {
	p := &Parameters{Program: Selvage}
	m := object(text)
	p.Prompt = str(m, "prompt")
	p.NegativePrompt = str(m, "negative_prompt", "negative")
	p.Seed = seed(m, "seed")
	p.Steps = int(num(m, "steps"))
	p.Sampler = str(m, "scheduler", "sampler")
	p.GuidanceScale = num(m, "guidance_scale", "guidance")
	p.Model = str(m, "model")
	return p
}

// automatic reads the text that AUTOMATIC1111's web interface writes: the prompt,
// "Negative prompt: …", and a last line of "Key: value" pairs by commas.
func automatic(text string) *Parameters {
	p := &Parameters{Program: Automatic1111, Other: map[string]string{}}
	lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n")
	// The pairs are one line; some extensions write lines after it.
	at := -1
	for i := len(lines) - 1; i >= 0 && at < 0; i-- {
		if strings.HasPrefix(strings.TrimSpace(lines[i]), "Steps: ") {
			at = i
		}
	}
	prompts := lines
	if at >= 0 {
		prompts = lines[:at]
		for _, kv := range pairs(strings.Join(lines[at:], ", ")) {
			p.set(kv[0], kv[1])
		}
	}
	var positive, negative []string
	into := &positive
	for _, l := range prompts {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(l), "Negative prompt:"); ok {
			into = &negative
			l = rest
		}
		*into = append(*into, strings.TrimSpace(l))
	}
	p.Prompt = strings.TrimSpace(strings.Join(positive, "\n"))
	p.NegativePrompt = strings.TrimSpace(strings.Join(negative, "\n"))
	if len(p.Other) == 0 {
		p.Other = nil
	}
	return p
}

func (p *Parameters) set(key, value string) {
	switch strings.ToLower(key) {
	case "steps":
		p.Steps = int(number(value))
	case "sampler":
		p.Sampler = value
	case "schedule type":
		p.Schedule = value
	case "cfg scale":
		p.GuidanceScale = number(value)
	case "seed":
		if v, err := strconv.ParseUint(value, 10, 64); err == nil {
			p.Seed = &v
		}
	case "model":
		p.Model = value
	case "model hash":
		p.ModelHash = value
	default:
		if len(p.Other) < 200 {
			p.Other[key] = value
		}
	}
}

// pairs cuts "Key: value, Key: "quoted, value"" at the commas outside of quotes.
func pairs(s string) [][2]string {
	var all [][2]string
	quoted, from := false, 0
	take := func(part string) {
		key, value, ok := strings.Cut(part, ":")
		if !ok {
			return
		}
		value = strings.TrimSpace(value)
		if u, err := strconv.Unquote(value); err == nil && strings.HasPrefix(value, `"`) {
			value = u
		}
		if key = strings.TrimSpace(key); key != "" {
			all = append(all, [2]string{key, value})
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			take(s[from:i])
			from = i + 1
		}
	}
	take(s[from:])
	return all
}

// comfy reads ComfyUI's prompt: a graph of nodes by their ids, whose inputs are
// values or links [id, output]. From the sampler the links lead to the prompts
// and the model.
func comfy(text string) *Parameters {
	p := &Parameters{Program: ComfyUI}
	type node struct {
		Class  string                     `json:"class_type"`
		Inputs map[string]json.RawMessage `json:"inputs"`
	}
	var nodes map[string]node
	if err := json.Unmarshal([]byte(notNaN(text)), &nodes); err != nil {
		return p
	}
	// link follows an input to the node it comes from.
	link := func(raw json.RawMessage) (string, bool) {
		var l []json.RawMessage
		var id string
		if json.Unmarshal(raw, &l) != nil || len(l) != 2 || json.Unmarshal(l[0], &id) != nil {
			return "", false
		}
		_, ok := nodes[id]
		return id, ok
	}
	// upstream is what an input leads to, the node itself first, by links.
	upstream := func(raw json.RawMessage, accept func(node) bool) (node, bool) {
		id, ok := link(raw)
		seen := map[string]bool{}
		queue := []string{id}
		for ok && len(queue) > 0 {
			id := queue[0]
			queue = queue[1:]
			if seen[id] {
				continue
			}
			seen[id] = true
			if accept(nodes[id]) {
				return nodes[id], true
			}
			keys := make([]string, 0, len(nodes[id].Inputs))
			for k := range nodes[id].Inputs {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				if next, ok := link(nodes[id].Inputs[k]); ok {
					queue = append(queue, next)
				}
			}
		}
		return node{}, false
	}
	ids := make([]string, 0, len(nodes))
	for id := range nodes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var sampler node
	for _, id := range ids { // the first pass of several has the prompts
		n := nodes[id]
		_, hasSteps := n.Inputs["steps"]
		_, hasPositive := n.Inputs["positive"]
		if strings.Contains(n.Class, "KSampler") && hasSteps && hasPositive {
			sampler = n
			break
		}
	}
	if sampler.Class == "" {
		for _, id := range ids {
			if strings.Contains(nodes[id].Class, "SamplerCustom") {
				sampler = nodes[id]
				break
			}
		}
	}
	if sampler.Class == "" {
		return p
	}
	// value reads an input of one of the names, on the node or on what feeds it.
	value := func(n node, names ...string) json.RawMessage {
		for _, name := range names {
			raw, ok := n.Inputs[name]
			if !ok {
				continue
			}
			if _, linked := link(raw); !linked {
				return raw
			}
			from, ok := upstream(raw, func(m node) bool {
				for _, k := range append([]string{"value", "seed", "noise_seed", "int", "float"}, names...) {
					if v, ok := m.Inputs[k]; ok {
						if _, linked := link(v); !linked {
							return true
						}
					}
				}
				return false
			})
			if !ok {
				continue
			}
			for _, k := range append(slices.Clone(names), "value", "seed", "noise_seed", "int", "float") {
				if v, ok := from.Inputs[k]; ok {
					if _, linked := link(v); !linked {
						return v
					}
				}
			}
		}
		return nil
	}
	m := map[string]json.RawMessage{
		"steps": value(sampler, "steps"), "sampler": value(sampler, "sampler_name"), "schedule": value(sampler, "scheduler"),
		"cfg": value(sampler, "cfg"), "seed": value(sampler, "seed", "noise_seed"),
	}
	// SamplerCustomAdvanced has its parts in nodes of their own.
	for name, part := range map[string]string{"steps": "sigmas", "schedule": "sigmas", "sampler": "sampler", "cfg": "guider", "seed": "noise"} {
		if m[name] != nil {
			continue
		}
		keys := map[string][]string{"steps": {"steps"}, "schedule": {"scheduler"}, "sampler": {"sampler_name"}, "cfg": {"cfg"}, "seed": {"noise_seed", "seed"}}[name]
		if n, ok := upstream(sampler.Inputs[part], func(n node) bool { return n.Inputs[keys[0]] != nil }); ok {
			m[name] = value(n, keys...)
		}
	}
	p.Steps, p.Sampler, p.Schedule = int(num(m, "steps")), str(m, "sampler"), str(m, "schedule")
	p.GuidanceScale, p.Seed = num(m, "cfg"), seed(m, "seed")
	prompt := func(raw json.RawMessage) string {
		n, ok := upstream(raw, func(n node) bool {
			for _, k := range []string{"text", "text_g", "t5xxl", "clip_l"} {
				if _, is := n.Inputs[k]; is && strings.Contains(n.Class, "CLIPTextEncode") {
					return true
				}
			}
			return false
		})
		if !ok {
			return ""
		}
		for _, k := range []string{"text", "text_g", "t5xxl", "clip_l"} {
			var s string
			if json.Unmarshal(value(n, k, "text", "string"), &s) == nil && s != "" {
				return s
			}
		}
		return ""
	}
	positive := sampler.Inputs["positive"]
	if positive == nil {
		positive = sampler.Inputs["guider"]
	}
	p.Prompt, p.NegativePrompt = prompt(positive), prompt(sampler.Inputs["negative"])
	model := sampler.Inputs["model"]
	if model == nil {
		model = sampler.Inputs["guider"]
	}
	if n, ok := upstream(model, func(n node) bool { return n.Inputs["ckpt_name"] != nil || n.Inputs["unet_name"] != nil }); ok {
		p.Model = str(n.Inputs, "ckpt_name", "unet_name")
	}
	return p
}

// notNaN makes JSON of what Python's writer leaves: NaN is a value to it.
func notNaN(s string) string {
	if !strings.Contains(s, "NaN") {
		return s
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\' && i+1 < len(s):
			b.WriteByte(s[i])
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && strings.HasPrefix(s[i:], "NaN"):
			b.WriteString("null")
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// invoke reads InvokeAI's metadata: since version 3 a flat object under
// "invokeai_metadata", in version 2 one with an "image" under "sd-metadata".
func invoke(texts map[string]string) *Parameters {
	p := &Parameters{Program: InvokeAI}
	if text, ok := texts["invokeai_metadata"]; ok {
		m := object(text)
		p.Prompt, p.NegativePrompt = str(m, "positive_prompt"), str(m, "negative_prompt")
		p.Seed, p.Steps = seed(m, "seed"), int(num(m, "steps"))
		p.Sampler, p.GuidanceScale = str(m, "scheduler"), num(m, "cfg_scale")
		var model map[string]json.RawMessage
		if json.Unmarshal(m["model"], &model) == nil {
			p.Model, p.ModelHash = str(model, "name", "model_name"), str(model, "hash")
		} else {
			p.Model = str(m, "model")
		}
		return p
	}
	if text, ok := texts["sd-metadata"]; ok {
		m := object(text)
		p.Model, p.ModelHash = str(m, "model_weights", "model"), str(m, "model_hash")
		image := object(string(m["image"]))
		p.Seed, p.Steps = seed(image, "seed"), int(num(image, "steps"))
		p.Sampler, p.GuidanceScale = str(image, "sampler"), num(image, "cfg_scale")
		var parts []struct {
			Prompt string `json:"prompt"`
		}
		p.Prompt = str(image, "prompt")
		if json.Unmarshal(image["prompt"], &parts) == nil && len(parts) > 0 {
			p.Prompt = parts[0].Prompt
		}
		// Version 2 writes the negative prompt in brackets inside of the prompt.
		if from, to := strings.LastIndexByte(p.Prompt, '['), strings.LastIndexByte(p.Prompt, ']'); from >= 0 && to > from {
			p.NegativePrompt = strings.TrimSpace(p.Prompt[from+1 : to])
			p.Prompt = strings.TrimSpace(p.Prompt[:from] + p.Prompt[to+1:])
		}
		return p
	}
	text := texts["Dream"]
	if text == "" {
		text = texts["dream"]
	}
	// "prompt" -s50 -S42 -W512 -H512 -C7.5 -A k_euler
	if strings.HasPrefix(text, `"`) {
		if end := strings.Index(text[1:], `"`); end >= 0 {
			p.Prompt, text = text[1:1+end], text[end+2:]
		}
	}
	fields := strings.Fields(text)
	for i, f := range fields {
		if len(f) < 2 || f[0] != '-' {
			continue
		}
		v := f[2:]
		if v == "" && i+1 < len(fields) {
			v = fields[i+1]
		}
		switch f[1] {
		case 's':
			p.Steps = int(number(v))
		case 'S':
			if n, err := strconv.ParseUint(v, 10, 64); err == nil {
				p.Seed = &n
			}
		case 'C':
			p.GuidanceScale = number(v)
		case 'A':
			p.Sampler = v
		}
	}
	return p
}

func object(text string) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(notNaN(text)), &m) != nil {
		return nil
	}
	return m
}

func str(m map[string]json.RawMessage, keys ...string) string {
	for _, k := range keys {
		var s string
		if raw := m[k]; raw != nil && json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	return ""
}

func num(m map[string]json.RawMessage, keys ...string) float64 {
	for _, k := range keys {
		if raw := m[k]; raw != nil {
			return number(strings.Trim(string(raw), `"`))
		}
	}
	return 0
}

// number reads a finite number of ordinary size, or 0.
func number(s string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(v > -1e9 && v < 1e9) {
		return 0
	}
	return v
}

func seed(m map[string]json.RawMessage, key string) *uint64 {
	v, err := strconv.ParseUint(strings.Trim(string(m[key]), `"`), 10, 64)
	if err != nil {
		return nil
	}
	return &v
}

package edit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// References lists every blob that the document needs, sorted: its pages, what
// its operations name, also those that this version does not know, and the parts
// of stored states. It is for a store that collects what nobody needs; the record
// has to be the document's latest.
func (d *Document) References(ctx context.Context, blobs Blobs) ([]Hash, error) {
	all := map[Hash]struct{}{}
	for _, p := range d.pages {
		all[p.Blob] = struct{}{}
	}
	for _, s := range d.steps {
		for _, h := range Named(s.Params) {
			all[h] = struct{}{}
		}
	}
	for _, c := range d.checkpoints {
		all[c.State] = struct{}{}
		data, err := blobs.Blob(ctx, c.State)
		if err != nil {
			return nil, fmt.Errorf("edit: a stored state: %w", err)
		}
		var r checkpointRecord
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, &RecordError{"state", err.Error()}
		}
		for _, part := range r.Parts {
			all[part] = struct{}{}
		}
	}
	list := make([]Hash, 0, len(all))
	for h := range all {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	return list, nil
}

// Named lists the hashes that stand in JSON, in any place and as often as they
// do: whatever an operation names, it names so.
func Named(params []byte) []Hash {
	const mark, digits = "sha256:", 64
	var list []Hash
	for {
		at := bytes.Index(params, []byte(mark))
		if at < 0 {
			return list
		}
		params = params[at:]
		if len(params) >= len(mark)+digits {
			if h, err := ParseHash(string(params[:len(mark)+digits])); err == nil {
				list = append(list, h)
			}
		}
		params = params[len(mark):]
	}
}

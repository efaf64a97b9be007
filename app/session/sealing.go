package session

import (
	"encoding/json"
	"strings"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// secrets are what a request says that is sealed in the record.
func secrets() []string {
	return []string{"prompt", "negative", "negative_prompt", "seed", "caption", "raw", "other"}
}

// inDocument is a request as a document keeps it: without what is sealed, since nobody could erase it there, and with the
// entry that asked, whose openings have it, where there is one. What cannot be read is left out.
func inDocument(request json.RawMessage, asked *blob.Hash) json.RawMessage {
	if request == nil {
		return nil
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(request, &all) != nil || all == nil {
		return nil
	}
	for _, name := range secrets() {
		delete(all, name)
	}
	if asked != nil {
		// In bare digits: it is no content, which a document would need.
		all["entry"] = json.RawMessage(`"` + strings.TrimPrefix(asked.String(), "sha256:") + `"`)
	}
	out, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return out
}

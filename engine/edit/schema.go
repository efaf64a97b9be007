package edit

import _ "embed"

//go:embed operations.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of a list of operations, as ParseList
// reads it. OPERATIONS.md says the same for people. To change what it returns
// changes a copy.
func Schema() []byte { return append([]byte(nil), schema...) }

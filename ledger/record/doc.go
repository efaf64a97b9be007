// Package record is the shape of everything that a ledger keeps: entries, what
// each kind of them says, and the one way to write them down.
//
//	draft := record.Draft{
//		Subjects: []string{pattern},
//		Body:     &record.Edit{Pattern: pattern, Operation: "paint.brush", Class: record.Drawn, …},
//	}
//	line, err := draft.Encode(log, record.Now())   // bytes for the log, openings for beside it
//	entry, err := record.Parse(line.Text)          // anything that is not exactly one way is refused
//	body, err := entry.Decode()                    // *record.Edit, or *record.Unknown
//
// An entry is JSON in the canonical form of RFC 8785, narrowed so that it can be
// checked in one pass: numbers are integers between -2^53+1 and 2^53-1, and whatever has
// a fraction is a decimal text. Two entries that say the same are the same
// bytes, and no other bytes are an entry. FORMAT.md has the grammar.
//
// An entry names its log by the hash of the log's first entry, which in turn names
// the library, the person and the device: an entry that is carried to another log
// or library is found out by that alone. An entry of a kind or version that this
// program does not know is kept, hashed and verified like any other (Unknown).
//
// What is personal or secret (prompts, seeds, names, notes) never stands in an
// entry. Seal puts a salted commitment there, and the opening lies beside the log:
// it can be withheld from a copy, or erased for good, and no hash changes.
package record

package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

const (
	// Application is SQLite's application_id of a ledger: "Selv" in ASCII.
	Application = 0x53656c76
	// Version is the schema that this program writes and reads.
	Version = 1
)

// FileName is the ledger's name in the folder of a library.
const FileName = "ledger.db"

// Table is a table of the schema.
type Table struct {
	Name, SQL string
	// Index says that the table can be made again from the others.
	Index bool
}

// Tables lists the schema. A place is the number of a log times 2^40, and the index of
// an entry or the size of a head.
func Tables() []Table {
	return []Table{
		{Name: "logs", SQL: `CREATE TABLE logs(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, closed TEXT)`},
		{Name: "entries", SQL: `CREATE TABLE entries(place INTEGER PRIMARY KEY, text BLOB NOT NULL)`},
		{Name: "heads", SQL: `CREATE TABLE heads(place INTEGER PRIMARY KEY, note BLOB NOT NULL)`},
		{Name: "openings", SQL: `CREATE TABLE openings(number INTEGER PRIMARY KEY, commitment BLOB NOT NULL UNIQUE, salt BLOB NOT NULL, value BLOB NOT NULL)`},
		{Name: "cosignatures", SQL: `CREATE TABLE cosignatures(place INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY(place, line)) WITHOUT ROWID`},
		{Name: "stamps", SQL: `CREATE TABLE stamps(place INTEGER NOT NULL, authority TEXT NOT NULL, token BLOB NOT NULL, PRIMARY KEY(place, authority)) WITHOUT ROWID`},
		{Name: "pending", SQL: `CREATE TABLE pending(place INTEGER NOT NULL, kind TEXT NOT NULL, party TEXT NOT NULL, since INTEGER NOT NULL, tries INTEGER NOT NULL, error TEXT NOT NULL, PRIMARY KEY(place, kind, party)) WITHOUT ROWID`},
		{Name: "runs", SQL: `CREATE TABLE runs(run INTEGER NOT NULL, log INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY(run, log)) WITHOUT ROWID`},
		{Name: "tiles", SQL: `CREATE TABLE tiles(log INTEGER NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, root BLOB NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY(log, level, number)) WITHOUT ROWID`, Index: true},
		{Name: "lookup", SQL: `CREATE TABLE lookup(shard INTEGER PRIMARY KEY, keys BLOB NOT NULL)`, Index: true},
		{Name: "roots", SQL: `CREATE TABLE roots(kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, at INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID`, Index: true},
	}
}

const (
	placeBits = 40
	// MaxSize is how many entries a log may have.
	MaxSize = 1<<placeBits - 1
	// maxLogs bounds how many logs a library may have.
	maxLogs = 1 << 16
)

// Place is the key of an entry, by its index, or of a head, by its size.
func Place(log, index int64) int64 { return log<<placeBits | index }

// split is the reverse of Place.
func split(place int64) (log, index int64) { return place >> placeBits, place & MaxSize }

// SchemaError reports a file that is no ledger, or not one as this program writes it.
type SchemaError struct {
	Reason string
	Err    error
}

func (e *SchemaError) Error() string {
	if e.Err == nil {
		return "archive: no ledger: " + e.Reason
	}
	return fmt.Sprintf("archive: no ledger: %s: %v", e.Reason, e.Err)
}

func (e *SchemaError) Unwrap() error { return e.Err }

// VersionError reports a ledger of another version of this program.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	if e.Version > Version {
		return fmt.Sprintf("archive: the ledger has the version %d, this program knows up to %d; take a newer Selvage", e.Version, Version)
	}
	return fmt.Sprintf("archive: the ledger has the version %d; open the library once for writing, which brings it to %d", e.Version, Version)
}

// Queryer is a database or one connection to it.
type Queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Check says whether db is a ledger of this version: a *SchemaError or a *VersionError. A view that stands
// where a table should would run somebody else's program for every row.
func Check(ctx context.Context, db Queryer) error {
	var app, version int
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&app); err != nil {
		return &SchemaError{"it cannot be read", err}
	}
	if app != Application {
		return &SchemaError{Reason: "the file was not written as one"}
	}
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return &SchemaError{"it cannot be read", err}
	}
	if version != Version {
		return &VersionError{version}
	}
	for _, t := range Tables() {
		var kind, text string
		err := db.QueryRowContext(ctx, `SELECT type, substr(sql, 1, 4096) FROM sqlite_schema WHERE name = ?`, t.Name).Scan(&kind, &text)
		if errors.Is(err, sql.ErrNoRows) {
			return &SchemaError{Reason: "it has no table " + t.Name}
		}
		if err != nil {
			return &SchemaError{"it cannot be read", err}
		}
		if kind != "table" || strings.Join(strings.Fields(text), " ") != strings.Join(strings.Fields(t.SQL), " ") {
			return &SchemaError{Reason: "its " + t.Name + " are not the table that they should be"}
		}
	}
	return nil
}

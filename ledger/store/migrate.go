package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/selvage-studio/selvage/ledger/archive"
)

// step brings a ledger from one version to the next, in a transaction of its own. It never changes the text of
// an entry or a head. testdata holds a ledger of every version that there was.
type step func(ctx context.Context, tx *sql.Conn) error

// steps are in the order of the versions that they begin from; the first makes a ledger where there is none.
func steps() []step {
	return []step{found}
}

// found makes the tables of version 1.
func found(ctx context.Context, conn *sql.Conn) error {
	for _, t := range archive.Tables() {
		if _, err := conn.ExecContext(ctx, t.SQL); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, archive.Application))
	return err
}

// migrate brings the ledger to this program's version. The error is an *archive.SchemaError or an
// *archive.VersionError where it cannot.
func migrate(ctx context.Context, conn *sql.Conn, steps []step) (err error) {
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, rollback := conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
			err = errors.Join(err, rollback)
		}
	}()
	var app, version, tables int
	if err := conn.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).Scan(&app, &version, &tables); err != nil {
		return err
	}
	switch {
	case tables > 0 && app != archive.Application:
		return &archive.SchemaError{Reason: "the file was not written as one"}
	case version > len(steps):
		return &archive.VersionError{Version: version}
	case tables > 0 && version < 1:
		return &archive.SchemaError{Reason: "it has no version"}
	}
	for ; version < len(steps); version++ {
		if err := steps[version](ctx, conn); err != nil {
			return fmt.Errorf("from version %d: %w", version, err)
		}
		if _, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version+1)); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, `COMMIT`)
	return err
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/tree"
)

const (
	// many is how many entries one statement writes where there are enough.
	many = 64
	// pageSize is that of a new library, in bytes: a thousand entries are a quarter of the frames that they are in pages
	// of 4096 bytes, each of which costs a write of its own, and one entry still fits into as many as before. A
	// library that is there keeps its own.
	pageSize = 16384
	// walPages is after how many pages the write-ahead log is brought into the file. From then on SQLite writes over
	// the log from its beginning, and a sync that need not make a file longer takes half the time: a longer
	// log would be slow for longer, a shorter one be brought in while callers wait.
	walPages = 250
)

// pen is the connection that writes. Only who has the turn uses it.
type pen struct {
	db   *sql.DB
	conn *sql.Conn

	begin, commit, rollback              *sql.Stmt
	entry, entries, head, opening, tile  *sql.Stmt
	run, shard, root, nextRun, sizes, at *sql.Stmt

	// prepared are all of these, to be closed before the connection: SQLite leaves the write-ahead log lying
	// where one is open.
	prepared []*sql.Stmt

	// tail is the index of what stands in no run yet, except for what is noted, and spans what both cover.
	tail       *archive.Run
	noted      []noted
	notedCount int // entries
	spans      map[int64]archive.Span
}

func (s *Store) openPen(ctx context.Context) (err error) {
	db, err := sql.Open("sqlite3", uri(s.path, url.Values{
		"_synchronous": {"FULL"}, "_busy_timeout": {"10000"},
		"_foreign_keys": {"0"}, "_secure_delete": {"1"}, "_cache_size": {"-32768"},
	}))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	p := &pen{db: db}
	s.pen = p
	defer func() {
		if err != nil {
			s.pen = nil
			err = errors.Join(err, p.close())
		}
	}()
	if p.conn, err = db.Conn(ctx); err != nil {
		return err
	}
	for _, q := range []string{
		// Before anything is written: the mode of the journal is.
		fmt.Sprintf(`PRAGMA page_size = %d`, pageSize),
		`PRAGMA journal_mode = WAL`,
		fmt.Sprintf(`PRAGMA wal_autocheckpoint = %d`, walPages),
		// Nothing that is secret goes through a temporary file.
		`PRAGMA temp_store = MEMORY`,
		`PRAGMA trusted_schema = OFF`,
	} {
		if _, err := p.conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := migrate(ctx, p.conn, steps()); err != nil {
		return err
	}
	if err := archive.Check(ctx, p.conn); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(s.path)); err != nil {
		return err
	}
	return p.prepare(ctx)
}

func (p *pen) prepare(ctx context.Context) error {
	for _, q := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&p.begin, `BEGIN IMMEDIATE`},
		{&p.commit, `COMMIT`},
		{&p.rollback, `ROLLBACK`},
		{&p.entry, `INSERT INTO entries(place, text) VALUES (?, ?)`},
		{&p.entries, `INSERT INTO entries(place, text) VALUES (?, ?)` + strings.Repeat(`, (?, ?)`, many-1)},
		{&p.head, `INSERT INTO heads(place, note) VALUES (?, ?)`},
		// A value that is sealed once may stand in several entries, and one that was erased stays erased.
		{&p.opening, `INSERT INTO openings(commitment, salt, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`},
		{&p.tile, `INSERT INTO tiles(log, level, number, root, hashes) VALUES (?, ?, ?, ?, ?)`},
		{&p.run, `INSERT INTO runs(run, log, since, until) VALUES (?, ?, ?, ?)`},
		{&p.shard, `INSERT INTO lookup(shard, keys) VALUES (?, ?)`},
		{&p.root, `INSERT INTO roots(kind, id, revision, at, place) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
			SET revision = excluded.revision, at = excluded.at, place = excluded.place
			WHERE (excluded.revision, excluded.at, excluded.place) > (revision, at, place)`},
		{&p.nextRun, `SELECT coalesce(max(run), 0) + 1 FROM runs`},
		{&p.sizes, `SELECT number, coalesce((SELECT max(until) FROM runs WHERE log = number), 0),
			coalesce((SELECT max(place) FROM entries WHERE place >> 40 = number AND place BETWEEN number << 40 AND (number << 40) + ` + fmt.Sprint(archive.MaxSize) + `) - (number << 40) + 1, 0) FROM logs ORDER BY number`},
		{&p.at, `SELECT count(*) FROM entries WHERE place BETWEEN ? AND ?`},
	} {
		var err error
		if *q.stmt, err = p.conn.PrepareContext(ctx, q.text); err != nil {
			return err
		}
		p.prepared = append(p.prepared, *q.stmt)
	}
	return nil
}

func (p *pen) close() error {
	var errs []error
	for _, stmt := range p.prepared {
		errs = append(errs, stmt.Close())
	}
	if p.conn != nil {
		errs = append(errs, p.conn.Close())
	}
	return errors.Join(append(errs, p.db.Close())...)
}

// transact does all of do, or nothing.
func (p *pen) transact(ctx context.Context, do func() error) error {
	if _, err := p.begin.ExecContext(ctx); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = p.commit.ExecContext(ctx)
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors, and then says that there is nothing to do.
		if _, again := p.rollback.ExecContext(ctx); again != nil && !strings.Contains(again.Error(), "no transaction") {
			err = errors.Join(err, again)
		}
	}
	return err
}

// putEntries writes entries at their places.
func (p *pen) putEntries(ctx context.Context, log int64, entries []archive.Entry) error {
	args := make([]any, 0, 2*many)
	for len(entries) > 0 {
		stmt, n := p.entry, 1
		if len(entries) >= many {
			stmt, n = p.entries, many
		}
		args = args[:0]
		for _, e := range entries[:n] {
			args = append(args, archive.Place(log, e.Index), e.Text)
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

func (p *pen) putOpenings(ctx context.Context, openings []record.Opening) error {
	for _, o := range openings {
		if _, err := p.opening.ExecContext(ctx, o.Commitment[:], o.Salt, []byte(o.Value)); err != nil {
			return err
		}
	}
	return nil
}

func (p *pen) putTile(ctx context.Context, log int64, t tree.Full) error {
	_, err := p.tile.ExecContext(ctx, log, t.Level, t.Index, t.Root[:], t.Hashes)
	return err
}

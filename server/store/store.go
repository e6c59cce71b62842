// Package store keeps what the workshop knows in an SQL database: learners, what
// they handed in, their labs and their files.
//
// The statements are written once, in the SQL that SQLite and Postgres share:
// numbered parameters, ON CONFLICT, partial indexes, times as microseconds since
// 1970 in UTC (0 for "not yet"). What differs between the two (how a database is
// opened, migrated, copied, and what its errors mean) is a [Dialect] in a package
// of its own below this one.
//
// All writes go through one [writer], which commits whatever has queued in one
// transaction; reads have connections of their own. See docs/adr/0004.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"pattarai/server/account"
	"pattarai/server/fault"
	"pattarai/server/labs"
	"pattarai/server/recall"
	"pattarai/server/regrade"
	"pattarai/server/submit"
)

var (
	_ account.Store = (*Store)(nil)
	_ submit.Store  = (*Store)(nil)
	_ labs.Store    = (*Store)(nil)
	_ regrade.Store = (*Store)(nil)
	_ recall.Store  = (*Store)(nil)
)

// Dialect is what one kind of database does its own way.
type Dialect interface {
	// Explain turns an error of the driver that is nobody's fault but the
	// database's (full, locked, damaged) into a fault with a sentence, a violated
	// uniqueness into an error matching [ErrExists], and leaves any other as it is.
	Explain(err error) error
	// Backup writes a consistent copy of the database to a file that must not exist yet.
	Backup(ctx context.Context, db *sql.DB, path string) error
}

// ErrExists is matched by errors about a row that is there already.
var ErrExists = errors.New("row exists already")

// Config is an open, migrated database.
type Config struct {
	Write   *sql.DB // Durable at commit, at most one open connection.
	Read    *sql.DB // Refuses to write.
	Dialect Dialect
	Logger  *slog.Logger // nil means [slog.Default].
}

// Store implements the stores of packages account, submit, labs and recall. It is safe
// for concurrent use.
//
// Every write is durable when its method returns nil. A write whose context ended
// while it still waited in line did not happen; once it is being carried out, the
// method waits for it.
type Store struct {
	read    *sql.DB
	write   *sql.DB
	writer  *writer
	dialect Dialect
}

// New starts the writer. The store owns the databases from then on.
func New(cfg Config) *Store {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Store{
		read:    cfg.Read,
		write:   cfg.Write,
		writer:  newWriter(cfg.Write, cfg.Dialect, cfg.Logger),
		dialect: cfg.Dialect,
	}
}

// Ping tells whether the database can be read and written now.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return s.explain(err)
	}
	return s.update(ctx, func(context.Context, *Tx) error { return nil })
}

// Backup writes a consistent copy of the database to path while everything goes
// on. The file must not exist yet.
func (s *Store) Backup(ctx context.Context, path string) error {
	return s.explain(s.dialect.Backup(ctx, s.read, path))
}

// Close refuses new writes, carries out those in line and closes the database.
// It returns the context's error when that takes too long; then the line goes on
// without its callers.
func (s *Store) Close(ctx context.Context) error {
	if err := s.writer.close(ctx); err != nil {
		return err
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// update carries out a write and waits until it is durable. The function may run
// more than once.
func (s *Store) update(ctx context.Context, do func(context.Context, *Tx) error) error {
	return s.writer.do(ctx, do)
}

// explain gives err the words of the dialect.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	return s.dialect.Explain(err)
}

// missing turns the absence of a row into f, and explains any other error.
func (s *Store) missing(err error, f *fault.Error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return f
	}
	return s.explain(err)
}

// scanner is a row or rows.
type scanner interface{ Scan(dest ...any) error }

// collect runs a query on the readers and scans every row of its result.
func collect[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, s.explain(err)
		}
		all = append(all, one)
	}
	return all, s.explain(rows.Err())
}

// micros is how a time is stored; 0 is the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment reads what micros wrote.
func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

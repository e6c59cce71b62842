// Package sqlite opens the workshop's database in a file, with SQLite in pure Go.
//
// Everything that must hold for every connection is in its data source name:
// write-ahead log, a flush to the disk at every commit, foreign keys, and patience
// with other processes.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // Registers the driver "sqlite".

	"pattarai/server/store"
)

// readers is how many connections read at once. SQLite readers do not wait for
// one another or for the writer; more than this only costs memory.
const readers = 4

// Open opens the database in the file at path, creating it and its folder when
// they are missing, brings its schema up to date, and starts the store.
//
// Errors are sentences for an operator: the place cannot be written, it is on a
// network file system, the file is damaged or not a database, or a newer version
// of the program has used it. log may be nil.
func Open(ctx context.Context, path string, log *slog.Logger) (*store.Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database path %s: %w", path, err)
	}
	if err := writable(path); err != nil {
		return nil, err
	}
	if err := local(filepath.Dir(path)); err != nil {
		return nil, err
	}
	write, err := openWriter(ctx, path)
	if err != nil {
		return nil, err
	}
	read, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return store.New(store.Config{Write: write, Read: read, Dialect: dialect{}, Logger: log}), nil
}

// openWriter opens, checks and migrates the database on its one writing connection.
func openWriter(ctx context.Context, path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "journal_mode(WAL)")+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	for _, step := range []func(context.Context, *sql.DB) error{intact, migrate} {
		if err := step(ctx, db); err != nil {
			return nil, errors.Join(fmt.Errorf("database %s: %w", path, plain(err)), db.Close())
		}
	}
	return db, nil
}

// dsn names the file with what holds for all its connections, and some more pragmas.
func dsn(path string, more ...string) string {
	pragmas := append([]string{
		"busy_timeout(5000)", // First: setting the journal mode may already meet a lock.
		"synchronous(FULL)",
		"foreign_keys(1)",
		"trusted_schema(0)",
		"cell_size_check(1)",
		"temp_store(MEMORY)",
		"cache_size(-16384)",           // 16 MiB.
		"journal_size_limit(67108864)", // The log shrinks to 64 MiB after a burst.
	}, more...)
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return u.String()
}

// intact fails when the file is not a sound database.
func intact(ctx context.Context, db *sql.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
		return dialect{}.Explain(err)
	}
	if found != "ok" {
		return fmt.Errorf("the file is damaged (%s); put a backup in its place, and keep the damaged file", found)
	}
	return nil
}

// writable makes the folder and fails when database files cannot be made there.
func writable(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make the data folder %s: %w; choose another with --data", dir, reason(err))
	}
	probe, err := os.CreateTemp(dir, ".write-test-*") // The log lives beside the database.
	if err != nil {
		return fmt.Errorf("cannot write to the data folder %s: %w; change its owner, or choose another with --data", dir, reason(err))
	}
	defer os.Remove(probe.Name()) //nolint:errcheck // Empty, and hidden.
	if err := probe.Close(); err != nil {
		return fmt.Errorf("cannot write to the data folder %s: %w", dir, reason(err))
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("cannot write the database %s: %w; change its owner, or choose another folder with --data", path, reason(err))
	}
	return file.Close()
}

// reason takes the operation and the path out of an error that will be wrapped
// with better words.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"pattarai/server/fault"
	"pattarai/server/store"
)

type dialect struct{}

// Explain implements store.Dialect.
func (dialect) Explain(err error) error {
	var f *fault.Error
	var e *sqlite.Error
	if errors.As(err, &f) || !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fmt.Errorf("%w: %w", store.ErrExists, err)
	}
	const later = "Try again in a minute; nothing that was confirmed is lost."
	switch e.Code() & 0xff { // The primary code; the other bits are details.
	case lib.SQLITE_FULL:
		return fault.Wrap(err, fault.Unavailable, "disk_full", "The server's disk is full, so nothing can be stored now.", "Try again later, and tell whoever runs this server.")
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fault.Wrap(err, fault.Unavailable, "database_busy", "Another program is using the database.", later)
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY:
		return fault.Wrap(err, fault.Unavailable, "database_unwritable", "The server cannot write its database now.", later)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fault.Wrap(err, fault.Unavailable, "database_damaged", "The database is damaged, or is not one.", "Put a backup in its place, and keep the damaged file.")
	}
	return err
}

// Backup implements store.Dialect.
func (dialect) Backup(ctx context.Context, db *sql.DB, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fault.New(fault.Conflict, "backup_exists", path+" exists already.", "Name a file that does not exist yet.")
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // It only goes back to the pool.
	// A copy changes nothing here, but the guard of the readers does not see that.
	if _, err := conn.ExecContext(ctx, `PRAGMA query_only = 0`); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA query_only = 1`) //nolint:errcheck // As before.
	if _, err := conn.ExecContext(ctx, `VACUUM INTO $1`, path); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	return os.Chmod(path, 0o600)
}

// plain says a fault in full to an operator.
func plain(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("%s %s (%w)", f.Message, f.Fix, f.Cause)
}

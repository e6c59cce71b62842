package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// Tx is the transaction a write happens in. Its statements belong to the writer's
// connection and are prepared once in its life: the writer runs the same few, over
// and over. So a statement's text must never hold a value.
type Tx struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := t.prepare(ctx, query) //nolint:sqlclosecheck // It lives as long as the connection.
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// QueryRow runs a query whose first row alone matters.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) Row {
	stmt, err := t.prepare(ctx, query) //nolint:sqlclosecheck // It lives as long as the connection.
	if err != nil {
		return Row{err: err}
	}
	return Row{row: stmt.QueryRowContext(ctx, args...)}
}

func (t *Tx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := t.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := t.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.prepared[query] = stmt
	return stmt, nil
}

// close ends the connection, and with it whatever it was in the middle of.
func (t *Tx) close() {
	for _, stmt := range t.prepared {
		stmt.Close() //nolint:errcheck // The connection ends anyway.
	}
	// What a connection's user calls bad is not used again.
	t.conn.Raw(func(any) error { return driver.ErrBadConn }) //nolint:errcheck // That is the error.
}

// Row is the answer to [Tx.QueryRow].
type Row struct {
	row *sql.Row
	err error
}

// Scan copies the row's columns; sql.ErrNoRows when there is none.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}

// Package postgres asks PostgreSQL something and says what it answered. It judges
// nothing, and reads no configuration but its spec.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"pattarai/sandbox/probe"
)

// Bounds of what is kept.
const (
	maxRows    = 1000
	maxBytes   = 256 << 10
	maxPlan    = 16 << 10
	maxMessage = 1 << 10
)

// Look connects, asks and hangs up. What goes wrong on the way is part of what is
// seen.
func Look(ctx context.Context, spec probe.SQLSpec) probe.SQLSeen {
	ctx, cancel := context.WithTimeout(ctx, spec.Timeout)
	defer cancel()
	var seen probe.SQLSeen
	conn, err := connect(ctx, spec)
	if err == nil {
		seen.Connected = true
		defer func() { _ = conn.Close(ctx) }() // What it says now changes nothing.
		err = ask(ctx, conn, spec, &seen)
	}
	explain(err, spec.Timeout, &seen)
	return seen
}

// connect takes everything from the spec and nothing from the environment.
func connect(ctx context.Context, spec probe.SQLSpec) (*pgconn.PgConn, error) {
	host, port, err := net.SplitHostPort(spec.Address)
	if err != nil {
		return nil, err
	}
	config, err := pgconn.ParseConfig("sslmode=disable passfile=/nonexistent host=" + quote(host) + " port=" + quote(port) +
		" user=" + quote(spec.User) + " password=" + quote(spec.Password) + " dbname=" + quote(spec.Database))
	if err != nil {
		return nil, err
	}
	config.RuntimeParams = map[string]string{"application_name": "pattarai"}
	config.Fallbacks = nil
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return probe.Bounded(conn), nil
	}
	return pgconn.ConnectConfig(ctx, config)
}

// quote writes a value of a connection string.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// ask sends the statements in their order.
func ask(ctx context.Context, conn *pgconn.PgConn, spec probe.SQLSpec, seen *probe.SQLSeen) error {
	before := spec.Before
	if spec.Rollback {
		before = append([]string{"BEGIN"}, before...)
	}
	for _, statement := range before {
		if _, err := conn.Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
	}
	if spec.Plan {
		if err := plan(ctx, conn, spec, seen); err != nil {
			return err
		}
	}
	began := time.Now()
	err := query(ctx, conn, spec.Query, spec.Params, seen)
	seen.Elapsed = time.Since(began)
	return err // Hanging up rolls back.
}

// plan asks how the query would be carried out.
func plan(ctx context.Context, conn *pgconn.PgConn, spec probe.SQLSpec, seen *probe.SQLSeen) error {
	var lines probe.SQLSeen
	if err := query(ctx, conn, "EXPLAIN "+spec.Query, spec.Params, &lines); err != nil {
		return err
	}
	var text strings.Builder
	for _, row := range lines.Rows {
		if len(row) > 0 && row[0] != nil {
			text.WriteString(*row[0] + "\n")
		}
	}
	seen.Plan, _ = probe.Cut(text.String(), maxPlan)
	return nil
}

// query sends one statement with parameters, or several without, and keeps the
// last result.
func query(ctx context.Context, conn *pgconn.PgConn, text string, params []*string, seen *probe.SQLSeen) error {
	if len(params) > 0 {
		values := make([][]byte, len(params))
		for i, p := range params {
			if p != nil {
				values[i] = []byte(*p)
			}
		}
		return read(conn.ExecParams(ctx, text, values, nil, nil, nil), seen)
	}
	results := conn.Exec(ctx, text)
	for results.NextResult() {
		if err := read(results.ResultReader(), seen); err != nil {
			return errors.Join(err, results.Close())
		}
	}
	return results.Close()
}

// read keeps the beginning of a result and counts the rest.
func read(r *pgconn.ResultReader, seen *probe.SQLSeen) error {
	seen.Columns, seen.Rows, seen.Count, seen.Truncated = nil, nil, 0, false
	for _, f := range r.FieldDescriptions() {
		name, _ := probe.Cut(f.Name, maxMessage)
		seen.Columns = append(seen.Columns, name)
	}
	size := 0
	for r.NextRow() {
		seen.Count++
		for _, value := range r.Values() {
			size += len(value)
		}
		if len(seen.Rows) < maxRows && size <= maxBytes {
			seen.Rows = append(seen.Rows, texts(r.Values()))
		} else {
			seen.Truncated = true
		}
	}
	tag, err := r.Close()
	seen.Tag, seen.Affected = tag.String(), tag.RowsAffected()
	return err
}

func texts(values [][]byte) []*string {
	row := make([]*string, len(values))
	for i, value := range values {
		if value != nil {
			text := strings.ToValidUTF8(string(value), "\uFFFD")
			row[i] = &text
		}
	}
	return row
}

// explain notes a refusal of PostgreSQL's, or why it did not answer.
func explain(err error, timeout time.Duration, seen *probe.SQLSeen) {
	var refused *pgconn.PgError
	switch {
	case err == nil:
	case errors.As(err, &refused):
		seen.Code = refused.Code
		seen.Message, _ = probe.Cut(refused.Message, maxMessage)
		seen.Error = ""
		if !seen.Connected {
			seen.Error = seen.Message
		}
	case errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err):
		seen.Error = fmt.Sprintf("timed out after %s", timeout)
	default:
		seen.Error = probe.Reason(err, timeout)
		if seen.Error == "" {
			seen.Error = "the answer could not be understood"
		}
	}
}

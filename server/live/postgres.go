package live

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pattarai/sandbox/agent"
)

// Postgres is what a PostgreSQL server says of itself.
type Postgres struct {
	Replica    bool              `json:"replica"`  // It follows another server.
	LSN        string            `json:"lsn"`      // Where its WAL is: written, or replayed on a replica.
	Bytes      int64             `json:"bytes"`    // LSN as a number.
	Received   string            `json:"received"` // What a replica has received.
	Lag        float64           `json:"lag_s"`    // Seconds that a replica's newest transaction is old while it has more to replay.
	Archived   int64             `json:"archived"` // WAL segments in the archive.
	LastWAL    string            `json:"last_wal"`
	FailedWAL  int64             `json:"failed_wal"`
	Replicas   []PostgresReplica `json:"replicas"`
	Sessions   []PostgresSession `json:"sessions"`
	Locks      []PostgresLock    `json:"locks"` // Those that somebody waits for, and who waits.
	Tables     []PostgresTable   `json:"tables"`
	Database   string            `json:"database"` // Whose tables these are.
	Size       int64             `json:"size"`     // Bytes of that database.
	Connection int               `json:"max_connections"`
}

// PostgresReplica is a server that follows this one.
type PostgresReplica struct {
	Name     string `json:"name"`
	State    string `json:"state"`
	Sync     string `json:"sync"`
	Replayed string `json:"replayed"`
	Behind   int64  `json:"behind"` // Bytes of WAL not yet replayed there.
}

// PostgresSession is a client's connection.
type PostgresSession struct {
	PID     int     `json:"pid"`
	User    string  `json:"user"`
	App     string  `json:"app"`
	State   string  `json:"state"`
	Wait    string  `json:"wait"`
	Seconds float64 `json:"seconds"` // Since the transaction began.
	Blocked []int   `json:"blocked"` // By these.
	Query   string  `json:"query"`
}

// PostgresLock is a lock that is waited for, or that keeps another session waiting.
type PostgresLock struct {
	PID     int    `json:"pid"`
	Table   string `json:"table"`
	Mode    string `json:"mode"`
	Granted bool   `json:"granted"`
}

// PostgresTable is a table and what it takes.
type PostgresTable struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // "", "unlogged" or "temporary".
	Rows int64  `json:"rows"` // As the statistics estimate.
	Dead int64  `json:"dead"`
	Size int64  `json:"size"` // Bytes, indexes included.
}

//go:embed postgres.sql
var postgresQuery string

// postgresReader has psql ask, as a learner would: it knows the node's settings, and
// a connection of half a second's life keeps nothing from being dropped or restarted.
type postgresReader struct{}

// Read implements [Reader].
func (postgresReader) Read(ctx context.Context, node Node) (Report, error) {
	res, err := node.Exec(ctx, agent.Command{
		Args: []string{"psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"}, Stdin: []byte(postgresQuery),
		Env:     map[string]string{"PGAPPNAME": "pattarai view", "PGCONNECT_TIMEOUT": "2", "PGOPTIONS": "-c statement_timeout=2s -c lock_timeout=200ms"},
		Timeout: 4 * time.Second, MaxOutput: maxAnswer,
	})
	switch {
	case err != nil:
		return Report{}, err
	case res.StdoutTruncated:
		return Report{}, tooLong("PostgreSQL")
	case res.TimedOut:
		return Report{}, errors.New("PostgreSQL did not answer within 4 s")
	case res.Failure != "":
		return Report{}, errors.New("psql cannot start: " + res.Failure)
	case res.Exit != 0:
		return Report{}, errors.New(lastLine(res.Stderr))
	}
	var p Postgres
	if err := json.Unmarshal(res.Stdout, &p); err != nil {
		return Report{}, fmt.Errorf("PostgreSQL answered something else than its figures: %w", err)
	}
	return Report{Postgres: &p}, nil
}

// Close implements [Reader].
func (postgresReader) Close() {}

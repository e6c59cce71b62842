package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"pattarai/server/fault"
)

const (
	lineLength    = 4096             // Writes that may wait. At 20 000 a second, a fifth of a second.
	batchSize     = 128              // Writes in one transaction.
	commitTimeout = 30 * time.Second // For a whole batch; the database gives up on locks long before.
)

// writer carries out all writes, one after the other, on one goroutine. It never
// waits for a batch to fill: it commits what has queued while the previous commit
// was on its way to the disk. So a lone write is as fast as the disk, and a
// hundred at once cost little more than one.
type writer struct {
	db      *sql.DB
	dialect Dialect
	log     *slog.Logger
	done    chan struct{} // Closed when the goroutine has ended.

	mu     sync.Mutex // Guards closing line against sends.
	line   chan *write
	closed bool
}

// write is one caller's function in line.
type write struct {
	do    func(context.Context, *Tx) error
	taken atomic.Bool // By the writer, or by the caller who gave up. Whoever sets it decides.
	err   error       // Set before done is closed.
	done  chan struct{}
}

func newWriter(db *sql.DB, dialect Dialect, log *slog.Logger) *writer {
	w := &writer{db: db, dialect: dialect, log: log, done: make(chan struct{}), line: make(chan *write, lineLength)}
	go w.run()
	return w
}

// do queues a function and waits until its effect is durable. Functions that are
// committed together do not see one another's failures.
func (w *writer) do(ctx context.Context, do func(context.Context, *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	one := &write{do: do, done: make(chan struct{})}
	if err := w.enqueue(one); err != nil {
		return err
	}
	select {
	case <-one.done:
		return one.err
	case <-ctx.Done():
		if one.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-one.done
		return one.err
	}
}

func (w *writer) enqueue(one *write) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return fault.New(fault.Unavailable, "stopping", "The server is stopping and takes no more changes.", "Try again in a few seconds.")
	}
	select {
	case w.line <- one:
		return nil
	default:
		return fault.New(fault.Unavailable, "busy", fmt.Sprintf("The server is busy: %d changes wait to be stored.", lineLength), "Try again in a few seconds; nothing was changed.")
	}
}

func (w *writer) close(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.line)
	}
	w.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("writes still in line: %w", ctx.Err())
	}
}

func (w *writer) run() {
	defer close(w.done)
	batch := make([]*write, 0, batchSize)
	for first := range w.line {
		batch = w.fill(append(batch[:0], first))
		w.commit(batch)
		clear(batch)
	}
}

// fill adds what has queued, up to the size of a batch.
func (w *writer) fill(batch []*write) []*write {
	for len(batch) < batchSize {
		select {
		case one, open := <-w.line:
			if !open {
				return batch
			}
			batch = append(batch, one)
		default:
			return batch
		}
	}
	return batch
}

// commit carries out a batch in one transaction and then answers its callers.
func (w *writer) commit(batch []*write) {
	batch = claim(batch)
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	err := w.transact(ctx, batch)
	for _, one := range batch {
		if err != nil {
			one.err = err
		}
		close(one.done)
	}
}

// claim drops the writes whose callers have gone.
func claim(batch []*write) []*write {
	kept := batch[:0]
	for _, one := range batch {
		if one.taken.CompareAndSwap(false, true) {
			kept = append(kept, one)
		}
	}
	return kept
}

// transact returns an error when nothing of the batch was stored; what went wrong
// with one write only is in its err.
func (w *writer) transact(ctx context.Context, batch []*write) error {
	raw, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return w.dialect.Explain(fmt.Errorf("begin: %w", err))
	}
	defer raw.Rollback() //nolint:errcheck // A no-op after Commit; after a failure there is nothing more to say.
	tx := &Tx{tx: raw, prepared: map[string]*sql.Stmt{}}
	// The driver starts a goroutine for each statement whose context can end.
	unhurried := context.WithoutCancel(ctx)
	for _, one := range batch {
		if ctx.Err() != nil {
			return w.dialect.Explain(fmt.Errorf("a batch of %d writes: %w", len(batch), ctx.Err()))
		}
		if err := w.isolate(unhurried, tx, one); err != nil {
			return w.dialect.Explain(err)
		}
	}
	if err := raw.Commit(); err != nil {
		return w.dialect.Explain(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// isolate runs one write inside a savepoint, so that its failure undoes only its
// own. The returned error means that the transaction as a whole is lost: a database
// that is full or cannot write rolls all of it back.
func (w *writer) isolate(ctx context.Context, tx *Tx, one *write) error {
	if _, err := tx.Exec(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	failure := w.call(ctx, tx, one)
	if failure != nil {
		one.err = w.dialect.Explain(failure)
		if _, err := tx.Exec(ctx, "ROLLBACK TO SAVEPOINT one"); err != nil {
			return failure
		}
	}
	_, err := tx.Exec(ctx, "RELEASE SAVEPOINT one")
	return err
}

func (w *writer) call(ctx context.Context, tx *Tx, one *write) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.log.Error("store: a write panicked", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("write panicked: %v", r)
		}
	}()
	return one.do(ctx, tx)
}

// Tx is the transaction a write happens in. It prepares each statement once per
// transaction, because a batch runs the same few over and over.
type Tx struct {
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
}

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// QueryRow runs a query whose first row alone matters.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) Row {
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return Row{err: err}
	}
	return Row{row: stmt.QueryRowContext(ctx, args...)}
}

func (t *Tx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := t.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := t.tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.prepared[query] = stmt
	return stmt, nil
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

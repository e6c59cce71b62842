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

	session *Tx // Of the goroutine. nil until the first write, and after hanging up.

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
// committed together do not see one another's failures; one may be called again
// after what it did was undone.
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
	defer w.hangUp()
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

// commit carries out a batch and then answers its callers.
func (w *writer) commit(batch []*write) {
	batch = claim(batch)
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	err := w.transact(ctx, batch, w.together)
	if err != nil && len(batch) > 1 {
		err = w.transact(ctx, batch, w.apart)
	}
	for _, one := range batch {
		if err != nil {
			one.err = w.dialect.Explain(err)
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

// transact carries out a batch in one transaction, in one of two ways. Its error
// means that nothing of the batch was stored; what went wrong with one write only
// is in its err.
func (w *writer) transact(ctx context.Context, batch []*write, way func(context.Context, *Tx, []*write) error) error {
	tx, err := w.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := way(ctx, w.session, batch); err != nil {
		if rollback := tx.Rollback(); rollback != nil {
			w.hangUp()
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		w.hangUp() // It may still be in the transaction.
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// together runs the writes as they are: nearly always all of them succeed. When one
// fails, its error is the error of the transaction.
func (w *writer) together(ctx context.Context, tx *Tx, batch []*write) error {
	for _, one := range batch {
		if err := w.call(ctx, tx, one); err != nil {
			return err
		}
	}
	return nil
}

// apart runs each write inside a savepoint, so that a failure undoes only its own.
// The error means that the transaction as a whole is lost: a database that is full
// or cannot write rolls all of it back.
func (w *writer) apart(ctx context.Context, tx *Tx, batch []*write) error {
	for _, one := range batch {
		if _, err := tx.Exec(ctx, "SAVEPOINT one"); err != nil {
			return err
		}
		if failure := w.call(ctx, tx, one); failure != nil {
			one.err = w.dialect.Explain(failure)
			if _, err := tx.Exec(ctx, "ROLLBACK TO SAVEPOINT one"); err != nil {
				return failure
			}
		}
		if _, err := tx.Exec(ctx, "RELEASE SAVEPOINT one"); err != nil {
			return err
		}
	}
	return nil
}

// call runs one write. The driver starts a goroutine for each statement whose
// context can end, so the deadline of the batch is looked at here instead.
func (w *writer) call(ctx context.Context, tx *Tx, one *write) (err error) {
	if ctx.Err() != nil {
		return fmt.Errorf("a batch of writes: %w", ctx.Err())
	}
	defer func() {
		if r := recover(); r != nil {
			w.log.Error("store: a write panicked", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("write panicked: %v", r)
		}
	}()
	return one.do(context.WithoutCancel(ctx), tx)
}

// begin starts a transaction on the writer's connection, opening that if need be.
func (w *writer) begin(ctx context.Context) (*sql.Tx, error) {
	if w.session == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		w.session = &Tx{conn: conn, prepared: map[string]*sql.Stmt{}}
	}
	// Without a context that can end: database/sql would start a goroutine to watch it.
	tx, err := w.session.conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		w.hangUp()
	}
	return tx, err
}

// hangUp gives up a connection in an unknown state; the next batch opens another.
func (w *writer) hangUp() {
	if w.session == nil {
		return
	}
	w.session.close()
	w.session = nil
}

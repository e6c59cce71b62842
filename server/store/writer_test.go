package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/server/account"
	"pattarai/server/fault"
	"pattarai/server/store"
	"pattarai/server/store/sqlite"
)

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

// hold keeps the writer busy with one write until release is called.
func hold(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	held, let, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.Update(context.Background(), func(context.Context, *store.Tx) error {
			close(held)
			<-let
			return nil
		})
	}()
	<-held
	return func() {
		close(let)
		if err := <-done; err != nil {
			t.Errorf("the write that held the writer: %v", err)
		}
	}
}

func add(id string) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO learners (id, name, guest, created_at) VALUES ($1, '', 1, 0)`, id)
		return err
	}
}

func has(t *testing.T, s *store.Store, id string) bool {
	t.Helper()
	n := 0
	err := s.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM learners WHERE id = $1`, id).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

// TestNeighbours commits writes in one batch of which some fail.
func TestNeighbours(t *testing.T) {
	s := open(t)
	oops := errors.New("oops")
	failing := map[string]func(context.Context, *store.Tx) error{
		"error": func(ctx context.Context, tx *store.Tx) error { return errors.Join(add("error")(ctx, tx), oops) },
		"panic": func(ctx context.Context, tx *store.Tx) error {
			if err := add("panic")(ctx, tx); err != nil {
				return err
			}
			panic(oops)
		},
		"bad sql": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO nothing VALUES (1)`)
			return errors.Join(add("bad sql")(ctx, tx), err)
		},
	}
	release := hold(t, s)
	var all sync.WaitGroup
	for name, do := range failing {
		for _, neighbour := range []string{"before ", "after "} {
			all.Go(func() {
				if err := s.Update(t.Context(), add(neighbour+name)); err != nil {
					t.Errorf("neighbour of %s: %v", name, err)
				}
			})
		}
		all.Go(func() {
			if err := s.Update(t.Context(), do); err == nil {
				t.Errorf("%s: no error", name)
			}
		})
	}
	release()
	all.Wait()
	for name := range failing {
		if has(t, s, name) {
			t.Errorf("%s: what it did before it failed was stored", name)
		}
		if !has(t, s, "before "+name) || !has(t, s, "after "+name) {
			t.Errorf("%s: a neighbour was not stored", name)
		}
	}
}

// TestFailedCommit has a commit fail, after which SQLite is still in the transaction.
func TestFailedCommit(t *testing.T) {
	s := open(t)
	err := s.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `PRAGMA defer_foreign_keys = 1`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO logins (token_hash, learner_id, created_at, expires_at) VALUES (x'00', 'nobody', 0, 0)`)
		return err
	})
	if err == nil {
		t.Error("a login of nobody was stored")
	}
	if err := s.Update(t.Context(), add("afterwards")); err != nil || !has(t, s, "afterwards") {
		t.Errorf("a write after a failed commit: %v", err)
	}
}

func TestGivingUpInLine(t *testing.T) {
	s := open(t)
	release := hold(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Update(ctx, add("late")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
	release()
	if has(t, s, "late") {
		t.Error("a write happened although its caller was told that it did not")
	}
}

func TestFullLine(t *testing.T) {
	s := open(t)
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	busy := make(chan error, store.LineLength+100)
	for range store.LineLength + 100 {
		all.Go(func() {
			err := s.Update(ctx, func(context.Context, *store.Tx) error { return nil })
			if fault.Is(err, fault.Unavailable) {
				busy <- err
			}
		})
	}
	for range 100 {
		if err := <-busy; fault.Of(err).Code != "busy" || fault.Of(err).Fix == "" {
			t.Fatalf("with a full line: %v", err)
		}
	}
	cancel()
	release()
	all.Wait()
	if err := s.Update(t.Context(), add("afterwards")); err != nil {
		t.Errorf("once the line is empty again: %v", err)
	}
}

func TestCloseCarriesOutTheLine(t *testing.T) {
	s := open(t)
	release := hold(t, s)
	stored := make(chan error, 10)
	for i := range 10 {
		go func() { stored <- s.Update(context.Background(), add(fmt.Sprint(i))) }()
	}
	for s.Waiting() < 10 {
		time.Sleep(time.Millisecond)
	}
	closed := make(chan error)
	go func() { closed <- s.Close(context.Background()) }()
	release()
	for range 10 {
		if err := <-stored; err != nil {
			t.Errorf("write in line at Close: %v", err)
		}
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}

// TestDiskFull uses a limit of the database's size in place of a full disk: SQLite
// reports and handles both alike.
func TestDiskFull(t *testing.T) {
	s := open(t)
	limit := func(pages int) {
		t.Helper()
		err := s.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.QueryRow(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)).Scan(new(int))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // No less than it has now.
	big := account.Learner{ID: "big", Name: strings.Repeat("x", 1<<20)}
	err := s.CreateLearner(t.Context(), big, []byte("t"), time.Now())
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Of(err).Message, "disk is full") {
		t.Errorf("on a full disk: %v", err)
	}
	limit(1 << 20)
	if err := s.CreateLearner(t.Context(), big, []byte("t"), time.Now()); err != nil {
		t.Errorf("once there is room again: %v", err)
	}
}

// Package storetest is what every database must do: one suite, run by the tests of
// each dialect.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/server/account"
	"pattarai/server/fault"
	"pattarai/server/store"
)

// start is when every test begins. Databases keep microseconds.
var start = time.Date(2026, 11, 20, 10, 0, 0, 123456000, time.UTC)

// Run runs the suite. open returns an empty store and closes it with the test.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	for name, test := range map[string]func(*testing.T, *store.Store){
		"learners":                  learners,
		"attempts":                  attempts,
		"keys":                      keys,
		"submission life":           submissionLife,
		"submission lists":          submissionLists,
		"ungradable":                ungradable,
		"tries":                     tries,
		"what a regrade selects":    regradeSelection,
		"regrade life":              regradeLife,
		"attempts of an item":       attemptsOfAnItem,
		"concurrent attempts":       concurrentAttempts,
		"labs":                      labRecords,
		"one open lab":              oneOpenLab,
		"start times":               startTimes,
		"files":                     files,
		"file history":              fileHistory,
		"cards":                     cards,
		"due cards":                 dueCards,
		"cancelled writes":          cancelledWrites,
		"ping and closing":          pingAndClose,
		"backup while writing goes": backup,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// learner makes a learner.
func learner(t *testing.T, s *store.Store, id string) {
	t.Helper()
	l := account.Learner{ID: id, Guest: true, Created: start}
	if err := s.CreateLearner(t.Context(), l, []byte("token of "+id), start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func learners(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	want := account.Learner{ID: "ann", Guest: true, Created: start}
	got, err := s.LearnerByToken(t.Context(), []byte("token of ann"), start)
	if err != nil || got != want {
		t.Errorf("LearnerByToken = %+v, %v; want %+v", got, err, want)
	}
	for name, ask := range map[string]struct {
		token string
		at    time.Time
	}{
		"unknown": {"token of bob", start},
		"expired": {"token of ann", start.Add(time.Hour)},
	} {
		if _, err := s.LearnerByToken(t.Context(), []byte(ask.token), ask.at); !fault.Is(err, fault.SignIn) {
			t.Errorf("%s token: %v, want a fault of kind %s", name, err, fault.SignIn)
		}
	}
	err = s.CreateLearner(t.Context(), account.Learner{ID: "bob", Created: start}, []byte("token of ann"), start)
	if err == nil {
		t.Error("two learners with one token")
	}
	if err := s.CreateLearner(t.Context(), account.Learner{ID: "bob", Created: start}, []byte("token of bob"), start); err != nil {
		t.Errorf("a failed CreateLearner left a learner behind: %v", err)
	}
}

func cancelledWrites(t *testing.T, s *store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.CreateLearner(ctx, account.Learner{ID: "ann"}, []byte("x"), start); err == nil {
		t.Error("a write with a context that had ended succeeded")
	}
	if _, err := s.LearnerByToken(t.Context(), []byte("x"), time.Time{}); !fault.Is(err, fault.SignIn) {
		t.Errorf("the cancelled write left something: %v", err)
	}
}

func pingAndClose(t *testing.T, s *store.Store) {
	if err := s.Ping(t.Context()); err != nil {
		t.Fatalf("Ping: %v", err)
	}
	for range 2 { // Closing twice is no error.
		if err := s.Close(t.Context()); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("Ping after Close succeeded")
	}
	err := s.CreateLearner(t.Context(), account.Learner{ID: "ann"}, []byte("x"), start)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("write after Close: %v, want a fault of kind %s", err, fault.Unavailable)
	}
}

func backup(t *testing.T, s *store.Store) {
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			id := fmt.Sprintf("learner-%d", i)
			if err := s.CreateLearner(context.Background(), account.Learner{ID: id}, []byte(id), start); err != nil {
				done <- err
				return
			}
		}
	}()
	path := t.TempDir() + "/copy.db"
	err := s.Backup(t.Context(), path)
	close(stop)
	if err != nil {
		t.Errorf("Backup: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("write during the backup: %v", err)
	}
	if err := s.Backup(t.Context(), path); !fault.Is(err, fault.Conflict) {
		t.Errorf("second Backup to the same file: %v, want a fault of kind %s", err, fault.Conflict)
	}
}

// same reports how got differs from what is wanted.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

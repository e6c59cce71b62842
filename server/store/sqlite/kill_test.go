package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/server/account"
	"pattarai/server/store/sqlite"
	"pattarai/server/submit"
)

// killDatabase names the database that a child of TestKill writes to.
const killDatabase = "STORE_TEST_KILL_DATABASE"

func TestMain(m *testing.M) {
	if path := os.Getenv(killDatabase); path != "" {
		if err := writeForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1) // It is killed before it can end.
	}
	os.Exit(m.Run())
}

// writeForever inserts submissions from many goroutines and prints the id of each
// once the store says that it is durable.
func writeForever(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("learner-%d", os.Getpid())
	if err := s.CreateLearner(ctx, account.Learner{ID: name}, []byte(name), time.Now()); err != nil {
		return err
	}
	failed := make(chan error)
	for w := range 32 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", name, w, i)
				if _, _, err := s.InsertSubmission(ctx, example(name, id)); err != nil {
					failed <- err
				}
				os.Stdout.WriteString(id + "\n") // One write: whole in the pipe or not at all.
			}
		}()
	}
	return <-failed
}

// TestKill kills a writing process again and again: whatever it acknowledged is there.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	total := 0
	for round := range 5 {
		acknowledged := killed(t, path, time.Duration(100+70*round)*time.Millisecond)
		if len(acknowledged) == 0 {
			t.Fatal("the child acknowledged nothing before it was killed")
		}
		total += len(acknowledged)
		open(t, path) // Recovers, and checks.
		db := raw(t, path)
		for _, id := range acknowledged {
			var state string
			err := db.QueryRow(`SELECT state FROM submissions WHERE id = $1`, id).Scan(&state)
			if errors.Is(err, sql.ErrNoRows) {
				t.Errorf("round %d: %s was acknowledged and is gone", round, id)
			} else if err != nil {
				t.Fatal(err)
			}
		}
		var sound string
		if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
			t.Fatalf("round %d: integrity check: %s, %v", round, sound, err)
		}
	}
	t.Logf("%d acknowledged submissions survived 5 kills", total)
}

// killed runs a child, kills it a while after its first acknowledgement, and returns
// what it acknowledged.
func killed(t *testing.T, path string, after time.Duration) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), killDatabase+"="+path)
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	var kill sync.Once
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // A line without an end was cut by the kill.
		}
		if err != nil {
			t.Fatal(err)
		}
		acknowledged = append(acknowledged, strings.TrimSuffix(line, "\n"))
		kill.Do(func() { time.AfterFunc(after, func() { child.Process.Kill() }) })
	}
	if child.Wait(); complaints.Len() > 0 {
		t.Fatal(complaints.String())
	}
	return acknowledged
}

// example is a submission of about 500 bytes of code.
func example(learner, id string) submit.Submission {
	return submit.Submission{
		ID: id, Learner: learner, Lesson: "haproxy/one", Item: id, Kind: submit.KindChecks, Key: id, Digest: id, State: submit.Queued,
		Files: map[string][]byte{"haproxy.cfg": []byte(strings.Repeat("server app1 app1:8080 check\n", 18))}, Received: time.Unix(1, 0),
	}
}

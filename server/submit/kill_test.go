package submit_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"pattarai/sandbox/check"
	"pattarai/server/account"
	"pattarai/server/fault"
	"pattarai/server/store/sqlite"
	"pattarai/server/submit"
)

// What a child of TestKill is told: where its database is, at which point to kill
// itself and the how manieth time, and the keys to hand in.
const (
	killDatabase = "SUBMIT_TEST_DATABASE"
	killPoint    = "SUBMIT_TEST_POINT"
	killPasses   = "SUBMIT_TEST_PASSES"
	killKeys     = "SUBMIT_TEST_KEYS"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(killDatabase); path != "" {
		if err := serveUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var killLearners = []string{"ann", "bob", "cid", "dan"}

// TestKill kills a server at every point of a submission's way, again and again. The
// clients repeat what was not acknowledged. In the end each submission has exactly
// one verdict, the one that was told first.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	points := []string{"before insert", "after commit", "leased", "graded", "finished"}
	const rounds, perRound = 15, 12
	told := map[string]string{} // "ack KEY" to a submission, "verdict SUBMISSION" to a nonce.
	hear := func(line string) {
		fact, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Errorf("the child said %q", line)
		} else if before, known := told[fact]; known && before != value {
			t.Errorf("%s was %s and is now %s", fact, before, value)
		}
		told[fact] = value
	}
	var keys []string
	for round := range rounds {
		for range perRound {
			keys = append(keys, strconv.Itoa(len(keys)))
		}
		open := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return told["ack "+key] != "" })
		if point := points[round%len(points)]; !child(t, path, point, 6+round%3, open, hear) {
			t.Errorf("round %d: the child did not come to %q", round, point)
		}
	}
	if child(t, path, "nowhere", 0, keys, hear) { // All once more.
		t.Error("the last child was killed")
	}

	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	stored := 0
	for _, learner := range killLearners {
		all, err := s.Submissions(t.Context(), learner, 1000)
		if err != nil {
			t.Fatal(err)
		}
		stored += len(all)
		for _, sub := range all {
			if _, known := told["verdict "+sub.ID]; !known && isSetAside(sub) {
				continue // Three kills met it while it was graded, which chance allows: 15 kills, and its turn comes first again.
			}
			if sub.State != submit.Done || !sub.Gradable || sub.Verdict != check.VerdictPassed {
				t.Errorf("%s is %s, %s after %d tries", sub.ID, sub.State, sub.Verdict, sub.Tries)
			}
			if nonce, known := told["verdict "+sub.ID]; known && nonce != sub.Report.Reason {
				t.Errorf("%s has the verdict of grade %s; its learner was told that of %s", sub.ID, sub.Report.Reason, nonce)
			}
			if told["ack "+sub.Key] != sub.ID {
				t.Errorf("%s was acknowledged as %q", sub.ID, told["ack "+sub.Key])
			}
		}
	}
	if stored != rounds*perRound {
		t.Errorf("%d submissions of %d keys", stored, rounds*perRound)
	}
	t.Logf("%d submissions, %d kills", stored, rounds)
}

// isSetAside tells whether a submission waits for an operator, ungraded, because the
// server ended three times while it was graded.
func isSetAside(sub submit.Submission) bool {
	return sub.State == submit.Done && !sub.Gradable && sub.Verdict == check.VerdictPending && sub.Tries == 3
}

// child runs a child and hears what it says. It tells whether it was killed.
func child(t *testing.T, path, point string, passes int, keys []string, hear func(string)) (killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killDatabase+"="+path, killPoint+"="+point, killPasses+"="+strconv.Itoa(passes), killKeys+"="+strings.Join(keys, ","))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		hear(lines.Text())
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("child at %q: %v\n%s", point, err, complaints.String())
	}
	return false
}

// serveUntilKilled is a server with clients that hand in again whatever they know:
// it cannot tell what was acknowledged before.
func serveUntilKilled(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	passes, err := strconv.Atoi(os.Getenv(killPasses))
	if err != nil {
		return err
	}
	trap := &trap{point: os.Getenv(killPoint)}
	trap.left.Store(int64(passes))
	nonce := new(atomic.Int64)
	service := submit.New(submit.Config{
		Store: trappedStore{s, trap}, Now: time.Now, Workers: 2,
		NewID: func() string { return fmt.Sprintf("%d-%d", os.Getpid(), nonce.Add(1)) },
		Graders: map[submit.Kind]submit.Grader{submit.KindChecks: graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
			defer trap.pass("graded")
			return check.Report{Gradable: true, Verdict: check.VerdictPassed, Reason: fmt.Sprintf("%d-%d", os.Getpid(), nonce.Add(1))}, nil
		})},
	})
	updates := map[string]<-chan submit.Update{}
	for _, learner := range killLearners {
		err := s.CreateLearner(ctx, account.Learner{ID: learner}, []byte(learner), time.Now())
		if _, known := s.LearnerByToken(ctx, []byte(learner), time.Time{}); err != nil && known != nil {
			return errors.Join(err, known)
		}
		updates[learner] = service.Subscribe(ctx, learner)
	}
	running := make(chan error, 1)
	go func() { running <- service.Run(ctx) }()
	if err := handIn(ctx, service, updates); err != nil {
		return err
	}
	return errors.Join(service.Close(ctx), <-running, s.Close(ctx))
}

// handIn hands in the keys, each learner's one after the other, tells what the
// server says, and returns when all are graded.
func handIn(ctx context.Context, service *submit.Service, updates map[string]<-chan submit.Update) error {
	var clients errgroup.Group
	for who, news := range updates {
		go func() {
			for u := range news {
				if u.Done != nil {
					tell("verdict "+u.Submission, u.Done.Report.Reason)
				}
			}
		}()
		clients.Go(func() error {
			for key := range strings.SplitSeq(os.Getenv(killKeys), ",") {
				if n, _ := strconv.Atoi(key); killLearners[n%len(killLearners)] != who {
					continue
				}
				if err := handInOne(ctx, service, who, key); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := clients.Wait(); err != nil {
		return err
	}
	return settle(ctx, service)
}

func handInOne(ctx context.Context, service *submit.Service, who, key string) error {
	for {
		sub, err := service.SubmitChecks(ctx, submit.SubmitChecks{Learner: who, Lesson: lesson(key), Key: key})
		if err == nil {
			tell("ack "+key, sub.ID)
		}
		if !fault.Is(err, fault.TooMany) {
			return err
		}
		time.Sleep(time.Millisecond) // Until one of those in line is graded.
	}
}

// settle waits until everything is graded.
func settle(ctx context.Context, service *submit.Service) error {
	for {
		left, err := service.Store.Unfinished(ctx)
		if err != nil || len(left) == 0 {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// tell writes a fact in one piece: whole in the pipe or not at all.
func tell(fact, value string) { os.Stdout.WriteString(fact + "=" + value + "\n") }

// trap kills the process at a point that was passed so many times.
type trap struct {
	point string
	left  atomic.Int64
}

func (t *trap) pass(point string) {
	if point == t.point && t.left.Add(-1) == 0 {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// trappedStore is a store with traps before and behind its doors.
type trappedStore struct {
	submit.Store
	trap *trap
}

func (s trappedStore) InsertSubmission(ctx context.Context, sub submit.Submission) (submit.Submission, bool, error) {
	s.trap.pass("before insert")
	stored, fresh, err := s.Store.InsertSubmission(ctx, sub)
	if fresh {
		s.trap.pass("after commit")
	}
	return stored, fresh, err
}

func (s trappedStore) StartSubmission(ctx context.Context, id string, at time.Time) error {
	defer s.trap.pass("leased")
	return s.Store.StartSubmission(ctx, id, at)
}

func (s trappedStore) FinishSubmission(ctx context.Context, sub submit.Submission) error {
	defer s.trap.pass("finished")
	return s.Store.FinishSubmission(ctx, sub)
}

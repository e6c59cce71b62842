package submit_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/lessons"
	"pattarai/sandbox/check"
	"pattarai/server/account"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/store"
	"pattarai/server/store/sqlite"
	"pattarai/server/submit"
)

// bench is a service on a real store, with a grader that a test steers.
type bench struct {
	*submit.Service
	store *store.Store
	ids   int
	mu    sync.Mutex
}

func newBench(t *testing.T, grader submit.Grader, wrap func(submit.Store) submit.Store) *bench {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	for _, id := range []string{"ann", "bob", "cid"} {
		if err := s.CreateLearner(t.Context(), account.Learner{ID: id}, []byte(id), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{store: s}
	if wrap == nil {
		wrap = func(s submit.Store) submit.Store { return s }
	}
	b.Service = b.service(wrap(s), grader)
	return b
}

func (b *bench) service(s submit.Store, grader submit.Grader) *submit.Service {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	return submit.New(submit.Config{
		Store:   s,
		Graders: map[submit.Kind]submit.Grader{submit.KindChecks: grader},
		Now: func() time.Time {
			b.mu.Lock()
			defer b.mu.Unlock()
			now = now.Add(time.Second)
			return now
		},
		NewID:   func() string { return fmt.Sprintf("s%02d", b.next()) },
		Workers: 3,
	})
}

// run runs the service until the test ends.
func run(t *testing.T, s *submit.Service) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.Run(context.Background()) }()
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func (b *bench) submit(t *testing.T, learner, slug, key string) submit.Submission {
	t.Helper()
	sub, err := b.SubmitChecks(t.Context(), submit.SubmitChecks{Learner: learner, Lesson: lesson(slug), Files: map[string][]byte{"a": []byte("b"), "own": []byte(fmt.Sprint(b.next()))}, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// next is a number that no other call returned.
func (b *bench) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ids++
	return b.ids
}

func lesson(slug string) *catalog.Lesson {
	return &catalog.Lesson{
		Lesson:   &lessons.Lesson{Course: "c", Slug: slug, Hash: "content"},
		Exercise: check.Exercise{Hash: "checks", Checks: []check.Check{{ID: "one", Points: 1}, {ID: "two", Points: 2}}},
	}
}

// graderFunc is a grader that is one function.
type graderFunc func(ctx context.Context, s submit.Submission, observe func(check.Result)) (check.Report, error)

func (g graderFunc) Grade(ctx context.Context, s submit.Submission, observe func(check.Result)) (check.Report, map[string]string, error) {
	report, err := g(ctx, s, observe)
	return report, map[string]string{"app1": "sha256:1"}, err
}

// done waits until a submission is graded.
func done(t *testing.T, updates <-chan submit.Update, id string) submit.Submission {
	t.Helper()
	for {
		select {
		case u := <-updates:
			if u.Done != nil && u.Submission == id {
				return *u.Done
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s was not graded in ten seconds", id)
		}
	}
}

func TestChecksFromSubmissionToReport(t *testing.T) {
	report := check.Report{Verdict: check.VerdictFailed, Gradable: true, Points: 1, MaxPoints: 3, Results: []check.Result{{ID: "one", Status: check.Passed}}}
	b := newBench(t, graderFunc(func(_ context.Context, s submit.Submission, observe func(check.Result)) (check.Report, error) {
		if string(s.Files["a"]) != "b" {
			t.Errorf("the grader got files %v", s.Files)
		}
		observe(check.Result{ID: "one", Status: check.Running})
		return report, nil
	}), nil)
	updates := b.Subscribe(t.Context(), "ann")
	sub := b.submit(t, "ann", "one", "k")
	if sub.State != submit.Queued || sub.Attempt != 1 || sub.MaxPoints != 3 {
		t.Errorf("taken in as %+v", sub)
	}
	if again := b.submit(t, "ann", "one", "k"); again.ID != sub.ID {
		t.Errorf("the same key made another submission: %s and %s", sub.ID, again.ID)
	}
	if got := b.Position(sub.ID); got != 1 {
		t.Errorf("position %d, want 1", got)
	}
	if got := b.Active("ann", "c/one"); got != sub.ID {
		t.Errorf("active is %q, want %q", got, sub.ID)
	}
	run(t, b.Service)

	var kinds []string
	for u := range updates {
		switch {
		case u.Position > 0:
			kinds = append(kinds, "position")
		case u.Result != nil:
			kinds = append(kinds, "result")
		case u.Done != nil:
			kinds = append(kinds, "done")
		}
		if u.Done != nil {
			break
		}
	}
	if diff := cmp.Diff([]string{"position", "position", "result", "done"}, kinds); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	got, err := b.Report(t.Context(), "ann", sub.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report, got.Report); diff != "" || got.State != submit.Done || got.Verdict != check.VerdictFailed || got.Points != 1 || got.Images["app1"] == "" {
		t.Errorf("stored %+v; report (-want +got):\n%s", got, diff)
	}
	if id := b.Active("ann", "c/one"); id != "" {
		t.Errorf("active after the end: %q", id)
	}
	latest, err := b.Latest(t.Context(), "ann", "c/one")
	if err != nil || latest[submit.ItemChecks].ID != sub.ID {
		t.Errorf("latest %v, %v", latest, err)
	}
	if history, err := b.History(t.Context(), "ann", 0); err != nil || len(history) != 1 {
		t.Errorf("history %v, %v", history, err)
	}
}

// full is a store whose disk is full for a while.
type full struct {
	submit.Store
	mu    sync.Mutex
	times int
}

func (f *full) FinishSubmission(ctx context.Context, s submit.Submission) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times > 0 {
		f.times--
		return fault.New(fault.Unavailable, "disk_full", "The disk is full.", "")
	}
	return f.Store.FinishSubmission(ctx, s)
}

func TestVerdictOutlivesAFullDisk(t *testing.T) {
	grades := 0
	b := newBench(t, graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
		grades++
		return check.Report{Gradable: true, Verdict: check.VerdictPassed}, nil
	}), func(s submit.Store) submit.Store { return &full{Store: s, times: 2} })
	updates := b.Subscribe(t.Context(), "ann")
	run(t, b.Service)
	if sub := done(t, updates, b.submit(t, "ann", "one", "").ID); sub.Verdict != check.VerdictPassed || grades != 1 {
		t.Errorf("verdict %s after %d grades, want passed after 1", sub.Verdict, grades)
	}
}

func TestSlowReaderCostsNothing(t *testing.T) {
	b := newBench(t, graderFunc(func(_ context.Context, _ submit.Submission, observe func(check.Result)) (check.Report, error) {
		for range 1000 {
			observe(check.Result{ID: "one", Status: check.Running})
		}
		return check.Report{Gradable: true, Verdict: check.VerdictPassed}, nil
	}), nil)
	slow, quick := b.Subscribe(t.Context(), "ann"), b.Subscribe(t.Context(), "ann")
	sub := b.submit(t, "ann", "one", "")
	run(t, b.Service)
	done(t, quick, sub.ID)
	done(t, slow, sub.ID) // Lost many, but not the end.
}

func TestSubscribeEnds(t *testing.T) {
	b := newBench(t, nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	updates := b.Subscribe(ctx, "ann")
	cancel()
	select {
	case _, open := <-updates:
		if open {
			t.Error("an update out of nothing")
		}
	case <-time.After(10 * time.Second):
		t.Error("the channel stays open after its context ended")
	}
}

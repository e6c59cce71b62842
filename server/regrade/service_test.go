package regrade_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/check"
	"pattarai/server/account"
	"pattarai/server/fault"
	"pattarai/server/regrade"
	"pattarai/server/store"
	"pattarai/server/store/sqlite"
	"pattarai/server/submit"
)

// graderFunc is a grader that is one function.
type graderFunc func(ctx context.Context, s submit.Submission) (regrade.Grade, error)

func (g graderFunc) Regrade(ctx context.Context, s submit.Submission) (regrade.Grade, error) {
	return g(ctx, s)
}

func newStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	if err := s.CreateLearner(t.Context(), account.Learner{ID: "ann"}, []byte("ann"), time.Now()); err != nil {
		t.Fatal(err)
	}
	return s
}

// graded stores a submission with so many of four points.
func graded(t *testing.T, s *store.Store, id string, points float64) {
	t.Helper()
	sub := submit.Submission{
		ID: id, Learner: "ann", Lesson: "c/one", Item: submit.ItemChecks, Kind: submit.KindChecks, ChecksHash: "old", State: submit.Done, Gradable: true,
		Verdict: check.VerdictFailed, Points: points, MaxPoints: 4, Files: map[string][]byte{"a": []byte(id)}, Received: time.Unix(int64(100*(1+id[1]-'0')), 0),
	}
	if points == 4 {
		sub.Verdict = check.VerdictPassed
	}
	if _, _, err := s.InsertSubmission(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
}

func service(s regrade.Store, g graderFunc) *regrade.Service {
	ids := 0
	return regrade.New(regrade.Config{
		Store: s, Graders: map[submit.Kind]regrade.Grader{submit.KindChecks: g}, Now: time.Now,
		NewID: func() string { ids++; return fmt.Sprintf("r%d", ids) },
		Idle:  func(ctx context.Context) error { return ctx.Err() },
		Known: func(lesson, _ string) error {
			if lesson != "c/one" {
				return fault.New(fault.NotFound, "no_lesson", "No.", "")
			}
			return nil
		},
	})
}

// run runs a service until stop or the end of the test.
func run(t *testing.T, s *regrade.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// settled waits until a regrade is graded and returns its items.
func settled(t *testing.T, s *regrade.Service, id string) []regrade.Item {
	t.Helper()
	for {
		_, items, err := s.Regrade(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(items, func(i regrade.Item) bool { return i.State == regrade.Waiting }) {
			return items
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// outcomes gives s1 more points, s2 fewer, s3 the same; s4 cannot be graded again.
func outcomes(_ context.Context, s submit.Submission) (regrade.Grade, error) {
	g := regrade.Grade{Gradable: true, Verdict: check.VerdictFailed, MaxPoints: 4, ChecksHash: "new", Report: check.Report{Verdict: check.VerdictFailed, Reason: "new " + string(s.Files["a"])}}
	switch s.ID {
	case "s1":
		g.Verdict, g.Points = check.VerdictPassed, 4
	case "s2", "s5":
		g.Points = 1
	case "s3":
		g.Points = 2
	case "s4":
		return g, fault.New(fault.Invalid, "x", "It cannot be repeated.", "")
	}
	return g, nil
}

func TestProposeAndApply(t *testing.T) {
	s := newStore(t)
	for i, points := range []float64{1, 3, 2, 4, 4} {
		graded(t, s, fmt.Sprintf("s%d", i+1), points)
	}
	r := service(s, outcomes)
	run(t, r)
	job, err := r.Propose(t.Context(), regrade.Regrade{Lesson: "c/one", Exercise: submit.ItemChecks})
	if err != nil {
		t.Fatal(err)
	}
	items := settled(t, r, job.ID)
	got := map[string]regrade.Change{}
	for _, i := range items {
		got[i.Submission] = i.Change()
	}
	want := map[string]regrade.Change{"s1": regrade.Gain, "s2": regrade.Lose, "s3": regrade.Same, "s4": regrade.None, "s5": regrade.Lose}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	points(t, s, "before anything was applied", map[string]float64{"s1": 1, "s2": 3, "s3": 2, "s4": 4, "s5": 4})

	apply(t, r, job.ID, nil, regrade.Outcome{Applied: []string{"s1"}, Held: []string{"s2", "s5"}})
	points(t, s, "applied", map[string]float64{"s1": 4, "s2": 3, "s3": 2, "s4": 4, "s5": 4})
	apply(t, r, job.ID, []string{"s2"}, regrade.Outcome{Applied: []string{"s2"}, Held: []string{"s5"}})
	points(t, s, "one allowed", map[string]float64{"s1": 4, "s2": 1, "s3": 2, "s4": 4, "s5": 4})
	apply(t, r, job.ID, []string{"all"}, regrade.Outcome{Applied: []string{"s5"}})
	apply(t, r, job.ID, []string{"all"}, regrade.Outcome{})

	sub, err := s.Submission(t.Context(), "ann", "s1")
	if err != nil || sub.ChecksHash != "new" || sub.Report.Reason != "new s1" || sub.Regraded.IsZero() || sub.Attempt != 1 {
		t.Errorf("after a regrade: %+v, %v", sub, err)
	}
	changes, err := s.Changes(t.Context(), "ann", "s1")
	if err != nil || len(changes) != 1 || changes[0].Old.Points != 1 || changes[0].Old.ChecksHash != "old" {
		t.Errorf("the earlier report: %+v, %v", changes, err)
	}
}

func apply(t *testing.T, r *regrade.Service, id string, allow []string, want regrade.Outcome) {
	t.Helper()
	got, err := r.Apply(t.Context(), id, allow)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("applied with %v (-want +got):\n%s", allow, diff)
	}
}

func points(t *testing.T, s *store.Store, when string, want map[string]float64) {
	t.Helper()
	got := map[string]float64{}
	for id := range want {
		sub, err := s.Submission(t.Context(), "ann", id)
		if err != nil {
			t.Fatal(err)
		}
		got[id] = sub.Points
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points %s (-want +got):\n%s", when, diff)
	}
}

func TestRefused(t *testing.T) {
	s := newStore(t)
	graded(t, s, "s1", 1)
	r := service(s, outcomes) // Does not run.
	for name, tt := range map[string]struct {
		what regrade.Regrade
		want fault.Kind
	}{
		"nothing named":  {regrade.Regrade{}, fault.Invalid},
		"half a name":    {regrade.Regrade{Lesson: "c/one"}, fault.Invalid},
		"unknown lesson": {regrade.Regrade{Lesson: "c/two", Exercise: "checks"}, fault.NotFound},
		"too new":        {regrade.Regrade{Lesson: "c/one", Exercise: "checks", Since: time.Unix(1e9, 0)}, fault.NotFound},
		"no quarantine":  {regrade.Regrade{Quarantined: true}, fault.NotFound},
	} {
		if _, err := r.Propose(t.Context(), tt.what); !fault.Is(err, tt.want) {
			t.Errorf("%s: %v, want a fault of kind %s", name, err, tt.want)
		}
	}
	job, err := r.Propose(t.Context(), regrade.Regrade{Lesson: "c/one", Exercise: "checks"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Apply(t.Context(), job.ID, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("applied before it was graded: %v", err)
	}
	run(t, r)
	settled(t, r, job.ID)
	if _, err := r.Apply(t.Context(), job.ID, []string{"s9"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("allowed for a submission that is not there: %v", err)
	}
	if _, err := r.Apply(t.Context(), "r9", nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown regrade was applied: %v", err)
	}
}

// TestStale: two regrades of the same submission cannot both replace what they saw.
func TestStale(t *testing.T) {
	s := newStore(t)
	graded(t, s, "s1", 1)
	r := service(s, outcomes)
	run(t, r)
	var ids []string
	for range 2 {
		job, err := r.Propose(t.Context(), regrade.Regrade{Lesson: "c/one", Exercise: "checks"})
		if err != nil {
			t.Fatal(err)
		}
		settled(t, r, job.ID)
		ids = append(ids, job.ID)
	}
	apply(t, r, ids[0], nil, regrade.Outcome{Applied: []string{"s1"}})
	apply(t, r, ids[1], nil, regrade.Outcome{Stale: []string{"s1"}})
}

// TestFailuresOfOurs: three tries, and a restart in between keeps what was done.
func TestFailuresOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		for i := range 3 {
			graded(t, s, fmt.Sprintf("s%d", i+1), 1)
		}
		tries := map[string]int{}
		grade := func(ctx context.Context, sub submit.Submission) (regrade.Grade, error) {
			tries[sub.ID]++
			switch {
			case sub.ID == "s1" && tries["s1"] == 1:
				return regrade.Grade{}, errors.New("the engine restarts")
			case sub.ID == "s2":
				panic("oops")
			}
			return regrade.Grade{Gradable: true, Verdict: check.VerdictPassed, Points: 4, MaxPoints: 4}, nil
		}
		r := service(s, grade)
		stop := run(t, r)
		job, err := r.Propose(t.Context(), regrade.Regrade{Lesson: "c/one", Exercise: "checks"})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop()
		run(t, service(s, grade)) // Another start.
		items := settled(t, r, job.ID)
		if diff := cmp.Diff(map[string]int{"s1": 2, "s2": 3, "s3": 1}, tries); diff != "" {
			t.Errorf("tries (-want +got):\n%s", diff)
		}
		for _, i := range items {
			want := regrade.Proposed
			if i.Submission == "s2" {
				want = regrade.Impossible
			}
			if i.State != want || (i.Problem == "") != (want == regrade.Proposed) {
				t.Errorf("%s is %s: %q; want %s", i.Submission, i.State, i.Problem, want)
			}
		}
	})
}

// TestPeopleFirst: nothing is graded again while somebody waits.
func TestPeopleFirst(t *testing.T) {
	s := newStore(t)
	graded(t, s, "s1", 1)
	asked, idle := make(chan struct{}), make(chan struct{})
	var early bool
	r := service(s, func(ctx context.Context, sub submit.Submission) (regrade.Grade, error) {
		select {
		case <-idle:
		default:
			early = true
		}
		return outcomes(ctx, sub)
	})
	r.Idle = func(context.Context) error { close(asked); <-idle; return nil }
	run(t, r)
	job, err := r.Propose(t.Context(), regrade.Regrade{Lesson: "c/one", Exercise: "checks"})
	if err != nil {
		t.Fatal(err)
	}
	<-asked
	close(idle)
	settled(t, r, job.ID)
	if early {
		t.Error("it was graded before people were")
	}
}

// TestQuarantine: what could not be graded gets its verdict, and an attempt number.
func TestQuarantine(t *testing.T) {
	s := newStore(t)
	graded(t, s, "s1", 1)
	sub := submit.Submission{ID: "s2", Learner: "ann", Lesson: "c/one", Item: submit.ItemChecks, Kind: submit.KindChecks, State: submit.Queued, MaxPoints: 4}
	if _, _, err := s.InsertSubmission(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	sub.Verdict, sub.Report.Reason, sub.Tries, sub.Quarantined, sub.Finished = check.VerdictPending, "The engine is gone.", 3, time.Now(), time.Now()
	if err := s.FinishSubmission(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	r := service(s, outcomes)
	run(t, r)
	listed, err := r.Quarantined(t.Context())
	if err != nil || len(listed) != 1 || listed[0].Submission != "s2" || listed[0].Reason != "The engine is gone." {
		t.Fatalf("quarantine: %+v, %v", listed, err)
	}
	job, err := r.Propose(t.Context(), regrade.Regrade{Quarantined: true})
	if err != nil {
		t.Fatal(err)
	}
	if items := settled(t, r, job.ID); len(items) != 1 || items[0].Change() != regrade.Gain {
		t.Errorf("items: %+v", items)
	}
	apply(t, r, job.ID, nil, regrade.Outcome{Applied: []string{"s2"}})
	got, err := s.Submission(t.Context(), "ann", "s2")
	if err != nil || !got.Gradable || got.Attempt != 2 || got.Points != 1 || !got.Quarantined.IsZero() {
		t.Errorf("after the regrade: %+v, %v", got, err)
	}
	if listed, err := r.Quarantined(t.Context()); err != nil || len(listed) != 0 {
		t.Errorf("still in quarantine: %+v, %v", listed, err)
	}
}

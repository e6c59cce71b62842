package submit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/fault"
	"pattarai/server/submit"
)

// TestTurns: learners take turns, whoever came with more.
func TestTurns(t *testing.T) {
	var mu sync.Mutex
	var order []string
	b := newBench(t, graderFunc(func(_ context.Context, s submit.Submission, _ func(check.Result)) (check.Report, error) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, s.Learner+" "+s.Lesson)
		return check.Report{Gradable: true}, nil
	}), nil)
	b.Workers = 1
	var ids []string
	for _, s := range []string{"ann 1", "ann 2", "ann 3", "bob 1", "bob 2", "cid 1"} {
		learner, slug, _ := strings.Cut(s, " ")
		ids = append(ids, b.submit(t, learner, slug, "").ID)
	}
	var places []int
	for _, id := range ids {
		places = append(places, b.Position(id))
	}
	if diff := cmp.Diff([]int{1, 4, 6, 2, 5, 3}, places); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	updates := b.Subscribe(t.Context(), "ann")
	run(t, b.Service)
	done(t, updates, ids[2])
	want := []string{"ann c/1", "bob c/1", "cid c/1", "ann c/2", "bob c/2", "ann c/3"}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestOneGradePerLab: two submissions for one lab wait for each other, two labs do not.
func TestOneGradePerLab(t *testing.T) {
	began, let := make(chan string, 3), make(chan struct{})
	b := newBench(t, graderFunc(func(_ context.Context, s submit.Submission, _ func(check.Result)) (check.Report, error) {
		began <- s.Lesson
		<-let
		return check.Report{Gradable: true}, nil
	}), nil)
	updates := b.Subscribe(t.Context(), "ann")
	b.submit(t, "ann", "one", "")
	last := b.submit(t, "ann", "one", "")
	b.submit(t, "ann", "two", "")
	run(t, b.Service)
	together := map[string]bool{<-began: true, <-began: true}
	if !together["c/one"] || !together["c/two"] {
		t.Errorf("graded together: %v, want one of each lesson", together)
	}
	close(let)
	done(t, updates, last.ID)
}

// TestNobodyHasAllWorkers: one learner's slow submissions, however many an earlier
// server left, do not delay another's first.
func TestNobodyHasAllWorkers(t *testing.T) {
	const many = 50
	began, let := make(chan string, many), make(chan struct{})
	b := newBench(t, graderFunc(func(ctx context.Context, s submit.Submission, _ func(check.Result)) (check.Report, error) {
		if s.Learner == "ann" {
			began <- s.ID
			select {
			case <-let:
			case <-ctx.Done():
			}
		}
		return check.Report{Gradable: true, Verdict: check.VerdictPassed}, nil
	}), nil)
	for i := range many {
		sub := submit.Submission{ID: fmt.Sprintf("a%02d", i), Learner: "ann", Lesson: fmt.Sprintf("c/%d", i), Item: submit.ItemChecks, Kind: submit.KindChecks, State: submit.Queued}
		if _, _, err := b.store.InsertSubmission(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
	}
	run(t, b.Service)
	<-began
	<-began // Two of three workers.
	updates := b.Subscribe(t.Context(), "bob")
	done(t, updates, b.submit(t, "bob", "one", "").ID)
	select {
	case id := <-began:
		t.Errorf("a third of one learner's submissions was being graded: %s", id)
	default:
	}
	close(let)
}

// TestIdle: who works beside people waits until nobody waits.
func TestIdle(t *testing.T) {
	let := make(chan struct{})
	b := newBench(t, graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
		<-let
		return check.Report{Gradable: true}, nil
	}), nil)
	if err := b.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.submit(t, "ann", "one", "")
	last := b.submit(t, "ann", "one", "") // Waits for the first.
	updates := b.Subscribe(t.Context(), "ann")
	idle := make(chan error, 1)
	go func() { idle <- b.Idle(t.Context()) }()
	run(t, b.Service)
	let <- struct{}{}
	select {
	case err := <-idle:
		if b.Position(last.ID) != 0 || err != nil {
			t.Errorf("idle (%v) while a submission waits", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not idle when nobody waits")
	}
	close(let)
	done(t, updates, last.ID)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Idle(ctx); err == nil {
		t.Error("idle although its context ended")
	}
}

func TestBounds(t *testing.T) {
	b := newBench(t, nil, nil) // Does not run: everything waits.
	in := submit.SubmitChecks{Learner: "ann", Lesson: lesson("one")}
	for i := range 8 {
		in.Key, in.Files = fmt.Sprint(i), map[string][]byte{"a": {byte(i)}}
		if _, err := b.SubmitChecks(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	in.Key, in.Files = "ninth", nil
	if _, err := b.SubmitChecks(t.Context(), in); !fault.Is(err, fault.TooMany) {
		t.Errorf("ninth in line: %v", err)
	}
	for name, tt := range map[string]struct {
		change func(*submit.SubmitChecks)
		want   fault.Kind
	}{
		"large files": {func(in *submit.SubmitChecks) { in.Files = map[string][]byte{"a": make([]byte, 5<<20)} }, fault.TooLarge},
		"long key":    {func(in *submit.SubmitChecks) { in.Key = strings.Repeat("k", 201) }, fault.TooLarge},
		"no checks":   {func(in *submit.SubmitChecks) { in.Lesson = lesson("x"); in.Lesson.Exercise.Checks = nil }, fault.Invalid},
	} {
		in := submit.SubmitChecks{Learner: "bob", Lesson: lesson("one")}
		tt.change(&in)
		if _, err := b.SubmitChecks(t.Context(), in); !fault.Is(err, tt.want) {
			t.Errorf("%s: %v, want a fault of kind %s", name, err, tt.want)
		}
	}
	if _, err := b.SubmitChecks(t.Context(), submit.SubmitChecks{Learner: "nobody", Lesson: lesson("one")}); err == nil {
		t.Error("a submission of nobody was taken in")
	}
}

func TestQuizBounds(t *testing.T) {
	b := newBench(t, nil, nil)
	l := lesson("one")
	l.Questions = map[string]quizzes.Question{"q1": {ID: "q1", Kind: quizzes.Single}}
	for name, tt := range map[string]struct {
		item   string
		values []string
		want   fault.Kind
	}{
		"unknown item": {"q2", nil, fault.NotFound},
		"long value":   {"q1", []string{strings.Repeat("x", 17<<10)}, fault.TooLarge},
		"many values":  {"q1", make([]string, 101), fault.TooLarge},
	} {
		_, err := b.AnswerQuiz(t.Context(), submit.AnswerQuiz{Learner: "ann", Lesson: l, Item: tt.item, Answer: quizzes.Answer{Values: tt.values}})
		if !fault.Is(err, tt.want) {
			t.Errorf("%s: %v, want a fault of kind %s", name, err, tt.want)
		}
	}
	if history, err := b.History(t.Context(), "ann", 10); err != nil || len(history) > 0 {
		t.Errorf("what was refused was stored: %v, %v", history, err)
	}
}

func TestQuizIsGradedAtOnce(t *testing.T) {
	b := newBench(t, nil, nil)
	l := lesson("one")
	l.Questions = map[string]quizzes.Question{"q1": {ID: "q1", Kind: quizzes.Single, Points: 2, Hash: "h", Options: []quizzes.Option{
		{ID: "a", Label: "yes", Right: true, Why: "Indeed."}, {ID: "b", Label: "no", Why: "Look again."},
	}}}
	answer := func(value, key string) (submit.Submission, error) {
		return b.AnswerQuiz(t.Context(), submit.AnswerQuiz{Learner: "ann", Lesson: l, Item: "q1", Answer: quizzes.Answer{Values: []string{value}}, Key: key})
	}
	if _, err := answer("z", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("an answer that is none: %v", err)
	}
	for i, tt := range []struct {
		value, key string
		right      bool
		points     float64
		tries      int
		verdict    check.Verdict
	}{
		{"b", "", false, 0, 1, check.VerdictFailed},
		{"a", "k", true, 2, 2, check.VerdictPassed},
		{"b", "k", true, 2, 2, check.VerdictPassed}, // The same key is the same answer.
		{"b", "", false, 0, 3, check.VerdictFailed},
	} {
		got, err := answer(tt.value, tt.key)
		if err != nil {
			t.Fatal(err)
		}
		if got.Score.Right != tt.right || got.Points != tt.points || got.MaxPoints != 2 || got.Attempt != tt.tries || got.Verdict != tt.verdict || got.State != submit.Done {
			t.Errorf("answer %d: %+v, want %+v", i+1, got, tt)
		}
	}
	latest, err := b.Latest(t.Context(), "ann", "c/one")
	if err != nil || latest["q1"].Attempt != 3 || latest["q1"].Answer.Values[0] != "b" {
		t.Errorf("latest %+v, %v", latest["q1"], err)
	}
}

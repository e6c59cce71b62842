package submit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/check"
	"pattarai/server/fault"
	"pattarai/server/submit"
)

// TestNotGradable: what the learner can do something about is said at once, and
// costs no attempt.
func TestNotGradable(t *testing.T) {
	b := newBench(t, graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
		return check.Report{Verdict: check.VerdictFailed, Points: 2, Reason: "No lab."}, nil
	}), nil)
	run(t, b.Service)
	updates := b.Subscribe(t.Context(), "ann")
	sub := done(t, updates, b.submit(t, "ann", "one", "").ID)
	if sub.Gradable || sub.Verdict != check.VerdictPending || sub.Attempt != 0 || sub.Points != 0 || sub.Report.Reason != "No lab." || sub.Tries != 1 || !sub.Quarantined.IsZero() {
		t.Errorf("stored %+v", sub)
	}
	if next := b.submit(t, "ann", "one", ""); next.Attempt != 1 {
		t.Errorf("the next is attempt %d, want 1", next.Attempt)
	}
}

// TestOurFailures: whatever fails on our side is tried three times, at growing
// distance, and then set aside. It costs no attempt and says so.
func TestOurFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		grade  graderFunc
		reason string
	}{
		"error": {func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
			return check.Report{Gradable: true, Verdict: check.VerdictPassed, Points: 3}, errors.New("secret path")
		}, fault.Of(errors.New("")).Message},
		"fault": {func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
			return check.Report{}, fault.New(fault.Unavailable, "x", "The engine is gone.", "")
		}, "The engine is gone."},
		"panic": {func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) { panic("oops") },
			fault.Of(errors.New("")).Message},
		"broken check": {func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
			return check.Report{Reason: "The probe was lost."}, errors.New("eof")
		}, "The probe was lost."},
		"no grader": {nil, "This server does not grade this kind of exercise."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { failThrice(t, tt.grade, tt.reason) })
		})
	}
}

func failThrice(t *testing.T, grade graderFunc, reason string) {
	var at []time.Duration
	began := time.Now()
	b := newBench(t, graderFunc(func(ctx context.Context, s submit.Submission, observe func(check.Result)) (check.Report, error) {
		at = append(at, time.Since(began))
		return grade(ctx, s, observe)
	}), nil)
	if grade == nil {
		b.Graders = nil
	}
	run(t, b.Service)
	updates := b.Subscribe(t.Context(), "ann")
	sub := done(t, updates, b.submit(t, "ann", "one", "").ID)
	if sub.Gradable || sub.Verdict != check.VerdictPending || sub.Attempt != 0 || sub.Points != 0 || sub.Report.Reason != reason {
		t.Errorf("gradable %v, verdict %s, attempt %d, points %v, reason %q; want false, pending, 0, 0, %q",
			sub.Gradable, sub.Verdict, sub.Attempt, sub.Points, sub.Report.Reason, reason)
	}
	if sub.Tries != 3 || sub.Quarantined.IsZero() {
		t.Errorf("after %d tries, set aside at %v; want 3, and a time", sub.Tries, sub.Quarantined)
	}
	if diff := cmp.Diff([]time.Duration{0, 2 * time.Second, 10 * time.Second}, at); grade != nil && diff != "" {
		t.Errorf("times of the tries (-want +got):\n%s", diff)
	}
	if next := b.submit(t, "ann", "one", ""); next.Attempt != 1 {
		t.Errorf("the next is attempt %d, want 1", next.Attempt)
	}
}

// TestSecondTry: a failure that passes is nobody's business but the log's.
func TestSecondTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		b := newBench(t, graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
			if tries++; tries == 1 {
				return check.Report{}, errors.New("the engine restarts")
			}
			return check.Report{Gradable: true, Verdict: check.VerdictPassed}, nil
		}), nil)
		run(t, b.Service)
		updates := b.Subscribe(t.Context(), "ann")
		sub := done(t, updates, b.submit(t, "ann", "one", "").ID)
		if sub.Verdict != check.VerdictPassed || sub.Attempt != 1 || sub.Tries != 2 || !sub.Quarantined.IsZero() {
			t.Errorf("verdict %s, attempt %d, tries %d", sub.Verdict, sub.Attempt, sub.Tries)
		}
	})
}

// TestGraderThatEndsTheServer: what was being graded whenever the server died is set
// aside without another try.
func TestGraderThatEndsTheServer(t *testing.T) {
	b := newBench(t, graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
		t.Error("it was graded again")
		return check.Report{}, nil
	}), nil)
	sub := b.submit(t, "ann", "one", "")
	for range 3 {
		if err := b.store.StartSubmission(t.Context(), sub.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	updates := b.Subscribe(t.Context(), "ann")
	run(t, b.Service)
	if got := done(t, updates, sub.ID); got.Gradable || got.Quarantined.IsZero() || got.Report.Reason == "" {
		t.Errorf("stored %+v", got)
	}
}

// TestInterrupted stops a service in the middle of a grade; the next one grades again.
func TestInterrupted(t *testing.T) {
	began := make(chan struct{})
	b := newBench(t, graderFunc(func(ctx context.Context, _ submit.Submission, _ func(check.Result)) (check.Report, error) {
		close(began)
		<-ctx.Done()
		return check.Report{Gradable: true, Verdict: check.VerdictTimedOut}, nil
	}), nil)
	first := b.submit(t, "ann", "one", "")
	second := b.submit(t, "ann", "one", "")
	ended := make(chan error)
	go func() { ended <- b.Run(context.Background()) }()
	<-began
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got, err := b.Report(t.Context(), "ann", first.ID); err != nil || got.State != submit.Queued || got.Tries != 0 {
		t.Fatalf("interrupted: state %s, %d tries, %v; want %s, 0", got.State, got.Tries, err, submit.Queued)
	}

	var order []string
	again := b.service(b.store, graderFunc(func(_ context.Context, s submit.Submission, _ func(check.Result)) (check.Report, error) {
		order = append(order, s.ID) // One lab, so one at a time.
		return check.Report{Gradable: true, Verdict: check.VerdictPassed}, nil
	}))
	updates := again.Subscribe(t.Context(), "ann")
	run(t, again)
	if sub := done(t, updates, second.ID); sub.Attempt != 2 || sub.Verdict != check.VerdictPassed {
		t.Errorf("resumed as attempt %d with %s, want 2 with passed", sub.Attempt, sub.Verdict)
	}
	if diff := cmp.Diff([]string{first.ID, second.ID}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

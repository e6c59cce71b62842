package submit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"pattarai/sandbox/check"
	"pattarai/server/fault"
	"pattarai/server/submit"
)

// TestHandedInOnce: what a person does once is one submission, however often the
// request arrives; what they do again is another.
func TestHandedInOnce(t *testing.T) {
	b := newBench(t, graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
		return check.Report{Gradable: true, Verdict: check.VerdictPassed}, nil
	}), nil)
	hand := func(key, content, checks string) string {
		t.Helper()
		l := lesson("one")
		l.Exercise.Hash = checks
		sub, err := b.SubmitChecks(t.Context(), submit.SubmitChecks{Learner: "ann", Lesson: l, Files: map[string][]byte{"a": []byte(content)}, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if sub.ChecksHash != checks && key != "click" {
			t.Errorf("stored with the checks %s, not %s", sub.ChecksHash, checks)
		}
		return sub.ID
	}
	first := hand("click", "x", "v1")
	for what, again := range map[string]string{
		"a double click or a repeated request": hand("click", "x", "v1"),
		"the same key with other files":        hand("click", "y", "v2"),
		"another tab":                          hand("tab", "x", "v1"),
		"no key":                               hand("", "x", "v1"),
	} {
		if again != first {
			t.Errorf("%s made another submission", what)
		}
	}
	for what, other := range map[string]string{
		"other files":  hand("2", "y", "v1"),
		"other checks": hand("3", "x", "v2"),
	} {
		if other == first {
			t.Errorf("%s are the same submission", what)
		}
	}
	updates := b.Subscribe(t.Context(), "ann")
	run(t, b.Service)
	done(t, updates, first)
	if hand("4", "x", "v1") == first {
		t.Error("once it was graded, the same files are no new submission: their lab may be another")
	}
	if hand("click", "x", "v1") != first {
		t.Error("a very late repetition of the first request is another submission")
	}
}

// TestManyTabs hands the same work in from many places at the same moment.
func TestManyTabs(t *testing.T) {
	b := newBench(t, nil, nil) // Does not run.
	ids := make([]string, 40)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			for {
				sub, err := b.SubmitChecks(t.Context(), submit.SubmitChecks{Learner: "ann", Lesson: lesson("one"), Key: fmt.Sprint(i)})
				if fault.Is(err, fault.TooMany) {
					continue // At most eight at once; a page tells its person to wait.
				}
				if err != nil {
					t.Error(err)
				}
				ids[i] = sub.ID
				return
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("many submissions of the same: %v", ids)
		}
	}
	if stored, err := b.History(t.Context(), "ann", 0); err != nil || len(stored) != 1 {
		t.Errorf("%d submissions are stored, %v; want 1", len(stored), err)
	}
}

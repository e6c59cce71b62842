package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/fault"
	"pattarai/server/store"
	"pattarai/server/submit"
)

func queued(learner, id string) submit.Submission {
	return submit.Submission{
		ID: id, Learner: learner, Lesson: "haproxy/one", Item: submit.ItemChecks, Kind: submit.KindChecks,
		ContentHash: "c0ffee", ChecksHash: "decade", State: submit.Queued, Verdict: check.VerdictPending,
		Files: map[string][]byte{"a.cfg": {0, 255}, "empty": {}}, MaxPoints: 3, Received: start,
	}
}

func insert(t *testing.T, s *store.Store, sub submit.Submission) submit.Submission {
	t.Helper()
	stored, fresh, err := s.InsertSubmission(t.Context(), sub)
	if err != nil || !fresh {
		t.Fatalf("insert %s: fresh %v, %v", sub.ID, fresh, err)
	}
	return stored
}

func finish(t *testing.T, s *store.Store, sub submit.Submission, gradable bool) {
	t.Helper()
	sub.State, sub.Gradable, sub.Verdict = submit.Done, gradable, check.VerdictPassed
	sub.Finished = sub.Received.Add(time.Second)
	if err := s.FinishSubmission(t.Context(), sub); err != nil {
		t.Fatalf("finish %s: %v", sub.ID, err)
	}
}

func attempts(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	learner(t, s, "bob")
	other := queued("ann", "s4")
	other.Item = "q1"
	for i, sub := range []submit.Submission{queued("ann", "s1"), queued("ann", "s2"), queued("bob", "s3"), other, queued("ann", "s5")} {
		want := []int{1, 2, 1, 1, 3}[i]
		if got := insert(t, s, sub).Attempt; got != want {
			t.Errorf("%s has attempt %d, want %d", sub.ID, got, want)
		}
	}
}

func keys(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	first := queued("ann", "s1")
	first.Key = "k"
	want := insert(t, s, first)

	again := queued("ann", "s2")
	again.Key, again.ChecksHash = "k", "other"
	got, fresh, err := s.InsertSubmission(t.Context(), again)
	if err != nil || fresh {
		t.Fatalf("same key again: fresh %v, %v", fresh, err)
	}
	same(t, "submission of a known key", want, got)

	elsewhere := queued("ann", "s3")
	elsewhere.Key, elsewhere.Item = "k", "q1"
	insert(t, s, elsewhere)
	tab := queued("ann", "s6")
	tab.Key, tab.Digest = "", "d"
	want = insert(t, s, tab)
	other := tab
	other.ID, other.Key = "s7", "k7"
	for range 2 {
		got, fresh, err := s.InsertSubmission(t.Context(), other)
		if err != nil || fresh {
			t.Fatalf("the same work while it waits: fresh %v, %v", fresh, err)
		}
		same(t, "the same work", want, got)
	}
	finish(t, s, tab, true)
	insert(t, s, other) // It is done: this is another try.

	insert(t, s, queued("ann", "s4")) // No key at all,
	insert(t, s, queued("ann", "s5")) // twice.
}

func submissionLife(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	sub := insert(t, s, queued("ann", "s1"))
	if err := s.StartSubmission(t.Context(), "s1", start.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	sub.State, sub.Started, sub.Tries = submit.Running, start.Add(time.Second), 1
	expect(t, s, sub)

	sub.State, sub.Verdict, sub.Gradable, sub.Points = submit.Done, check.VerdictFailed, true, 2
	sub.Finished, sub.Images = start.Add(time.Minute), map[string]string{"app1": "sha256:1"}
	sub.Report = check.Report{Verdict: check.VerdictFailed, Gradable: true, Points: 2, MaxPoints: 3, Started: start, Took: time.Second,
		Results: []check.Result{{ID: "shares", Status: check.Failed, Bars: []check.Bar{{Label: "app1", Count: 3, OK: true}}}}}
	sub.Score = quizzes.Score{}
	if err := s.FinishSubmission(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	expect(t, s, sub)

	changed := sub
	changed.Verdict, changed.Points = check.VerdictPassed, 3
	if err := s.FinishSubmission(t.Context(), changed); err != nil {
		t.Errorf("finishing twice: %v", err)
	}
	if err := s.StartSubmission(t.Context(), "s1", start.Add(time.Hour)); err != nil {
		t.Errorf("starting what is done: %v", err)
	}
	expect(t, s, sub)

	changed.ID = "nobody"
	for what, err := range map[string]error{
		"FinishSubmission": s.FinishSubmission(t.Context(), changed),
		"StartSubmission":  s.StartSubmission(t.Context(), "nobody", start),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of nothing: %v", what, err)
		}
	}
	if _, err := s.Submission(t.Context(), "bob", "s1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's submission: %v", err)
	}
}

func expect(t *testing.T, s *store.Store, want submit.Submission) {
	t.Helper()
	got, err := s.Submission(t.Context(), want.Learner, want.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "stored submission", want, got)
}

func ungradable(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	first := insert(t, s, queued("ann", "s1"))
	second := insert(t, s, queued("ann", "s2"))
	finish(t, s, first, false)
	if got, err := s.Submission(t.Context(), "ann", "s1"); err != nil || got.Attempt != 0 || got.Gradable {
		t.Errorf("not gradable: attempt %d, gradable %v, %v; want 0, false", got.Attempt, got.Gradable, err)
	}
	finish(t, s, second, false)
	if got := insert(t, s, queued("ann", "s3")).Attempt; got != 1 {
		t.Errorf("after two that did not count the next is attempt %d, want 1", got)
	}
	if latest, err := s.Latest(t.Context(), "ann", "haproxy/one"); err != nil || len(latest) > 0 {
		t.Errorf("Latest = %v, %v; want nothing", latest, err)
	}
}

func tries(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	sub := insert(t, s, queued("ann", "s1"))
	begin := func(at time.Duration) {
		t.Helper()
		if err := s.StartSubmission(t.Context(), "s1", start.Add(at)); err != nil {
			t.Fatal(err)
		}
	}
	back := func(tries int) {
		t.Helper()
		if err := s.ReturnSubmission(t.Context(), "s1", tries); err != nil {
			t.Fatal(err)
		}
	}
	begin(1)
	begin(time.Second) // The server died in between.
	sub.Started, sub.Tries = start.Add(time.Second), 1
	back(1)
	expect(t, s, sub)
	back(7) // It is queued: nothing to give back.
	expect(t, s, sub)
	begin(time.Second)

	sub.State, sub.Quarantined, sub.Finished, sub.Tries, sub.Attempt = submit.Done, start.Add(time.Hour), start.Add(time.Hour), 2, 0
	if err := s.FinishSubmission(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	back(0)
	begin(time.Minute)
	expect(t, s, sub)
}

func attemptsOfAnItem(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	learner(t, s, "bob")
	for i, sub := range []submit.Submission{queued("ann", "s1"), queued("bob", "s2"), queued("ann", "s3"), queued("ann", "s4"), queued("ann", "s5")} {
		sub.Received = start.Add(time.Duration(i) * time.Second)
		switch sub.ID {
		case "s3":
			sub.Item = "q1"
		case "s5":
			sub.Lesson = "haproxy/two"
		}
		insert(t, s, sub)
	}
	for limit, want := range map[int][]string{10: {"s4", "s1"}, 1: {"s4"}} {
		got, err := s.Attempts(t.Context(), "ann", "haproxy/one", submit.ItemChecks, limit)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("attempts, at most %d", limit), want, ids(got))
		if got[0].Files != nil {
			t.Error("a list of attempts came with files")
		}
	}
}

func submissionLists(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	quiz := queued("ann", "s2")
	quiz.Item, quiz.Kind, quiz.State, quiz.Gradable = "q1", submit.KindQuiz, submit.Done, true
	quiz.Answer = quizzes.Answer{Values: []string{"b"}}
	quiz.Score = quizzes.Score{Right: true, Points: 1}
	all := []submit.Submission{queued("ann", "s1"), quiz, queued("ann", "s3"), queued("ann", "s4")}
	for i, sub := range all {
		sub.Received = start.Add(time.Duration(i) * time.Second)
		all[i] = insert(t, s, sub)
	}
	finish(t, s, all[0], true)
	finish(t, s, all[2], true)

	latest, err := s.Latest(t.Context(), "ann", "haproxy/one")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "latest", map[string]string{submit.ItemChecks: "s3", "q1": "s2"}, map[string]string{submit.ItemChecks: latest[submit.ItemChecks].ID, "q1": latest["q1"].ID})
	same(t, "latest answer", all[1], latest["q1"])

	newest, err := s.Submissions(t.Context(), "ann", 3)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "newest", []string{"s4", "s3", "s2"}, ids(newest))
	insert(t, s, queued("ann", "s0")) // Received before all but s1.
	unfinished, err := s.Unfinished(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "unfinished", []string{"s0", "s4"}, ids(unfinished))
}

func ids(all []submit.Submission) []string {
	var ids []string
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	return ids
}

func concurrentAttempts(t *testing.T, s *store.Store) {
	const n = 200
	learner(t, s, "ann")
	numbers := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			sub := queued("ann", fmt.Sprintf("s%03d", i))
			if i%10 == 0 {
				sub.Learner = "nobody" // Fails, beside others that do not.
			}
			stored, _, err := s.InsertSubmission(t.Context(), sub)
			if failed := err != nil; failed != (i%10 == 0) {
				t.Errorf("insert %s for %s: %v", sub.ID, sub.Learner, err)
			}
			numbers[i] = stored.Attempt
		})
	}
	all.Wait()
	slices.Sort(numbers)
	numbers = numbers[n/10:]
	for i, got := range numbers {
		if got != i+1 {
			t.Fatalf("attempts are %v, want 1 to %d", numbers, len(numbers))
		}
	}
}

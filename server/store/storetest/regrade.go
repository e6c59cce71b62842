package storetest

import (
	"testing"
	"time"

	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/fault"
	"pattarai/server/regrade"
	"pattarai/server/store"
	"pattarai/server/submit"
)

// handed stores a submission that was received i seconds after the start, done and
// gradable unless change says otherwise.
func handed(t *testing.T, s *store.Store, id string, i int, change func(*submit.Submission)) {
	t.Helper()
	sub := queued("ann", id)
	sub.State, sub.Gradable, sub.Verdict, sub.Points = submit.Done, true, check.VerdictFailed, 1
	sub.Received = start.Add(time.Duration(i) * time.Second)
	sub.Report = check.Report{Verdict: check.VerdictFailed, Reason: "old"}
	if change != nil {
		change(&sub)
	}
	insert(t, s, sub)
}

func regradeSelection(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	handed(t, s, "s1", 1, nil)
	handed(t, s, "s2", 3, nil)
	handed(t, s, "s3", 2, nil)
	handed(t, s, "quiz", 4, func(s *submit.Submission) { s.Item = "q1" })
	handed(t, s, "elsewhere", 5, func(s *submit.Submission) { s.Lesson = "haproxy/two" })
	handed(t, s, "waits", 6, func(s *submit.Submission) { s.State = submit.Queued })
	handed(t, s, "no lab", 7, func(s *submit.Submission) { s.Gradable = false })
	handed(t, s, "aside", 8, func(s *submit.Submission) { s.State = submit.Queued })
	aside := queued("ann", "aside")
	aside.Quarantined, aside.Tries, aside.Report.Reason = start.Add(time.Minute), 3, "gone"
	finish(t, s, aside, false)

	for name, tt := range map[string]struct {
		what regrade.Regrade
		want []string
	}{
		"exercise":                 {regrade.Regrade{Lesson: "haproxy/one", Exercise: "checks"}, []string{"s1", "s3", "s2", "aside"}},
		"since":                    {regrade.Regrade{Lesson: "haproxy/one", Exercise: "checks", Since: start.Add(2 * time.Second)}, []string{"s3", "s2", "aside"}},
		"question":                 {regrade.Regrade{Lesson: "haproxy/one", Exercise: "q1"}, []string{"quiz"}},
		"quarantine":               {regrade.Regrade{Quarantined: true}, []string{"aside"}},
		"quarantine of a question": {regrade.Regrade{Quarantined: true, Lesson: "haproxy/one", Exercise: "q1"}, nil},
	} {
		tt.what.ID, tt.what.Created = name, start
		n, err := s.InsertRegrade(t.Context(), tt.what)
		if err != nil || n != len(tt.want) {
			t.Errorf("%s: %d submissions, %v; want %d", name, n, err, len(tt.want))
		}
		got, items, err := s.Regrade(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, tt.what, got)
		var ids []string
		for _, i := range items {
			ids = append(ids, i.Submission)
			if i.State != regrade.Waiting || i.New.Gradable || i.Old.ChecksHash != "decade" || i.Kind != submit.KindChecks {
				t.Errorf("%s: item %+v", name, i)
			}
		}
		same(t, name, tt.want, ids)
	}
	listed, err := s.Quarantined(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []regrade.Quarantined{{Submission: "aside", Learner: "ann", Lesson: "haproxy/one", Exercise: "checks", Reason: "gone", Received: start.Add(8 * time.Second), Since: start.Add(time.Minute)}}
	same(t, "quarantine", want, listed)
	if _, _, err := s.Regrade(t.Context(), "nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown regrade: %v", err)
	}
}

func regradeLife(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	learner(t, s, "bob")
	handed(t, s, "s1", 1, nil)
	handed(t, s, "s2", 2, nil)
	for i, id := range []string{"r1", "r2"} {
		if _, err := s.InsertRegrade(t.Context(), regrade.Regrade{ID: id, Lesson: "haproxy/one", Exercise: "checks", Created: start.Add(time.Duration(i))}); err != nil {
			t.Fatal(err)
		}
	}
	settle := func(i regrade.Item) {
		t.Helper()
		if err := s.SettleRegradeItem(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	next := func(wantRegrade, wantSubmission string) regrade.Item {
		t.Helper()
		i, ok, err := s.NextRegradeItem(t.Context())
		if err != nil || !ok || i.Regrade != wantRegrade || i.Submission != wantSubmission {
			t.Fatalf("next is %s of %s (%v, %v), want %s of %s", i.Submission, i.Regrade, ok, err, wantSubmission, wantRegrade)
		}
		return i
	}
	first := next("r1", "s1")
	first.Tries, first.Problem = 1, "later"
	settle(first)
	impossible := next("r1", "s2") // What failed comes last.
	impossible.State, impossible.Problem = regrade.Impossible, "no"
	settle(impossible)
	first = next("r1", "s1")
	first.State, first.Problem, first.Graded = regrade.Proposed, "", start.Add(time.Hour)
	first.New = regrade.Grade{Verdict: check.VerdictPassed, Gradable: true, Points: 3, MaxPoints: 3, ChecksHash: "new", Images: map[string]string{"app": "sha256:1"},
		Report: check.Report{Verdict: check.VerdictPassed, Reason: "new"}, Score: quizzes.Score{Points: 1}}
	settle(first)
	other := first
	other.New.Points = 2
	settle(other) // It does not wait any more.
	_, items, err := s.Regrade(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "proposed", first, items[0])
	second := next("r2", "s1")
	second.State, second.New = regrade.Proposed, first.New
	settle(second)

	applyGrade(t, s, first, second)
}

func applyGrade(t *testing.T, s *store.Store, first, second regrade.Item) {
	t.Helper()
	at := start.Add(2 * time.Hour)
	if err := s.ApplyGrade(t.Context(), first, at); err != nil {
		t.Fatal(err)
	}
	for what, item := range map[string]regrade.Item{"twice": first, "of another that saw the old grade": second} {
		if err := s.ApplyGrade(t.Context(), item, at); !fault.Is(err, fault.Conflict) {
			t.Errorf("applied %s: %v, want a fault of kind %s", what, err, fault.Conflict)
		}
	}
	_, items, err := s.Regrade(t.Context(), "r2")
	if err != nil || items[0].State != regrade.Proposed {
		t.Errorf("what could not be applied is %s, %v", items[0].State, err)
	}
	sub, err := s.Submission(t.Context(), "ann", "s1")
	if err != nil {
		t.Fatal(err)
	}
	if sub.Verdict != check.VerdictPassed || sub.Points != 3 || sub.ChecksHash != "new" || sub.Report.Reason != "new" || sub.Images["app"] == "" || sub.Score.Points != 1 || !sub.Regraded.Equal(at) || sub.Attempt != 1 {
		t.Errorf("after the regrade: %+v", sub)
	}
	changes, err := s.Changes(t.Context(), "ann", "s1")
	if err != nil || len(changes) != 1 || changes[0].Old.Report.Reason != "old" || !changes[0].Applied.Equal(at) {
		t.Errorf("changes: %+v, %v", changes, err)
	}
	if changes, err := s.Changes(t.Context(), "bob", "s1"); err != nil || len(changes) > 0 {
		t.Errorf("somebody else's changes: %+v, %v", changes, err)
	}
	if all, err := s.Regrades(t.Context(), 1); err != nil || len(all) != 1 || all[0].ID != "r2" {
		t.Errorf("newest regrade: %+v, %v", all, err)
	}
}

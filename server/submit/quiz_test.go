package submit_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/lessons"
	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/submit"
)

// runner pretends to run blocks.
type runner struct {
	output string
	ok     bool
	ran    []string
}

func (r *runner) Output(_ context.Context, _ string, _ *catalog.Lesson, run lessons.Run) (string, bool) {
	r.ran = append(r.ran, run.Code)
	return r.output, r.ok
}

// predictLesson asks what a block prints; the text says 42.
func predictLesson(t *testing.T) *catalog.Lesson {
	t.Helper()
	question, problems := quizzes.Parse(quizzes.Item{
		Kind: string(quizzes.Predict), Attrs: map[string]string{"id": "p"}, Outputs: []string{"42\n"}, Run: "run-1",
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	l := lesson("one")
	l.Questions = map[string]quizzes.Question{"p": question}
	l.Texts = map[string]*lessons.Text{"en": {Questions: l.Questions, Runs: []lessons.Run{{ID: "run-1", Lang: "bash", Code: "echo $x"}}}}
	return l
}

// TestPredict marks predictions by the real run when there is one.
func TestPredict(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		runner   *runner
		answer   string
		right    bool
		observed bool
	}{
		"no runner":                {nil, "42", true, false},
		"no lab":                   {&runner{}, "42", true, false},
		"the run agrees":           {&runner{output: "42\n", ok: true}, "42", true, true},
		"the run says other":       {&runner{output: "43\n", ok: true}, "42", false, true},
		"the run proves it right":  {&runner{output: "43\n", ok: true}, "43", true, true},
		"wrong in both":            {&runner{output: "43\n", ok: true}, "44", false, true},
		"wrong without a lab":      {&runner{}, "43", false, false},
		"printed nothing, guessed": {&runner{output: "", ok: true}, "42", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil, nil)
			if tt.runner != nil {
				b.Runner = tt.runner
			}
			s, err := b.AnswerQuiz(t.Context(), submit.AnswerQuiz{Learner: "ann", Lesson: predictLesson(t), Item: "p", Answer: quizzes.Answer{Values: []string{tt.answer}}})
			if err != nil {
				t.Fatal(err)
			}
			if s.Score.Right != tt.right || (s.Score.Observed != nil) != tt.observed {
				t.Errorf("%+v", s.Score)
			}
			if tt.runner != nil && (len(tt.runner.ran) != 1 || tt.runner.ran[0] != "echo $x") {
				t.Errorf("ran %q", tt.runner.ran)
			}
			latest, err := b.Latest(t.Context(), "ann", "c/one")
			if err != nil || cmp.Diff(s.Score, latest["p"].Score) != "" {
				t.Errorf("stored as %+v, %v", latest["p"].Score, err)
			}
		})
	}
}

// TestGradedIsHeard: whoever listens hears of answers and reports once each, after
// they were stored, and of nothing that does not count.
func TestGradedIsHeard(t *testing.T) {
	t.Parallel()
	gradable := true
	b := newBench(t, graderFunc(func(context.Context, submit.Submission, func(check.Result)) (check.Report, error) {
		return check.Report{Gradable: gradable, Verdict: check.VerdictFailed, Results: []check.Result{{ID: "one", Status: check.Failed}}}, nil
	}), nil)
	heard := make(chan submit.Submission, 10)
	b.Graded = func(ctx context.Context, s submit.Submission) {
		if _, err := b.store.Submission(ctx, s.Learner, s.ID); err != nil {
			t.Errorf("heard of %s before it was stored: %v", s.ID, err)
		}
		heard <- s
	}
	answer := submit.AnswerQuiz{Learner: "ann", Lesson: predictLesson(t), Item: "p", Answer: quizzes.Answer{Values: []string{"1"}}, Key: "k"}
	for range 2 { // The same key is the same answer.
		if _, err := b.AnswerQuiz(t.Context(), answer); err != nil {
			t.Fatal(err)
		}
	}
	if s := <-heard; s.Kind != submit.KindQuiz || s.Score.Right {
		t.Errorf("heard %+v", s)
	}
	run(t, b.Service)
	b.submit(t, "ann", "one", "")
	select {
	case s := <-heard:
		if s.Kind != submit.KindChecks || s.Report.Results[0].Status != check.Failed {
			t.Errorf("heard %+v", s)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the report was not heard of")
	}
	if len(heard) > 0 {
		t.Errorf("heard of something else: %+v", <-heard)
	}
}

// TestLanguageDecides: a translation may take other words for right.
func TestLanguageDecides(t *testing.T) {
	t.Parallel()
	ask := func(form string) quizzes.Question {
		q, problems := quizzes.Parse(quizzes.Item{
			Kind: string(quizzes.Text), Attrs: map[string]string{"id": "w"}, Entries: []quizzes.Choice{{Source: form}},
		})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return q
	}
	l := lesson("one")
	l.Questions = map[string]quizzes.Question{"w": ask("tea")}
	l.Texts = map[string]*lessons.Text{"en": {Questions: l.Questions}, "ta": {Questions: map[string]quizzes.Question{"w": ask("தேநீர்")}}}
	b := newBench(t, nil, nil)
	for _, tt := range []struct {
		lang, answer string
		right        bool
	}{{"en", "tea", true}, {"", "tea", true}, {"ta", "தேநீர்", true}, {"en", "தேநீர்", false}, {"fr", "tea", true}} {
		s, err := b.AnswerQuiz(t.Context(), submit.AnswerQuiz{Learner: "ann", Lesson: l, Lang: tt.lang, Item: "w", Answer: quizzes.Answer{Values: []string{tt.answer}}})
		if err != nil || s.Score.Right != tt.right {
			t.Errorf("%s %s: %+v, %v", tt.lang, tt.answer, s.Score, err)
		}
	}
}

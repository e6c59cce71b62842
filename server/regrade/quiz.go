package regrade

import (
	"context"

	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/submit"
)

// Quizzes grades answers to quiz items again: it compares them with the question as
// it is now.
type Quizzes struct {
	Lessons func(id string) (*catalog.Lesson, bool)
}

// Regrade implements [Grader].
func (q Quizzes) Regrade(_ context.Context, s submit.Submission) (Grade, error) {
	lesson, ok := q.Lessons(s.Lesson)
	if !ok {
		return Grade{}, fault.New(fault.NotFound, "no_lesson", "The lesson is not here any more.", "")
	}
	question, ok := submit.Question(lesson, "", s.Learner, s.Item)
	if !ok {
		return Grade{}, fault.New(fault.NotFound, "no_item", "The question is not here any more.", "")
	}
	if s.Score.Observed != nil { // What the code printed in the learner's lab then.
		question = question.Ran(*s.Score.Observed)
	}
	score, err := quizzes.Grade(question, s.Answer)
	if err != nil {
		return Grade{}, fault.Wrap(err, fault.Invalid, "bad_answer", "The answer does not fit the question as it is now.", "")
	}
	score.Observed = s.Score.Observed
	verdict := check.VerdictFailed
	if score.Right {
		verdict = check.VerdictPassed
	}
	return Grade{Verdict: verdict, Gradable: true, Points: score.Points, MaxPoints: question.Points, ChecksHash: question.Hash, Score: score}, nil
}

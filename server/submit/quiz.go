package submit

import (
	"context"
	"fmt"
	"unicode"
	"unicode/utf8"

	"pattarai/lessons"
	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// TriesToSolution is after how many wrong answers the right one is shown.
const TriesToSolution = 3

// Runner runs the code of predict items. ok is false when it cannot be run now.
type Runner interface {
	Output(ctx context.Context, learner string, lesson *catalog.Lesson, run lessons.Run) (output string, ok bool)
}

// AnswerQuiz hands in an answer to a quiz item.
type AnswerQuiz struct {
	Learner string
	Lesson  *catalog.Lesson
	Lang    string // The language it was asked in; "" is the course's first.
	Item    string
	Answer  quizzes.Answer
	Key     string // Idempotency key; "" for none.
}

// Question is an item as a learner gets it, in a language or else the course's first:
// their variant and their order of options, the same each time.
func Question(lesson *catalog.Lesson, lang, learner, item string) (quizzes.Question, bool) {
	question, ok := lesson.Questions[item]
	if text := lesson.Texts[lang]; text != nil {
		if translated, there := text.Questions[item]; there {
			question = translated
		}
	}
	if !ok {
		return quizzes.Question{}, false
	}
	return question.For(quizzes.Seed(learner, lesson.ID(), item)), true
}

// AnswerQuiz grades an answer and stores it, graded, before it returns. The
// submission's Score is the grade and its Attempt the number of tries so far.
//
// Faults: NotFound for an unknown item, Invalid for an answer that does not fit the
// question (which costs no try), TooLarge.
func (s *Service) AnswerQuiz(ctx context.Context, in AnswerQuiz) (Submission, error) {
	question, ok := Question(in.Lesson, in.Lang, in.Learner, in.Item)
	if !ok {
		return Submission{}, fault.New(fault.NotFound, "no_item", fmt.Sprintf("This lesson has no question %q.", in.Item), "Load the page again; the lesson may have changed.")
	}
	if err := boundAnswer(in.Answer); err != nil {
		return Submission{}, err
	}
	if err := boundKey(in.Key); err != nil {
		return Submission{}, err
	}
	score, err := s.score(ctx, in, question)
	if err != nil {
		return Submission{}, fault.Wrap(err, fault.Invalid, "bad_answer", sentence(err), "Answer the question again.")
	}
	stored, fresh, err := s.Store.InsertSubmission(ctx, s.answered(in, question, score))
	if err != nil {
		return Submission{}, fmt.Errorf("store answer: %w", err)
	}
	if fresh {
		s.graded(ctx, stored)
	}
	return stored, nil
}

// score grades an answer. A prediction is marked by what the code really prints, when
// the learner's lab runs, and by the output that was proved otherwise.
func (s *Service) score(ctx context.Context, in AnswerQuiz, question quizzes.Question) (quizzes.Score, error) {
	score, err := quizzes.Grade(question, in.Answer)
	if err != nil || question.Kind != quizzes.Predict || s.Runner == nil {
		return score, err
	}
	run, ok := runOf(in.Lesson, question)
	if !ok {
		return score, nil
	}
	output, ok := s.Runner.Output(ctx, in.Learner, in.Lesson, run)
	if !ok {
		return score, nil
	}
	if score, err = quizzes.Grade(question.Ran(output), in.Answer); err != nil {
		return score, err
	}
	score.Observed = &output
	return score, nil
}

// runOf is the block of a predict item; every language has the same.
func runOf(lesson *catalog.Lesson, question quizzes.Question) (lessons.Run, bool) {
	for _, text := range lesson.Texts {
		for _, run := range text.Runs {
			if run.ID == question.Run {
				return run, true
			}
		}
	}
	return lessons.Run{}, false
}

func (s *Service) answered(in AnswerQuiz, question quizzes.Question, score quizzes.Score) Submission {
	verdict := check.VerdictFailed
	if score.Right {
		verdict = check.VerdictPassed
	}
	now := s.Now()
	return Submission{
		ID:          s.NewID(),
		Learner:     in.Learner,
		Lesson:      in.Lesson.ID(),
		Item:        in.Item,
		Kind:        KindQuiz,
		Key:         in.Key,
		ContentHash: in.Lesson.Hash,
		ChecksHash:  question.Hash,
		Answer:      in.Answer,
		State:       Done,
		Verdict:     verdict,
		Gradable:    true,
		Points:      score.Points,
		MaxPoints:   question.Points,
		Score:       score,
		Received:    now,
		Started:     now,
		Finished:    now,
	}
}

// graded tells who listens of a submission that is graded and stored.
func (s *Service) graded(ctx context.Context, sub Submission) {
	if s.Graded != nil && sub.Gradable {
		s.Graded(ctx, sub)
	}
}

// sentence is what an error says, as one.
func sentence(err error) string {
	first, size := utf8.DecodeRuneInString(err.Error())
	return string(unicode.ToUpper(first)) + err.Error()[size:] + "."
}

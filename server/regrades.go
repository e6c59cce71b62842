package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pattarai/sandbox"
	"pattarai/server/admin"
	"pattarai/server/fault"
	"pattarai/server/grade"
	"pattarai/server/regrade"
	"pattarai/server/submit"
)

// openRegrades makes what grades again, and the socket on which it is asked to.
func (s *Server) openRegrades(ctx context.Context, now func() time.Time) (err error) {
	s.regrades = regrade.New(regrade.Config{
		Store: s.store, Idle: s.submits.Idle, Known: s.exercise, Now: now, NewID: newULID, Logger: s.log,
		Graders: map[submit.Kind]regrade.Grader{submit.KindChecks: s.replays, submit.KindQuiz: regrade.Quizzes{Lessons: s.lesson}},
	})
	s.admin, err = admin.Listen(ctx, s.cfg.Data, s.regrades, s.log)
	if errors.Is(err, admin.ErrPath) {
		s.log.Warn(err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	s.opened("admin socket", s.admin.Close)
	return nil
}

// newReplayer makes what runs checks again on labs of its own.
func (s *Server) newReplayer(engine sandbox.Engine) *grade.Replayer {
	return &grade.Replayer{Lessons: s.lesson, Engine: engine, Tier: sandbox.Tier(s.cfg.Tier), NewID: newULID}
}

// exercise fails unless a lesson has an exercise.
func (s *Server) exercise(lesson, item string) error {
	found, ok := s.lesson(lesson)
	if !ok {
		return fault.New(fault.NotFound, "no_lesson", fmt.Sprintf("There is no lesson %q.", lesson), "Name it as COURSE/LESSON, for example haproxy/round-robin.")
	}
	if item == submit.ItemChecks && len(found.Exercise.Checks) > 0 {
		return nil
	}
	if _, ok := found.Questions[item]; ok {
		return nil
	}
	return fault.New(fault.NotFound, "no_exercise", fmt.Sprintf("The lesson %s has no exercise %q.", lesson, item), `Name "checks" or one of its questions.`)
}

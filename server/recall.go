package server

import (
	"context"
	"log/slog"

	"pattarai/sandbox/check"
	"pattarai/server/recall"
	"pattarai/server/submit"
)

// recalled tells recall what was graded. The submission is stored already; a card
// that cannot be stored is only logged, and is made when the item is missed again.
type recalled struct {
	service *recall.Service
	log     *slog.Logger
}

func (r recalled) hear(ctx context.Context, s submit.Submission) {
	key := recall.Key{Learner: s.Learner, Lesson: s.Lesson, Item: s.Item}
	if s.Kind == submit.KindQuiz {
		r.answered(ctx, key, s.Score.Right)
		return
	}
	for _, result := range s.Report.Results {
		key.Item = recall.CheckItem(result.ID)
		switch result.Status {
		case check.Passed:
			r.answered(ctx, key, true)
		case check.Failed, check.TimedOut, check.LimitExceeded:
			r.answered(ctx, key, false)
		default: // Skipped and broken ones say nothing about the learner.
		}
	}
}

func (r recalled) answered(ctx context.Context, key recall.Key, right bool) {
	if err := r.service.Answered(ctx, key, right); err != nil {
		r.log.WarnContext(ctx, "recall: not noted", "lesson", key.Lesson, "item", key.Item, "error", err)
	}
}

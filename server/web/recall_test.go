package web_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"pattarai/server/recall"
)

// fakeCards is a recall.Store in memory.
type fakeCards struct {
	mu    sync.Mutex
	cards map[recall.Key]recall.Card
}

func newFakeCards() *fakeCards { return &fakeCards{cards: map[recall.Key]recall.Card{}} }

func (f *fakeCards) ChangeCard(_ context.Context, key recall.Key, change func(recall.Card, bool) (recall.Card, bool)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	card, known := f.cards[key]
	if changed, keep := change(card, known); keep {
		f.cards[key] = changed
	}
	return nil
}

func (f *fakeCards) DeleteCard(_ context.Context, key recall.Key) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.cards, key)
	return nil
}

func (f *fakeCards) Card(_ context.Context, key recall.Key) (recall.Card, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	card, known := f.cards[key]
	return card, known, nil
}

func (f *fakeCards) DueCards(_ context.Context, learner string, at time.Time, limit int) ([]recall.Card, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var due []recall.Card
	for key, card := range f.cards {
		if key.Learner == learner && !card.Due.After(at) && len(due) < limit {
			due = append(due, card)
		}
	}
	return due, nil
}

func (f *fakeCards) CountCards(ctx context.Context, learner string, at time.Time) (int, time.Time, error) {
	due, err := f.DueCards(ctx, learner, at, 1000)
	f.mu.Lock()
	defer f.mu.Unlock()
	var next time.Time
	for key, card := range f.cards {
		if key.Learner == learner && card.Due.After(at) && (next.IsZero() || card.Due.Before(next)) {
			next = card.Due
		}
	}
	return len(due), next, err
}

func (s *site) missCheck(t *testing.T, learner, lesson, check string) {
	t.Helper()
	if err := s.recall.Answered(t.Context(), recall.Key{Learner: learner, Lesson: lesson, Item: recall.CheckItem(check)}, false); err != nil {
		t.Fatal(err)
	}
}

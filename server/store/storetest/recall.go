package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/server/recall"
	"pattarai/server/store"
)

func cardKey(learner, item string) recall.Key {
	return recall.Key{Learner: learner, Lesson: "haproxy/one", Item: item}
}

func putCard(t *testing.T, s *store.Store, key recall.Key, due time.Time) recall.Card {
	t.Helper()
	card := recall.Card{Key: key, Due: due}
	card.Memory.Stability, card.Memory.LastReview, card.Memory.Reps = 1.5, start, 2
	card.Before.Reps = 1
	if err := s.ChangeCard(t.Context(), key, func(recall.Card, bool) (recall.Card, bool) { return card, true }); err != nil {
		t.Fatal(err)
	}
	return card
}

func cards(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	learner(t, s, "bob")
	key := cardKey("ann", "q1")
	if _, known, err := s.Card(t.Context(), key); err != nil || known {
		t.Fatalf("a card out of nothing: %v, %v", known, err)
	}
	want := putCard(t, s, key, start)
	got, known, err := s.Card(t.Context(), key)
	if err != nil || !known {
		t.Fatalf("Card: %v, %v", known, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("card (-stored +read):\n%s", diff)
	}
	if _, known, err := s.Card(t.Context(), cardKey("bob", "q1")); err != nil || known {
		t.Errorf("somebody else's card: %v, %v", known, err)
	}
	seen := false
	err = s.ChangeCard(t.Context(), key, func(card recall.Card, known bool) (recall.Card, bool) {
		seen = known && card.Due.Equal(start)
		card.Due = start.Add(time.Hour)
		return card, false
	})
	if err != nil || !seen {
		t.Errorf("ChangeCard: %v, saw the stored card: %v", err, seen)
	}
	if got, _, _ := s.Card(t.Context(), key); !got.Due.Equal(start) {
		t.Errorf("what was not to be kept was kept: due %v", got.Due)
	}
	for range 2 {
		if err := s.DeleteCard(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	if _, known, _ := s.Card(t.Context(), key); known {
		t.Error("a deleted card is still there")
	}
}

func dueCards(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	learner(t, s, "bob")
	for i, hours := range []int{2, 0, 1, 30, -5} {
		putCard(t, s, cardKey("ann", fmt.Sprintf("q%d", i)), start.Add(time.Duration(hours)*time.Hour))
	}
	putCard(t, s, cardKey("bob", "q9"), start)
	at := start.Add(time.Hour)
	due, err := s.DueCards(t.Context(), "ann", at, 10)
	if err != nil {
		t.Fatal(err)
	}
	var items []string
	for _, c := range due {
		items = append(items, c.Item)
	}
	if diff := cmp.Diff([]string{"q4", "q1", "q2"}, items); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	if due, err := s.DueCards(t.Context(), "ann", at, 2); err != nil || len(due) != 2 {
		t.Errorf("a limit of 2 gives %d, %v", len(due), err)
	}
	n, next, err := s.CountCards(t.Context(), "ann", at)
	if err != nil || n != 3 || !next.Equal(start.Add(2*time.Hour)) {
		t.Errorf("CountCards = %d, %v, %v; want 3, %v", n, next, err, start.Add(2*time.Hour))
	}
	if n, next, err := s.CountCards(t.Context(), "nobody", at); err != nil || n != 0 || !next.IsZero() {
		t.Errorf("CountCards of nobody = %d, %v, %v", n, next, err)
	}
}

package recall_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"pattarai/server/account"
	"pattarai/server/fault"
	"pattarai/server/recall"
	"pattarai/server/store/sqlite"
)

var (
	start = time.Date(2026, 11, 20, 20, 30, 0, 0, time.UTC)
	key   = recall.Key{Learner: "ann", Lesson: "haproxy/one", Item: "q1"}
)

// clock is a time that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) day(n int) { c.now = start.Truncate(24*time.Hour).AddDate(0, 0, n).Add(6 * time.Hour) }

func service(t *testing.T) (*recall.Service, *clock) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if err := store.CreateLearner(t.Context(), account.Learner{ID: "ann", Guest: true, Created: start}, []byte("t"), start.AddDate(9, 0, 0)); err != nil {
		t.Fatal(err)
	}
	c := &clock{start}
	return recall.New(store, c.Now), c
}

func answered(t *testing.T, s *recall.Service, right bool) {
	t.Helper()
	if err := s.Answered(t.Context(), key, right); err != nil {
		t.Fatal(err)
	}
}

func due(t *testing.T, s *recall.Service) []recall.Card {
	t.Helper()
	cards, err := s.Due(t.Context(), "ann", recall.MaxDue)
	if err != nil {
		t.Fatal(err)
	}
	return cards
}

func TestRightAnswersMakeNoCard(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	answered(t, s, true)
	c.day(400)
	if cards := due(t, s); len(cards) != 0 {
		t.Errorf("%+v came back", cards)
	}
}

// TestComesBack follows one item that is missed, remembered, and missed again.
func TestComesBack(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	answered(t, s, false)
	answered(t, s, false)
	answered(t, s, true) // At once: learnt, not yet remembered.
	if cards := due(t, s); len(cards) != 0 {
		t.Fatalf("due at once: %+v", cards)
	}
	if n, next, err := s.Count(t.Context(), "ann"); err != nil || n != 0 || !next.Equal(start.Truncate(24*time.Hour).AddDate(0, 0, 1)) {
		t.Fatalf("Count = %d, %v, %v; want the beginning of the next day", n, next, err)
	}
	var gaps []int
	today := 1
	for range 4 {
		c.day(today)
		cards := due(t, s)
		if len(cards) != 1 || cards[0].Key != key {
			t.Fatalf("on day %d: %+v", today, cards)
		}
		answered(t, s, true)
		card, known, err := s.Card(t.Context(), key)
		if err != nil || !known {
			t.Fatal(known, err)
		}
		gap := int(card.Due.Sub(c.now.Truncate(24*time.Hour)).Hours() / 24)
		gaps = append(gaps, gap)
		today += gap
	}
	for i := 1; i < len(gaps); i++ {
		if gaps[i] <= gaps[i-1] {
			t.Errorf("the gaps %v do not grow", gaps)
		}
	}
	c.day(today - 1)
	answered(t, s, false)
	card, _, _ := s.Card(t.Context(), key)
	if gap := card.Due.Sub(c.now); gap > time.Duration(gaps[3])*24*time.Hour/2 {
		t.Errorf("after forgetting it comes back only in %v; it had been %d days", gap, gaps[3])
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	if _, err := s.Rate(t.Context(), key, "good"); !fault.Is(err, fault.NotFound) {
		t.Errorf("rating nothing: %v", err)
	}
	answered(t, s, false)
	c.day(1)
	answered(t, s, true)
	good, _, _ := s.Card(t.Context(), key)
	easy, err := s.Rate(t.Context(), key, "easy")
	if err != nil || !easy.Due.After(good.Due) {
		t.Errorf("easy is due %v, good was %v, %v", easy.Due, good.Due, err)
	}
	hard, err := s.Rate(t.Context(), key, "hard")
	if err != nil || !hard.Due.Before(easy.Due) || hard.Memory.Reps != good.Memory.Reps {
		t.Errorf("hard %+v, good %+v, %v: a rating replaces the one before", hard.Memory, good.Memory, err)
	}
	if _, err := s.Rate(t.Context(), key, "perfect"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown rating: %v", err)
	}
	c.now = c.now.Add(13 * time.Hour)
	if _, err := s.Rate(t.Context(), key, "easy"); !fault.Is(err, fault.Conflict) {
		t.Errorf("rating what is neither due nor just answered: %v", err)
	}
	if err := s.Forget(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, known, _ := s.Card(t.Context(), key); known {
		t.Error("a forgotten card is there")
	}
}

func TestCheckItems(t *testing.T) {
	t.Parallel()
	k := recall.Key{Item: recall.CheckItem("shares")}
	if k.Kind() != recall.Check || k.Check() != "shares" {
		t.Errorf("%+v is %s %q", k, k.Kind(), k.Check())
	}
	if key.Kind() != recall.Quiz || key.Check() != "" {
		t.Errorf("%+v is %s %q", key, key.Kind(), key.Check())
	}
}

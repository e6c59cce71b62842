// Package recall brings back what a learner missed: a quiz item answered wrong and a
// check that failed come back on a later day, and later still each time they are
// remembered. When is decided by FSRS; this package is its only importer.
package recall

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/open-spaced-repetition/go-fsrs/v3"

	"pattarai/server/fault"
)

// The bounds of a review.
const (
	MaxDue   = 10             // Cards of one review.
	longest  = 365            // Days until a card comes back at the latest.
	day      = 24 * time.Hour // Cards fall due at the beginning of a day in UTC.
	rateTime = 12 * time.Hour // How long a rating may be changed.
)

// Kind tells what a card asks for.
type Kind string

// The kinds.
const (
	Quiz  Kind = "quiz"  // A quiz item; Card.Item is its id.
	Check Kind = "check" // A check of the lesson's exercise; Card.Item is "check:" and its id.
)

const checkPrefix = "check:"

// CheckItem is the item of a card of a check.
func CheckItem(check string) string { return checkPrefix + check }

// Key says whose card of what it is.
type Key struct {
	Learner string
	Lesson  string // Lesson id.
	Item    string
}

// Kind is what the item is.
func (k Key) Kind() Kind {
	if strings.HasPrefix(k.Item, checkPrefix) {
		return Check
	}
	return Quiz
}

// Check is the id of the check; "" of a quiz item.
func (k Key) Check() string {
	check, ok := strings.CutPrefix(k.Item, checkPrefix)
	if !ok {
		return ""
	}
	return check
}

// Card is one thing that comes back.
type Card struct {
	Key
	Due    time.Time
	Memory fsrs.Card // What FSRS knows.
	Before fsrs.Card // The same before the last rating, so that it can be changed.
}

// Store keeps cards. What it returns is durable.
type Store interface {
	// ChangeCard gives the stored card, or the zero card, to change and stores what it
	// returns when keep is true. All of it is one transaction.
	ChangeCard(ctx context.Context, key Key, change func(card Card, known bool) (changed Card, keep bool)) error
	DeleteCard(ctx context.Context, key Key) error // Deleting what is not there is no error.
	Card(ctx context.Context, key Key) (card Card, known bool, err error)
	// DueCards are at most limit cards due at a time, the longest due first.
	DueCards(ctx context.Context, learner string, at time.Time, limit int) ([]Card, error)
	// CountCards counts what is due at a time, and tells when the next of the others
	// is; zero when there is none.
	CountCards(ctx context.Context, learner string, at time.Time) (due int, next time.Time, err error)
}

// Service decides what comes back when. It is safe for concurrent use.
type Service struct {
	store     Store
	now       func() time.Time
	scheduler *fsrs.FSRS
}

// New returns a service over a store.
func New(store Store, now func() time.Time) *Service {
	parameters := fsrs.DefaultParam()
	parameters.EnableShortTerm = false // Days, never minutes: a review is a thing of a day.
	parameters.MaximumInterval = longest
	return &Service{store: store, now: now, scheduler: fsrs.NewFSRS(parameters)}
}

// Answered hears of an answer. One that is wrong makes a card, or brings it back
// sooner; one that is right counts only when the card is due, and makes none.
func (s *Service) Answered(ctx context.Context, key Key, right bool) error {
	now := s.now().UTC()
	err := s.store.ChangeCard(ctx, key, func(card Card, known bool) (Card, bool) {
		switch {
		case !known && right:
			return Card{}, false
		case !known:
			return s.rated(Card{Key: key, Memory: fsrs.NewCard()}, fsrs.Again, now), true
		case right && now.Before(card.Due), !right && sameDay(card.Memory.LastReview, now):
			return card, false // Trying again at once is learning, not remembering.
		case right:
			return s.rated(card, fsrs.Good, now), true
		}
		return s.rated(card, fsrs.Again, now), true
	})
	if err != nil {
		return fmt.Errorf("recall %s of %s: %w", key.Item, key.Lesson, err)
	}
	return nil
}

// rated is the card after an answer at a time.
func (s *Service) rated(card Card, rating fsrs.Rating, at time.Time) Card {
	card.Before = card.Memory
	card.Memory = s.scheduler.Next(card.Memory, at, rating).Card
	days := time.Duration(max(1, card.Memory.ScheduledDays)) * day
	card.Due = at.Truncate(day).Add(days)
	return card
}

func sameDay(a, b time.Time) bool { return a.UTC().Truncate(day).Equal(b.UTC().Truncate(day)) }

// ratings are the words of those who rate themselves.
func ratings(word string) (fsrs.Rating, bool) {
	switch word {
	case "again":
		return fsrs.Again, true
	case "hard":
		return fsrs.Hard, true
	case "good":
		return fsrs.Good, true
	case "easy":
		return fsrs.Easy, true
	}
	return 0, false
}

// Rate takes a learner's own word (again, hard, good or easy) for how well they
// remembered: in place of the rating their answer got shortly before, or of a card
// that is due. Faults: Invalid, NotFound, Conflict when there is nothing to rate now.
func (s *Service) Rate(ctx context.Context, key Key, word string) (Card, error) {
	rating, ok := ratings(word)
	if !ok {
		return Card{}, fault.New(fault.Invalid, "bad_rating", "There is no such rating.", "It is again, hard, good or easy.")
	}
	var rated Card
	refused := fault.New(fault.NotFound, "no_card", "This does not come back in your reviews.", "Open the review page again.")
	now := s.now().UTC()
	err := s.store.ChangeCard(ctx, key, func(card Card, known bool) (Card, bool) {
		switch {
		case !known:
			return card, false
		case !now.Before(card.Due):
			rated = s.rated(card, rating, now)
		case now.Sub(card.Memory.LastReview) < rateTime:
			at := card.Memory.LastReview
			card.Memory = card.Before
			rated = s.rated(card, rating, at)
		default:
			refused = fault.New(fault.Conflict, "not_due", "It is not due yet.", "It comes back on its day.")
			return card, false
		}
		refused = nil
		return rated, true
	})
	if err != nil {
		return Card{}, fmt.Errorf("rate %s of %s: %w", key.Item, key.Lesson, err)
	}
	if refused != nil {
		return Card{}, refused
	}
	return rated, nil
}

// Forget lets a card never come back, until it is missed again.
func (s *Service) Forget(ctx context.Context, key Key) error { return s.store.DeleteCard(ctx, key) }

// Card is one card; known is false when there is none.
func (s *Service) Card(ctx context.Context, key Key) (card Card, known bool, err error) {
	return s.store.Card(ctx, key)
}

// Due are the cards of today's review, at most limit, the longest due first.
func (s *Service) Due(ctx context.Context, learner string, limit int) ([]Card, error) {
	return s.store.DueCards(ctx, learner, s.now().UTC(), limit)
}

// Count is how many cards are due now, and when the next of the others is; zero when
// there is none.
func (s *Service) Count(ctx context.Context, learner string) (due int, next time.Time, err error) {
	return s.store.CountCards(ctx, learner, s.now().UTC())
}

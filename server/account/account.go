// Package account knows who is there. In local mode everybody is a guest whose
// identity is a random token in a cookie; only its hash is stored.
package account

import (
	"context"
	"time"
)

// Learner is a person, or a browser that may become one.
type Learner struct {
	ID      string
	Name    string // "" for guests.
	Guest   bool
	Created time.Time
}

// Store keeps learners and their logins.
type Store interface {
	CreateLearner(ctx context.Context, l Learner, tokenHash []byte, expires time.Time) error
	LearnerByToken(ctx context.Context, tokenHash []byte, now time.Time) (Learner, error) // fault.SignIn when unknown or expired.
}

// Service makes and recognises learners.
type Service struct{}

// New returns a service. now and random are injected.
func New(store Store, now func() time.Time) *Service { panic("contract") }

// Guest makes a new guest and returns the token for its cookie.
func (s *Service) Guest(ctx context.Context) (learner Learner, token string, err error) {
	panic("contract")
}

// Recognise returns the learner a token belongs to; fault.SignIn otherwise.
func (s *Service) Recognise(ctx context.Context, token string) (Learner, error) { panic("contract") }

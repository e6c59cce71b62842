// Package account knows who is there. In local mode everybody is a guest whose
// identity is a random token in a cookie; only its hash is stored.
package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"pattarai/server/fault"
)

// LoginLifetime is how long a browser is recognised after it was first seen.
const LoginLifetime = 180 * 24 * time.Hour

// tokenSize is the token's length in bytes: 256 bits cannot be guessed, so their
// plain hash is as good as a slow one.
const tokenSize = 32

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

// Service makes and recognises learners. It is safe for concurrent use.
type Service struct {
	store  Store
	now    func() time.Time
	random io.Reader
}

// New returns a service on a store and a clock.
func New(store Store, now func() time.Time) *Service {
	return &Service{store: store, now: now, random: rand.Reader}
}

// Guest makes a new guest and returns the token for its cookie.
func (s *Service) Guest(ctx context.Context) (learner Learner, token string, err error) {
	secret := make([]byte, tokenSize)
	if _, err := io.ReadFull(s.random, secret); err != nil {
		return Learner{}, "", fmt.Errorf("read random bytes: %w", err)
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	learner = Learner{ID: strings.ToLower(rand.Text()), Guest: true, Created: now}
	if err := s.store.CreateLearner(ctx, learner, hash(secret), now.Add(LoginLifetime)); err != nil {
		return Learner{}, "", fmt.Errorf("create guest: %w", err)
	}
	return learner, base64.RawURLEncoding.EncodeToString(secret), nil
}

// Recognise returns the learner a token belongs to; fault.SignIn otherwise.
func (s *Service) Recognise(ctx context.Context, token string) (Learner, error) {
	secret, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(secret) != tokenSize {
		return Learner{}, fault.New(fault.SignIn, "unknown_login", "This browser is not known here.", "Load the page again.")
	}
	learner, err := s.store.LearnerByToken(ctx, hash(secret), s.now())
	if err != nil {
		return Learner{}, fmt.Errorf("recognise: %w", err)
	}
	return learner, nil
}

func hash(secret []byte) []byte {
	sum := sha256.Sum256(secret)
	return sum[:]
}

package account_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"pattarai/server/account"
	"pattarai/server/fault"
)

// memory keeps one learner.
type memory struct {
	learner account.Learner
	hash    []byte
	expires time.Time
	err     error
}

func (m *memory) CreateLearner(_ context.Context, l account.Learner, hash []byte, expires time.Time) error {
	m.learner, m.hash, m.expires = l, hash, expires
	return m.err
}

func (m *memory) LearnerByToken(_ context.Context, hash []byte, now time.Time) (account.Learner, error) {
	if !bytes.Equal(hash, m.hash) || !now.Before(m.expires) {
		return account.Learner{}, fault.New(fault.SignIn, "unknown_login", "Unknown.", "")
	}
	return m.learner, m.err
}

func TestGuest(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	m := &memory{}
	s := account.New(m, func() time.Time { return now })
	learner, token, err := s.Guest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !learner.Guest || len(learner.ID) < 26 || !learner.Created.Equal(now) {
		t.Errorf("guest %+v", learner)
	}
	secret, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(secret) != 32 {
		t.Errorf("token %q has %d bytes, %v; want 32", token, len(secret), err)
	}
	if want := sha256.Sum256(secret); !bytes.Equal(m.hash, want[:]) {
		t.Error("what is stored is not the token's hash")
	}
	if got, err := s.Recognise(t.Context(), token); err != nil || got != learner {
		t.Errorf("Recognise = %+v, %v; want %+v", got, err, learner)
	}
	_, other, err := s.Guest(t.Context())
	if err != nil || other == token {
		t.Errorf("second guest: token %q, %v", other, err)
	}

	now = now.Add(account.LoginLifetime)
	if _, err := s.Recognise(t.Context(), other); !fault.Is(err, fault.SignIn) {
		t.Errorf("after %v: %v, want a fault of kind %s", account.LoginLifetime, err, fault.SignIn)
	}
}

func TestRecogniseRefuses(t *testing.T) {
	s := account.New(&memory{hash: make([]byte, 32), err: errors.New("the store was asked")}, time.Now)
	for _, token := range []string{"", "short", "not base64 !!", base64.RawURLEncoding.EncodeToString(make([]byte, 33))} {
		if _, err := s.Recognise(t.Context(), token); !fault.Is(err, fault.SignIn) {
			t.Errorf("token %q: %v, want a fault of kind %s", token, err, fault.SignIn)
		}
	}
}

func TestGuestNotStored(t *testing.T) {
	s := account.New(&memory{err: errors.New("disk")}, time.Now)
	if _, token, err := s.Guest(t.Context()); err == nil || token != "" {
		t.Errorf("Guest = token %q, %v; want an error and no token", token, err)
	}
}

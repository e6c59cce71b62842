package store

import (
	"context"
	"time"

	"pattarai/server/account"
	"pattarai/server/fault"
)

// CreateLearner implements account.Store.
func (s *Store) CreateLearner(ctx context.Context, l account.Learner, tokenHash []byte, expires time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO learners (id, name, guest, created_at) VALUES ($1, $2, $3, $4)`,
			l.ID, l.Name, l.Guest, micros(l.Created)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO logins (token_hash, learner_id, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
			tokenHash, l.ID, micros(l.Created), micros(expires))
		return err
	})
}

// LearnerByToken implements account.Store.
func (s *Store) LearnerByToken(ctx context.Context, tokenHash []byte, now time.Time) (account.Learner, error) {
	var l account.Learner
	var created int64
	err := s.read.QueryRowContext(ctx, `
		SELECT l.id, l.name, l.guest, l.created_at
		FROM logins JOIN learners l ON l.id = logins.learner_id
		WHERE logins.token_hash = $1 AND logins.expires_at > $2`,
		tokenHash, micros(now)).Scan(&l.ID, &l.Name, &l.Guest, &created)
	if err != nil {
		return account.Learner{}, s.missing(err, fault.New(fault.SignIn, "unknown_login", "This browser is not known here, or its login is over.", "Load the page again."))
	}
	l.Created = moment(created)
	return l, nil
}

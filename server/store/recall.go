package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pattarai/server/recall"
)

const cardColumns = `learner_id, lesson, item, due_at, memory, before`

// ChangeCard implements recall.Store.
func (s *Store) ChangeCard(ctx context.Context, key recall.Key, change func(recall.Card, bool) (recall.Card, bool)) error {
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		card, err := scanCard(tx.QueryRow(ctx, `
			SELECT `+cardColumns+` FROM recall_cards WHERE learner_id = $1 AND lesson = $2 AND item = $3`,
			key.Learner, key.Lesson, key.Item))
		unknown := errors.Is(err, sql.ErrNoRows)
		if err != nil && !unknown {
			return err
		}
		changed, keep := change(card, !unknown)
		if !keep {
			return nil
		}
		return putCard(ctx, tx, key, changed)
	})
}

func putCard(ctx context.Context, tx *Tx, key recall.Key, card recall.Card) error {
	memory, err := json.Marshal(card.Memory)
	if err != nil {
		return fmt.Errorf("encode card: %w", err)
	}
	before, err := json.Marshal(card.Before)
	if err != nil {
		return fmt.Errorf("encode card: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO recall_cards (`+cardColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (learner_id, lesson, item) DO UPDATE SET due_at = $4, memory = $5, before = $6`,
		key.Learner, key.Lesson, key.Item, micros(card.Due), memory, before)
	return err
}

// DeleteCard implements recall.Store.
func (s *Store) DeleteCard(ctx context.Context, key recall.Key) error {
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM recall_cards WHERE learner_id = $1 AND lesson = $2 AND item = $3`, key.Learner, key.Lesson, key.Item)
		return err
	})
}

// Card implements recall.Store.
func (s *Store) Card(ctx context.Context, key recall.Key) (card recall.Card, known bool, err error) {
	card, err = scanCard(s.read.QueryRowContext(ctx, `
		SELECT `+cardColumns+` FROM recall_cards WHERE learner_id = $1 AND lesson = $2 AND item = $3`,
		key.Learner, key.Lesson, key.Item))
	if errors.Is(err, sql.ErrNoRows) {
		return recall.Card{}, false, nil
	}
	return card, err == nil, s.explain(err)
}

// DueCards implements recall.Store.
func (s *Store) DueCards(ctx context.Context, learner string, at time.Time, limit int) ([]recall.Card, error) {
	return collect(ctx, s, scanCard, `
		SELECT `+cardColumns+` FROM recall_cards
		WHERE learner_id = $1 AND due_at <= $2
		ORDER BY due_at, lesson, item LIMIT $3`, learner, micros(at), limit)
}

// CountCards implements recall.Store.
func (s *Store) CountCards(ctx context.Context, learner string, at time.Time) (due int, next time.Time, err error) {
	var nextAt int64
	err = s.read.QueryRowContext(ctx, `
		SELECT (SELECT COUNT(*) FROM recall_cards WHERE learner_id = $1 AND due_at <= $2),
			(SELECT COALESCE(MIN(due_at), 0) FROM recall_cards WHERE learner_id = $1 AND due_at > $2)`,
		learner, micros(at)).Scan(&due, &nextAt)
	return due, moment(nextAt), s.explain(err)
}

func scanCard(row scanner) (recall.Card, error) {
	var c recall.Card
	var due int64
	var memory, before []byte
	if err := row.Scan(&c.Learner, &c.Lesson, &c.Item, &due, &memory, &before); err != nil {
		return recall.Card{}, err
	}
	c.Due = moment(due)
	if err := json.Unmarshal(memory, &c.Memory); err != nil {
		return recall.Card{}, fmt.Errorf("decode card %s of %s: %w", c.Item, c.Lesson, err)
	}
	if err := json.Unmarshal(before, &c.Before); err != nil {
		return recall.Card{}, fmt.Errorf("decode card %s of %s: %w", c.Item, c.Lesson, err)
	}
	return c, nil
}

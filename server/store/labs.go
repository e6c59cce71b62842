package store

import (
	"context"
	"errors"
	"time"

	"pattarai/server/fault"
	"pattarai/server/labs"
)

const labColumns = `id, learner_id, lesson, state, reason, hash,
	created_at, started_at, lease_at, expires_at, active_at, ended_at, took_us`

// InsertLab implements labs.Store.
func (s *Store) InsertLab(ctx context.Context, r labs.Record) error {
	err := s.update(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO labs (`+labColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			r.ID, r.Learner, r.Lesson, string(r.State), r.Reason, r.Hash,
			micros(r.Created), micros(r.Started), micros(r.Lease), micros(r.Expires), micros(r.Active), micros(r.Ended), r.Took.Microseconds())
		return err
	})
	if errors.Is(err, ErrExists) {
		return fault.Wrap(err, fault.Conflict, "lab_exists", "You have a lab of this lesson already.", "Use it, or end it first.")
	}
	return err
}

// UpdateLab implements labs.Store. Learner, lesson and time of creation stay as
// they were inserted. fault.NotFound when there is no such lab.
func (s *Store) UpdateLab(ctx context.Context, r labs.Record) error {
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		result, err := tx.Exec(ctx, `
			UPDATE labs SET state = $2, reason = $3, hash = $4, started_at = $5, lease_at = $6,
				expires_at = $7, active_at = $8, ended_at = $9, took_us = $10
			WHERE id = $1`,
			r.ID, string(r.State), r.Reason, r.Hash, micros(r.Started), micros(r.Lease),
			micros(r.Expires), micros(r.Active), micros(r.Ended), r.Took.Microseconds())
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return noLab()
	})
}

// Labs implements labs.Store. The oldest comes first.
func (s *Store) Labs(ctx context.Context, open bool) ([]labs.Record, error) {
	return collect(ctx, s, scanLab, `
		SELECT `+labColumns+` FROM labs
		WHERE state NOT IN ('ended', 'failed') OR NOT $1
		ORDER BY created_at, id`, open)
}

// OpenLab implements labs.Store.
func (s *Store) OpenLab(ctx context.Context, learner, lesson string) (labs.Record, error) {
	r, err := scanLab(s.read.QueryRowContext(ctx, `
		SELECT `+labColumns+` FROM labs
		WHERE learner_id = $1 AND lesson = $2 AND state NOT IN ('ended', 'failed')`, learner, lesson))
	if err != nil {
		return labs.Record{}, s.missing(err, noLab())
	}
	return r, nil
}

// StartTimes implements labs.Store.
func (s *Store) StartTimes(ctx context.Context, lesson string, limit int) ([]time.Duration, error) {
	return collect(ctx, s, scanDuration, `
		SELECT took_us FROM labs
		WHERE lesson = $1 AND took_us > 0
		ORDER BY created_at DESC, id DESC LIMIT $2`, lesson, limit)
}

func scanDuration(row scanner) (time.Duration, error) {
	var us int64
	err := row.Scan(&us)
	return time.Duration(us) * time.Microsecond, err
}

func scanLab(row scanner) (labs.Record, error) {
	var r labs.Record
	var created, started, lease, expires, active, ended, took int64
	err := row.Scan(&r.ID, &r.Learner, &r.Lesson, &r.State, &r.Reason, &r.Hash,
		&created, &started, &lease, &expires, &active, &ended, &took)
	r.Created, r.Started, r.Lease = moment(created), moment(started), moment(lease)
	r.Expires, r.Active, r.Ended = moment(expires), moment(active), moment(ended)
	r.Took = time.Duration(took) * time.Microsecond
	return r, err
}

func noLab() *fault.Error {
	return fault.New(fault.NotFound, "no_lab", "There is no such lab.", "Start the lab of the lesson.")
}

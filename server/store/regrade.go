package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"pattarai/server/fault"
	"pattarai/server/regrade"
)

// InsertRegrade implements regrade.Store.
func (s *Store) InsertRegrade(ctx context.Context, r regrade.Regrade) (n int, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO regrades (id, lesson, item, since_at, quarantined, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			r.ID, r.Lesson, r.Exercise, micros(r.Since), r.Quarantined, micros(r.Created)); err != nil {
			return err
		}
		result, err := tx.Exec(ctx, `
			INSERT INTO regrade_items (regrade_id, submission_id, state, old_verdict, old_gradable,
				old_points, old_max_points, old_checks_hash, old_report, old_score)
			SELECT $1, id, 'waiting', verdict, gradable, points, max_points, checks_hash, report, score
			FROM submissions
			WHERE state = 'done' AND ($2 = '' OR lesson = $2) AND ($3 = '' OR item = $3) AND received_at >= $4
				AND (quarantined_at > 0 OR gradable = 1 AND NOT $5)`,
			r.ID, r.Lesson, r.Exercise, micros(r.Since), r.Quarantined)
		if err != nil {
			return err
		}
		selected, err := result.RowsAffected()
		n = int(selected)
		return err
	})
	return n, err
}

const regradeColumns = `id, lesson, item, since_at, quarantined, created_at`

// Regrades implements regrade.Store.
func (s *Store) Regrades(ctx context.Context, limit int) ([]regrade.Regrade, error) {
	return collect(ctx, s, scanRegrade, `
		SELECT `+regradeColumns+` FROM regrades ORDER BY created_at DESC, id DESC LIMIT $1`, limit)
}

// regradeItems selects items with what their submission says.
const regradeItems = `
	SELECT i.regrade_id, i.submission_id, s.learner_id, s.lesson, s.item, s.kind, s.attempt, s.received_at, i.state, i.tries, i.problem,
		i.old_verdict, i.old_gradable, i.old_points, i.old_max_points, i.old_checks_hash, i.old_report, i.old_score,
		i.new_verdict, i.new_points, i.new_max_points, i.new_checks_hash, i.new_report, i.new_score, i.new_images,
		i.graded_at, i.applied_at
	FROM regrade_items i JOIN submissions s ON s.id = i.submission_id`

// Regrade implements regrade.Store: oldest submission first.
func (s *Store) Regrade(ctx context.Context, id string) (regrade.Regrade, []regrade.Item, error) {
	r, err := scanRegrade(s.read.QueryRowContext(ctx, `SELECT `+regradeColumns+` FROM regrades WHERE id = $1`, id))
	if err != nil {
		return regrade.Regrade{}, nil, s.missing(err, fault.New(fault.NotFound, "no_regrade", "There is no such regrade.", "See pattarai admin regrades."))
	}
	items, err := collect(ctx, s, scanRegradeItem, regradeItems+` WHERE i.regrade_id = $1 ORDER BY s.received_at, s.id`, id)
	return r, items, err
}

// NextRegradeItem implements regrade.Store: of the oldest regrade, the oldest
// submission; what failed before comes last.
func (s *Store) NextRegradeItem(ctx context.Context) (item regrade.Item, ok bool, err error) {
	items, err := collect(ctx, s, scanRegradeItem, regradeItems+`
		JOIN regrades r ON r.id = i.regrade_id
		WHERE i.state = 'waiting' ORDER BY r.created_at, r.id, i.tries, s.received_at, s.id LIMIT 1`)
	if err != nil || len(items) == 0 {
		return regrade.Item{}, false, err
	}
	return items[0], true, nil
}

// SettleRegradeItem implements regrade.Store. What does not wait stays as it is.
func (s *Store) SettleRegradeItem(ctx context.Context, i regrade.Item) error {
	docs, err := encodeGrade(i.New)
	if err != nil {
		return err
	}
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE regrade_items SET state = $3, tries = $4, problem = $5, new_verdict = $6, new_points = $7, new_max_points = $8,
				new_checks_hash = $9, new_report = $10, new_score = $11, new_images = $12, graded_at = $13
			WHERE regrade_id = $1 AND submission_id = $2 AND state = 'waiting'`,
			i.Regrade, i.Submission, string(i.State), i.Tries, i.Problem, string(i.New.Verdict), i.New.Points, i.New.MaxPoints,
			i.New.ChecksHash, docs.report, docs.score, docs.images, micros(i.Graded))
		return err
	})
}

// ApplyGrade implements regrade.Store. A submission that did not count gets the next
// attempt number.
func (s *Store) ApplyGrade(ctx context.Context, i regrade.Item, at time.Time) error {
	docs, err := encodeGrade(i.New)
	if err != nil {
		return err
	}
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		if err := known(tx.Exec(ctx, `
			UPDATE regrade_items SET state = 'applied', applied_at = $3
			WHERE regrade_id = $1 AND submission_id = $2 AND state = 'proposed'`, i.Regrade, i.Submission, micros(at))); err != nil {
			return stale(err)
		}
		return stale(known(tx.Exec(ctx, `
			UPDATE submissions AS s SET verdict = $2, gradable = 1, points = $3, max_points = $4, checks_hash = $5,
				report = $6, score = $7, images = $8, quarantined_at = 0,
				attempt = CASE WHEN s.attempt > 0 THEN s.attempt ELSE (
					SELECT 1 + COALESCE(MAX(o.attempt), 0) FROM submissions o
					WHERE o.learner_id = s.learner_id AND o.lesson = s.lesson AND o.item = s.item AND o.attempt > 0) END
			WHERE id = $1 AND state = 'done' AND verdict = $9 AND gradable = $10 AND points = $11 AND checks_hash = $12`,
			i.Submission, string(i.New.Verdict), i.New.Points, i.New.MaxPoints, i.New.ChecksHash, docs.report, docs.score, docs.images,
			string(i.Old.Verdict), i.Old.Gradable, i.Old.Points, i.Old.ChecksHash)))
	})
}

// stale says that a row which must have been there was not.
func stale(err error) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	return fault.New(fault.Conflict, "regrade_stale", "The submission's grade changed since it was graded again.", "Regrade it once more.")
}

// Changes are the applied regrades of a learner's submission, oldest first.
func (s *Store) Changes(ctx context.Context, learner, submission string) ([]regrade.Item, error) {
	return collect(ctx, s, scanRegradeItem, regradeItems+`
		WHERE i.submission_id = $2 AND s.learner_id = $1 AND i.state = 'applied' ORDER BY i.applied_at, i.regrade_id`, learner, submission)
}

// Quarantined implements regrade.Store.
func (s *Store) Quarantined(ctx context.Context, limit int) ([]regrade.Quarantined, error) {
	return collect(ctx, s, scanQuarantined, `
		SELECT id, learner_id, lesson, item, tries, report, received_at, quarantined_at FROM submissions
		WHERE quarantined_at > 0 ORDER BY quarantined_at, id LIMIT $1`, limit)
}

func scanQuarantined(row scanner) (regrade.Quarantined, error) {
	var q regrade.Quarantined
	var report []byte
	var received, since int64
	if err := row.Scan(&q.Submission, &q.Learner, &q.Lesson, &q.Exercise, &q.Tries, &report, &received, &since); err != nil {
		return q, err
	}
	q.Received, q.Since = moment(received), moment(since)
	var said struct {
		Reason string `json:"reason"`
	}
	err := json.Unmarshal(report, &said)
	q.Reason = said.Reason
	return q, err
}

func scanRegrade(row scanner) (regrade.Regrade, error) {
	var r regrade.Regrade
	var since, created int64
	err := row.Scan(&r.ID, &r.Lesson, &r.Exercise, &since, &r.Quarantined, &created)
	r.Since, r.Created = moment(since), moment(created)
	return r, err
}

func scanRegradeItem(row scanner) (regrade.Item, error) {
	var i regrade.Item
	var was, is documents
	var received, graded, applied int64
	err := row.Scan(&i.Regrade, &i.Submission, &i.Learner, &i.Lesson, &i.Exercise, &i.Kind, &i.Attempt, &received, &i.State, &i.Tries, &i.Problem,
		&i.Old.Verdict, &i.Old.Gradable, &i.Old.Points, &i.Old.MaxPoints, &i.Old.ChecksHash, &was.report, &was.score,
		&i.New.Verdict, &i.New.Points, &i.New.MaxPoints, &i.New.ChecksHash, &is.report, &is.score, &is.images,
		&graded, &applied)
	if err != nil {
		return i, err
	}
	i.New.Gradable = i.State == regrade.Proposed || i.State == regrade.Applied
	i.Received, i.Graded, i.Applied = moment(received), moment(graded), moment(applied)
	return i, errors.Join(was.decodeGrade(&i.Old), is.decodeGrade(&i.New))
}

func encodeGrade(g regrade.Grade) (docs documents, err error) {
	var failed [3]error
	docs.report, failed[0] = json.Marshal(g.Report)
	docs.score, failed[1] = json.Marshal(g.Score)
	docs.images, failed[2] = json.Marshal(g.Images)
	return docs, errors.Join(failed[:]...)
}

func (d documents) decodeGrade(g *regrade.Grade) error {
	var err error
	if d.images != nil {
		err = json.Unmarshal(d.images, &g.Images)
	}
	return errors.Join(err, json.Unmarshal(d.report, &g.Report), json.Unmarshal(d.score, &g.Score))
}

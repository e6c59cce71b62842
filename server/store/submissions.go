package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pattarai/server/fault"
	"pattarai/server/submit"
)

// submissionColumns leaves out the files, which only some readers need.
const submissionColumns = `s.id, s.learner_id, s.lesson, s.item, s.kind, s.attempt, s.key, s.content_hash, s.checks_hash,
	s.state, s.verdict, s.gradable, s.points, s.max_points, s.received_at, s.started_at, s.finished_at,
	s.images, s.answer, s.report, s.score, s.tries, s.quarantined_at, s.digest,
	COALESCE((SELECT MAX(r.applied_at) FROM regrade_items r WHERE r.submission_id = s.id AND r.state = 'applied'), 0)`

// InsertSubmission implements submit.Store. Its attempt number is one more than the
// highest that counts or may still count. An empty key or digest is never known already.
// (Saying attempt > 0 is what lets the database use its index on attempts.)
func (s *Store) InsertSubmission(ctx context.Context, sub submit.Submission) (stored submit.Submission, fresh bool, err error) {
	docs, err := encode(sub)
	if err != nil {
		return submit.Submission{}, false, err
	}
	err = s.update(ctx, func(ctx context.Context, tx *Tx) (err error) {
		stored = rounded(sub)
		stored.Attempt, err = insertSubmission(ctx, tx, sub, docs)
		fresh = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			stored, err = scanSubmission(tx.QueryRow(ctx, `
				SELECT `+submissionColumns+`, s.files FROM submissions s
				WHERE s.learner_id = $1 AND s.lesson = $2 AND s.item = $3
					AND (s.key = $4 AND s.key <> '' OR s.digest = $5 AND s.digest <> '' AND s.state <> 'done')
				ORDER BY s.key <> $4 LIMIT 1`,
				sub.Learner, sub.Lesson, sub.Item, sub.Key, sub.Digest))
		}
		return err
	})
	if err != nil {
		return submit.Submission{}, false, err
	}
	return stored, fresh, nil
}

// insertSubmission returns sql.ErrNoRows when key or digest are known already. Two plain
// statements cost a fifth less than one with RETURNING, which makes a table for its
// answer.
func insertSubmission(ctx context.Context, tx *Tx, sub submit.Submission, docs documents) (attempt int, err error) {
	if err := tx.QueryRow(ctx, `
		SELECT 1 + COALESCE(MAX(attempt), 0) FROM submissions
		WHERE learner_id = $1 AND lesson = $2 AND item = $3 AND attempt > 0`,
		sub.Learner, sub.Lesson, sub.Item).Scan(&attempt); err != nil {
		return 0, err
	}
	result, err := tx.Exec(ctx, `
		INSERT INTO submissions (id, learner_id, lesson, item, kind, key, content_hash, checks_hash,
			state, verdict, gradable, points, max_points, received_at, started_at, finished_at,
			images, answer, report, score, files, attempt, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT (learner_id, lesson, item, key) WHERE key <> '' DO NOTHING
		ON CONFLICT (learner_id, lesson, item, digest) WHERE state <> 'done' AND digest <> '' DO NOTHING`,
		sub.ID, sub.Learner, sub.Lesson, sub.Item, string(sub.Kind), sub.Key, sub.ContentHash, sub.ChecksHash,
		string(sub.State), string(sub.Verdict), sub.Gradable, sub.Points, sub.MaxPoints,
		micros(sub.Received), micros(sub.Started), micros(sub.Finished),
		docs.images, docs.answer, docs.report, docs.score, docs.files, attempt, sub.Digest)
	if err != nil {
		return 0, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return 0, errors.Join(err, sql.ErrNoRows)
	}
	return attempt, nil
}

// StartSubmission implements submit.Store: it counts a try. One that is done stays done.
func (s *Store) StartSubmission(ctx context.Context, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		result, err := tx.Exec(ctx, `
			UPDATE submissions SET
				state = CASE WHEN state = 'done' THEN state ELSE 'running' END,
				started_at = CASE WHEN state = 'done' THEN started_at ELSE $2 END,
				tries = CASE WHEN state = 'done' THEN tries ELSE tries + 1 END
			WHERE id = $1`, id, micros(at))
		return known(result, err)
	})
}

// ReturnSubmission implements submit.Store.
func (s *Store) ReturnSubmission(ctx context.Context, id string, tries int) error {
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `UPDATE submissions SET state = 'queued', tries = $2 WHERE id = $1 AND state = 'running'`, id, tries)
		return err
	})
}

// FinishSubmission implements submit.Store. What is not gradable gives its attempt
// number back.
func (s *Store) FinishSubmission(ctx context.Context, sub submit.Submission) error {
	docs, err := encode(sub)
	if err != nil {
		return err
	}
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		result, err := tx.Exec(ctx, `
			UPDATE submissions SET state = 'done', verdict = $2, gradable = $3, points = $4, max_points = $5,
				images = $6, report = $7, score = $8, finished_at = $9, quarantined_at = $10,
				attempt = CASE WHEN $3 THEN attempt ELSE 0 END
			WHERE id = $1 AND state <> 'done'`,
			sub.ID, string(sub.Verdict), sub.Gradable, sub.Points, sub.MaxPoints,
			docs.images, docs.report, docs.score, micros(sub.Finished), micros(sub.Quarantined))
		if known(result, err) == nil {
			return nil
		}
		if err != nil {
			return err
		}
		var state string
		err = tx.QueryRow(ctx, `SELECT state FROM submissions WHERE id = $1`, sub.ID).Scan(&state)
		return s.missing(err, noSubmission())
	})
}

// Submission implements submit.Store.
func (s *Store) Submission(ctx context.Context, learner, id string) (submit.Submission, error) {
	sub, err := scanSubmission(s.read.QueryRowContext(ctx, `
		SELECT `+submissionColumns+`, s.files FROM submissions s WHERE s.id = $1 AND s.learner_id = $2`, id, learner))
	if err != nil {
		return submit.Submission{}, s.missing(err, noSubmission())
	}
	return sub, nil
}

// Submissions implements submit.Store: newest first, without their files.
func (s *Store) Submissions(ctx context.Context, learner string, limit int) ([]submit.Submission, error) {
	return collect(ctx, s, scanSubmission, `
		SELECT `+submissionColumns+`, NULL FROM submissions s
		WHERE s.learner_id = $1
		ORDER BY s.received_at DESC, s.id DESC LIMIT $2`, learner, limit)
}

// Attempts implements submit.Store.
func (s *Store) Attempts(ctx context.Context, learner, lesson, item string, limit int) ([]submit.Submission, error) {
	return collect(ctx, s, scanSubmission, `
		SELECT `+submissionColumns+`, NULL FROM submissions s
		WHERE s.learner_id = $1 AND s.lesson = $2 AND s.item = $3
		ORDER BY s.received_at DESC, s.id DESC LIMIT $4`, learner, lesson, item, limit)
}

// Unfinished implements submit.Store: without files, which a grader reads one
// submission at a time.
func (s *Store) Unfinished(ctx context.Context) ([]submit.Submission, error) {
	return collect(ctx, s, scanSubmission, `
		SELECT `+submissionColumns+`, NULL FROM submissions s
		WHERE s.state <> 'done' ORDER BY s.received_at, s.id`)
}

// Latest implements submit.Store.
func (s *Store) Latest(ctx context.Context, learner, lesson string) (map[string]submit.Submission, error) {
	newest, err := collect(ctx, s, scanSubmission, `
		SELECT `+submissionColumns+`, s.files FROM submissions s
		WHERE s.learner_id = $1 AND s.lesson = $2 AND s.state = 'done' AND s.attempt > 0 AND s.attempt = (
			SELECT MAX(n.attempt) FROM submissions n
			WHERE n.learner_id = $1 AND n.lesson = $2 AND n.item = s.item AND n.state = 'done' AND n.attempt > 0)`,
		learner, lesson)
	if err != nil {
		return nil, err
	}
	latest := make(map[string]submit.Submission, len(newest))
	for _, sub := range newest {
		latest[sub.Item] = sub
	}
	return latest, nil
}

// documents are the parts of a submission that are stored as JSON.
type documents struct{ images, answer, report, score, files []byte }

func encode(sub submit.Submission) (docs documents, err error) {
	for _, part := range []struct {
		to   *[]byte
		from any
	}{{&docs.images, sub.Images}, {&docs.answer, sub.Answer}, {&docs.report, sub.Report}, {&docs.score, sub.Score}, {&docs.files, sub.Files}} {
		if *part.to, err = json.Marshal(part.from); err != nil {
			return documents{}, fmt.Errorf("encode submission %s: %w", sub.ID, err)
		}
	}
	return docs, nil
}

func scanSubmission(row scanner) (submit.Submission, error) {
	var s submit.Submission
	var docs documents
	var received, started, finished, quarantined, regraded int64
	err := row.Scan(&s.ID, &s.Learner, &s.Lesson, &s.Item, &s.Kind, &s.Attempt, &s.Key, &s.ContentHash, &s.ChecksHash,
		&s.State, &s.Verdict, &s.Gradable, &s.Points, &s.MaxPoints, &received, &started, &finished,
		&docs.images, &docs.answer, &docs.report, &docs.score, &s.Tries, &quarantined, &s.Digest, &regraded, &docs.files)
	if err != nil {
		return submit.Submission{}, err
	}
	s.Received, s.Started, s.Finished = moment(received), moment(started), moment(finished)
	s.Quarantined, s.Regraded = moment(quarantined), moment(regraded)
	return s, docs.decode(&s)
}

func (d documents) decode(s *submit.Submission) error {
	for _, part := range []struct {
		from []byte
		to   any
	}{{d.images, &s.Images}, {d.answer, &s.Answer}, {d.report, &s.Report}, {d.score, &s.Score}, {d.files, &s.Files}} {
		if part.from == nil {
			continue
		}
		if err := json.Unmarshal(part.from, part.to); err != nil {
			return fmt.Errorf("decode submission %s: %w", s.ID, err)
		}
	}
	return nil
}

// rounded gives a submission the times it will be read back with.
func rounded(s submit.Submission) submit.Submission {
	s.Received, s.Started, s.Finished = moment(micros(s.Received)), moment(micros(s.Started)), moment(micros(s.Finished))
	return s
}

// known fails when an update met no row.
func known(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return noSubmission()
}

func noSubmission() *fault.Error {
	return fault.New(fault.NotFound, "no_submission", "There is no such submission, or it is somebody else's.", "Open it from your progress page.")
}

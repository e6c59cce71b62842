package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"pattarai/server/fault"
	"pattarai/server/labs"
)

// historyLength is how many versions of a file are kept.
const historyLength = 200

// SaveFile implements labs.Store. The last 200 versions of every file are kept in
// its history.
func (s *Store) SaveFile(ctx context.Context, learner, lesson string, f labs.File) (labs.File, error) {
	expected := f.Version
	f.Version++
	f.Saved = moment(micros(f.Saved))
	err := s.update(ctx, func(ctx context.Context, tx *Tx) error {
		if err := expect(ctx, tx, learner, lesson, f.Path, expected); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO workspace_files (learner_id, lesson, path, content, version, saved_at)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (learner_id, lesson, path) DO UPDATE SET
				content = excluded.content, version = excluded.version, saved_at = excluded.saved_at`,
			learner, lesson, f.Path, notNil(f.Content), f.Version, micros(f.Saved)); err != nil {
			return err
		}
		return remember(ctx, tx, learner, lesson, f)
	})
	if err != nil {
		return labs.File{}, err
	}
	return f, nil
}

// expect fails unless the stored version of a file is the one the caller edited.
func expect(ctx context.Context, tx *Tx, learner, lesson, path string, version int) error {
	stored := 0
	err := tx.QueryRow(ctx, `
		SELECT version FROM workspace_files WHERE learner_id = $1 AND lesson = $2 AND path = $3`,
		learner, lesson, path).Scan(&stored)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if stored != version {
		return fault.New(fault.Conflict, "file_changed",
			fmt.Sprintf("%s was saved elsewhere: it is at version %d, and this edit began at version %d.", path, stored, version),
			"Look at both and save again.")
	}
	return nil
}

// remember adds a version to a file's history and drops what is beyond its length.
func remember(ctx context.Context, tx *Tx, learner, lesson string, f labs.File) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO workspace_file_history (learner_id, lesson, path, content, version, saved_at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		learner, lesson, f.Path, notNil(f.Content), f.Version, micros(f.Saved)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		DELETE FROM workspace_file_history
		WHERE learner_id = $1 AND lesson = $2 AND path = $3 AND seq <= (
			SELECT seq FROM workspace_file_history
			WHERE learner_id = $1 AND lesson = $2 AND path = $3
			ORDER BY seq DESC LIMIT 1 OFFSET $4)`,
		learner, lesson, f.Path, historyLength)
	return err
}

// Files implements labs.Store, by path.
func (s *Store) Files(ctx context.Context, learner, lesson string) ([]labs.File, error) {
	return collect(ctx, s, scanFile, `
		SELECT path, content, version, saved_at FROM workspace_files
		WHERE learner_id = $1 AND lesson = $2 ORDER BY path`, learner, lesson)
}

// FileHistory returns the kept versions of a file, newest first, also from before
// a reset, after which versions count from 1 again.
func (s *Store) FileHistory(ctx context.Context, learner, lesson, path string) ([]labs.File, error) {
	return collect(ctx, s, scanFile, `
		SELECT path, content, version, saved_at FROM workspace_file_history
		WHERE learner_id = $1 AND lesson = $2 AND path = $3 ORDER BY seq DESC`, learner, lesson, path)
}

// ResetFiles implements labs.Store.
func (s *Store) ResetFiles(ctx context.Context, learner, lesson string) error {
	return s.update(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM workspace_files WHERE learner_id = $1 AND lesson = $2`, learner, lesson)
		return err
	})
}

func scanFile(row scanner) (labs.File, error) {
	var f labs.File
	var saved int64
	err := row.Scan(&f.Path, &f.Content, &f.Version, &saved)
	f.Content, f.Saved = notNil(f.Content), moment(saved)
	return f, err
}

// notNil keeps an empty file from becoming none.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

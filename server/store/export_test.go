package store

import "context"

// LineLength is how many writes may wait.
const LineLength = lineLength

// Update carries out a write of a test's own.
func (s *Store) Update(ctx context.Context, do func(context.Context, *Tx) error) error {
	return s.update(ctx, do)
}

// Waiting is how many writes wait now.
func (s *Store) Waiting() int { return len(s.writer.line) }

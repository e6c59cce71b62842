package submit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// What one submission may hold.
const (
	maxFiles      = 200
	maxFileBytes  = 4 << 20 // All files together.
	maxValues     = 100
	maxValueBytes = 16 << 10 // All values together.
	maxKey        = 200
)

// SubmitChecks asks for a lesson's checks to be run on the learner's lab.
type SubmitChecks struct {
	Learner string
	Lesson  *catalog.Lesson
	Files   map[string][]byte // The workspace as saved, kept with the report.
	Key     string            // Idempotency key; "" for none.
}

// SubmitChecks stores a submission and puts it in line; news come by
// [Service.Subscribe]. A key that is known already returns its submission again, and
// so does the same work while it waits for its verdict: a second click, a repeated
// request and a second tab hand in once.
//
// Faults: Invalid when the lesson has no checks, TooLarge, TooMany when this learner
// has eight in line, Full when the line is full.
func (s *Service) SubmitChecks(ctx context.Context, in SubmitChecks) (Submission, error) {
	if len(in.Lesson.Exercise.Checks) == 0 {
		return Submission{}, fault.New(fault.Invalid, "no_checks", "This lesson has no checks.", "Go on to the next lesson.")
	}
	if err := boundFiles(in.Files); err != nil {
		return Submission{}, err
	}
	if err := boundKey(in.Key); err != nil {
		return Submission{}, err
	}
	release, err := s.line.reserve(in.Learner)
	if err != nil {
		return Submission{}, err
	}
	defer release()
	stored, _, err := s.Store.InsertSubmission(ctx, s.checks(in))
	if err != nil {
		return Submission{}, fmt.Errorf("store submission: %w", err)
	}
	if stored.State != Done {
		s.line.add(entryOf(stored))
		s.tellPositions()
	}
	return stored, nil
}

func (s *Service) checks(in SubmitChecks) Submission {
	points := 0.0
	for _, c := range in.Lesson.Exercise.Checks {
		points += c.Points
	}
	return Submission{
		ID:          s.NewID(),
		Learner:     in.Learner,
		Lesson:      in.Lesson.ID(),
		Item:        ItemChecks,
		Kind:        KindChecks,
		Key:         in.Key,
		ContentHash: in.Lesson.Hash,
		ChecksHash:  in.Lesson.Exercise.Hash,
		Digest:      in.digest(),
		Files:       in.Files,
		State:       Queued,
		Verdict:     check.VerdictPending,
		MaxPoints:   points,
		Received:    s.Now(),
	}
}

// digest is of everything the verdict depends on that is handed in.
func (in SubmitChecks) digest() string {
	sum := sha256.New()
	part := func(b []byte) { // With its length, so that no two parts can pass for two others.
		_, _ = sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b)))) // A hash takes everything.
		_, _ = sum.Write(b)
	}
	part([]byte(in.Lesson.Hash))
	part([]byte(in.Lesson.Exercise.Hash))
	for _, path := range slices.Sorted(maps.Keys(in.Files)) {
		part([]byte(path))
		part(in.Files[path])
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func boundFiles(files map[string][]byte) error {
	size := 0
	for path, content := range files {
		size += len(path) + len(content)
	}
	if len(files) > maxFiles || size > maxFileBytes {
		return fault.New(fault.TooLarge, "files_too_large",
			fmt.Sprintf("The workspace has %d files of %d bytes; at most %d files of %d bytes can be handed in.", len(files), size, maxFiles, maxFileBytes),
			"Delete what the lesson does not need.")
	}
	return nil
}

func boundAnswer(a quizzes.Answer) error {
	size := 0
	for _, v := range a.Values {
		size += len(v)
	}
	if len(a.Values) > maxValues || size > maxValueBytes {
		return fault.New(fault.TooLarge, "answer_too_large",
			fmt.Sprintf("The answer has %d parts of %d bytes; at most %d parts of %d bytes are read.", len(a.Values), size, maxValues, maxValueBytes),
			"Shorten the answer.")
	}
	return nil
}

func boundKey(key string) error {
	if len(key) > maxKey {
		return fault.New(fault.TooLarge, "key_too_long", fmt.Sprintf("The idempotency key has %d bytes; at most %d are allowed.", len(key), maxKey), "Send a shorter key.")
	}
	return nil
}

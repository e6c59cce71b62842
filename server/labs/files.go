package labs

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"pattarai/sandbox"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// maxFile is the largest workspace file in bytes.
const maxFile = 64 << 10

// Files are the workspace files of a lesson as the learner left them, starters
// where untouched: first those to edit, in the author's order, then the others by path.
func (s *Service) Files(ctx context.Context, learner, lesson string) ([]File, error) {
	l, err := s.lesson(lesson)
	if err != nil {
		return nil, err
	}
	saved, err := s.cfg.Store.Files(ctx, learner, lesson)
	if err != nil {
		return nil, err
	}
	files := maps.Clone(starters(l))
	for _, f := range saved {
		if _, ok := files[f.Path]; ok {
			files[f.Path] = f
		}
	}
	rank := func(path string) int {
		if i := slices.Index(l.Exercise.Edit, path); i >= 0 {
			return i
		}
		return len(l.Exercise.Edit)
	}
	return slices.SortedFunc(maps.Values(files), func(a, b File) int {
		return cmp.Or(cmp.Compare(rank(a.Path), rank(b.Path)), cmp.Compare(a.Path, b.Path))
	}), nil
}

// starters are the files a learner begins with; a file to edit that the author
// left out begins empty.
func starters(l *catalog.Lesson) map[string]File {
	files := map[string]File{}
	for _, path := range l.Exercise.Edit {
		files[path] = File{Path: path}
	}
	if l.Lesson == nil {
		return files
	}
	for path, content := range l.Files {
		files[path] = File{Path: path, Content: content}
	}
	return files
}

// starters are the content of the files that the lab's lesson begins with.
func (b *bench) starters() map[string][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return contents(starters(b.lesson))
}

func contents(files map[string]File) map[string][]byte {
	content := make(map[string][]byte, len(files))
	for path, f := range files {
		content[path] = f.Content
	}
	return content
}

// workspace is what a lab starts with, and which files differ from the starters.
func (s *Service) workspace(ctx context.Context, b *bench) (files map[string][]byte, changed []string, err error) {
	files = b.starters()
	saved, err := s.cfg.Store.Files(ctx, b.learner, b.key.lesson)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range saved {
		starter, ok := files[f.Path]
		if ok && !bytes.Equal(starter, f.Content) {
			files[f.Path] = f.Content
			changed = append(changed, f.Path)
		}
	}
	return files, changed, nil
}

// Save stores a file and, when apply is set and the lab runs, brings it to the
// nodes. Once it is stored there is no error any more: what became of applying it
// stands in Saved.Applied. f.Version is the version that was edited.
//
// Faults: Invalid, TooLarge and Forbidden for what may not be saved, Conflict when
// somebody saved first.
func (s *Service) Save(ctx context.Context, learner, lesson, tab string, f File, apply bool) (Saved, error) {
	l, err := s.lesson(lesson)
	if err != nil {
		return Saved{}, err
	}
	if err := savable(l, f); err != nil {
		return Saved{}, err
	}
	stored, err := s.cfg.Store.SaveFile(ctx, learner, lesson, f)
	if err != nil {
		return Saved{}, err
	}
	saved := Saved{File: stored}
	b := s.find(learner, lesson)
	if b == nil {
		return saved, nil
	}
	b.touch(s.cfg.Now())
	b.publish(Event{File: &FileNews{Path: stored.Path, Version: stored.Version, Tab: tab}})
	if running := b.running(); apply && running != nil {
		saved.Applied = s.apply(ctx, b, running, stored)
	}
	return saved, nil
}

// savable checks what a learner wants to save.
func savable(l *catalog.Lesson, f File) error {
	switch {
	case !slices.Contains(l.Exercise.Edit, f.Path):
		return fault.New(fault.Forbidden, "file_not_editable", fmt.Sprintf("%q is not a file to edit in this lesson.", f.Path), editable(l))
	case len(f.Content) > maxFile:
		return fault.New(fault.TooLarge, "file_too_large", fmt.Sprintf("%s has %d bytes; %d are allowed.", f.Path, len(f.Content), maxFile), "Make it shorter.")
	case !utf8.Valid(f.Content) || bytes.IndexByte(f.Content, 0) >= 0:
		return fault.New(fault.Invalid, "file_not_text", f.Path+" is not text in UTF-8.", "Save only text here.")
	}
	return nil
}

func editable(l *catalog.Lesson) string {
	if len(l.Exercise.Edit) == 0 {
		return "This lesson has no files to edit."
	}
	return "Files to edit: " + list(l.Exercise.Edit) + "."
}

// apply brings a stored file to the nodes, one edit at a time and never an older
// one after a newer one: the newer one then stands for both.
func (s *Service) apply(ctx context.Context, b *bench, running session, f File) *sandbox.Applied {
	b.applying.Lock()
	defer b.applying.Unlock()
	newest, err := s.newest(ctx, b, f)
	if err != nil {
		return notApplied(err)
	}
	applied, err := running.Apply(ctx, map[string][]byte{newest.Path: newest.Content})
	if err != nil {
		s.cfg.Logger.Warn("edit not applied", "lab", b.record().ID, "file", f.Path, "error", err)
		return notApplied(err)
	}
	return &applied
}

func (s *Service) newest(ctx context.Context, b *bench, f File) (File, error) {
	files, err := s.cfg.Store.Files(ctx, b.learner, b.key.lesson)
	if err != nil {
		return f, err
	}
	for _, other := range files {
		if other.Path == f.Path && other.Version > f.Version {
			return other, nil
		}
	}
	return f, nil
}

// notApplied says that a file is saved but did not reach the nodes.
func notApplied(err error) *sandbox.Applied {
	output := "Saved, but it could not be brought to the lab: something of ours failed. Apply it again, or restart the lab."
	if said := trouble(err); errors.As(said, new(*fault.Error)) {
		f := fault.Of(said)
		output = "Saved, but it could not be brought to the lab: " + f.Message + " " + f.Fix
	}
	return &sandbox.Applied{Output: output}
}

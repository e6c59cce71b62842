// Package catalog joins lessons with the topologies and checks they run: what the
// pages, the labs, the graders and the command line all read.
package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"

	"pattarai/lessons"
	"pattarai/lessons/problem"
	"pattarai/sandbox"
	"pattarai/sandbox/check"
)

// Lesson is a lesson with what it runs.
type Lesson struct {
	*lessons.Lesson
	Topology sandbox.Topology // No nodes when the lesson has no lab.
	Exercise check.Exercise   // No checks when the lesson has none.
}

// HasLab tells whether the lesson has something to run.
func (l *Lesson) HasLab() bool { return len(l.Topology.Nodes) > 0 }

// Snapshot is an immutable view of all content.
type Snapshot struct {
	Courses  []*lessons.Course
	Problems problem.List
	Version  string // Changes with any content.
	byID     map[string]*Lesson
}

// Lesson returns a lesson by id ("haproxy/round-robin").
func (s *Snapshot) Lesson(id string) (*Lesson, bool) { l, ok := s.byID[id]; return l, ok }

// Images are the lab images that the lessons' topologies name, each once, sorted.
func (s *Snapshot) Images() []string {
	var names []string
	for _, l := range s.byID {
		for _, n := range l.Topology.Nodes {
			names = append(names, n.Image)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Catalog holds the current snapshot and can reload it. It is safe for
// concurrent use.
type Catalog struct {
	images  []string
	roots   []fs.FS
	code    Code // While it is read for the first time; nil otherwise.
	current atomic.Pointer[Snapshot]

	mu     sync.Mutex // One reload at a time; guards what follows.
	loaded []*lessons.Catalog
	parts  *parts
}

// Load reads every course of the roots; a course of a later root replaces the
// one with the same slug of an earlier root. The embedded courses are
// content.FS() of lessons/content. images are the lab images a topology may use.
// The error is for a root that cannot be read; what is wrong with lessons is in
// the snapshot's problems.
func Load(images []string, roots ...fs.FS) (*Catalog, error) {
	return LoadWith(nil, images, roots...)
}

// Code is highlighted code from earlier.
type Code interface {
	Get(key string) (html string, ok bool)
	Put(key, html string)
}

// LoadWith is [Load] that looks for highlighted code before it makes it. Reloads
// make it anew, so that the code of a whole catalogue need not stay in memory.
func LoadWith(code Code, images []string, roots ...fs.FS) (*Catalog, error) {
	c := &Catalog{images: images, roots: roots, code: code, loaded: make([]*lessons.Catalog, len(roots)), parts: newParts()}
	err := c.Reload()
	c.code = nil
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Current is the snapshot to serve a request from.
func (c *Catalog) Current() *Snapshot { return c.current.Load() }

// Reload reads all roots again; a lesson that no longer parses keeps its last good
// form, and its problems are in the new snapshot. When a root cannot be read, the
// snapshot stays as it is.
func (c *Catalog) Reload() error { return c.refresh(everything) }

// everything is what may have changed when nobody knows.
func everything(fs.FS, string) bool { return true }

// refresh is [Catalog.Reload] of the lesson folders that may have changed.
func (c *Catalog) refresh(changed func(root fs.FS, dir string) bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	loaded := make([]*lessons.Catalog, len(c.roots))
	var earlier []string // Folders of the roots before, which later ones may refer to.
	for i, root := range c.roots {
		one, err := lessons.Refresh(root, lessons.Options{
			Validate: c.validate, Code: c.code, Previous: c.loaded[i], Elsewhere: earlier,
			Changed: func(dir string) bool { return changed(root, dir) },
		})
		if err != nil {
			return fmt.Errorf("content root %d of %d: %w", i+1, len(c.roots), err)
		}
		loaded[i] = one
		earlier = append(earlier, one.Folders()...)
	}
	c.loaded = loaded
	next := c.join(loaded)
	c.parts.keep(next, loaded)
	c.current.Store(next)
	return nil
}

// join makes a snapshot of what was loaded and of what is kept.
func (c *Catalog) join(loaded []*lessons.Catalog) *Snapshot {
	next := &Snapshot{byID: map[string]*Lesson{}}
	for _, one := range loaded {
		next.Problems = append(next.Problems, one.Problems...)
		for _, course := range one.Courses {
			next.Courses = replace(next.Courses, course)
		}
	}
	if last := c.current.Load(); last != nil {
		next.Courses = lastGood(last, next)
	}
	order(next.Courses)
	for _, course := range next.Courses {
		for _, lesson := range course.Lessons {
			part := c.parts.of(lesson)
			next.byID[lesson.ID()] = &Lesson{Lesson: lesson, Topology: part.topology, Exercise: part.exercise}
		}
	}
	next.Version = version(next.Courses)
	return next
}

// version is a hash over everything that is shown.
func version(courses []*lessons.Course) string {
	sum := sha256.New()
	encoder := json.NewEncoder(sum)
	for _, course := range courses {
		// Maps and texts always marshal, and a hash accepts every write.
		_ = encoder.Encode([]any{course.Slug, course.Title, course.Summary, course.Order, course.Languages})
		for _, lesson := range course.Lessons {
			_ = encoder.Encode([]string{lesson.ID(), lesson.Dir, lesson.Hash})
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

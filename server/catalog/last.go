package catalog

import (
	"cmp"
	"slices"
	"strings"

	"pattarai/lessons"
	"pattarai/lessons/problem"
)

// replace puts course into the list, in place of one with its slug.
func replace(courses []*lessons.Course, course *lessons.Course) []*lessons.Course {
	i := slices.IndexFunc(courses, func(c *lessons.Course) bool { return c.Slug == course.Slug })
	if i < 0 {
		return append(courses, course)
	}
	courses[i] = course
	return courses
}

func order(courses []*lessons.Course) {
	slices.SortStableFunc(courses, func(a, b *lessons.Course) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Slug, b.Slug))
	})
}

// lastGood returns the courses of next with the lessons and courses of last that
// are still there but have errors now.
func lastGood(last, next *Snapshot) []*lessons.Course {
	courses := slices.Clone(next.Courses)
	for _, old := range last.Courses {
		i := slices.IndexFunc(courses, func(c *lessons.Course) bool { return c.Slug == old.Slug })
		switch {
		case i < 0 && broken(next.Problems, old.Slug+"/course.yaml"):
			courses = append(courses, old)
		case i >= 0:
			courses[i] = keepLessons(old, courses[i], next.Problems)
		}
	}
	return courses
}

func keepLessons(old, course *lessons.Course, problems problem.List) *lessons.Course {
	there := make(map[string]bool, len(course.Lessons))
	for _, lesson := range course.Lessons {
		there[lesson.Slug] = true
	}
	var kept []*lessons.Lesson
	for _, lesson := range old.Lessons {
		if !there[lesson.Slug] && broken(problems, lesson.Dir) {
			kept = append(kept, lesson)
		}
	}
	if len(kept) == 0 {
		return course
	}
	with := *course
	with.Lessons = append(slices.Clone(course.Lessons), kept...)
	slices.SortStableFunc(with.Lessons, func(a, b *lessons.Lesson) int { return cmp.Compare(a.Dir, b.Dir) })
	return &with
}

// broken tells whether a file, or a file of a folder, has an error.
func broken(problems problem.List, name string) bool {
	return slices.ContainsFunc(problems, func(p problem.Problem) bool {
		return p.Severity != problem.Warning && (p.File == name || strings.HasPrefix(p.File, name+"/"))
	})
}

func sameProblems(a, b *Snapshot) bool { return slices.Equal(a.Problems, b.Problems) }

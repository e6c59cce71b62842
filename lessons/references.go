package lessons

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"pattarai/lessons/problem"
)

// references checks needs and links between lessons, and drops lessons whose
// needs make a circle or lead nowhere.
func (l *loader) references() {
	ids, dirs := map[string]bool{}, map[string]bool{} // Also of lessons with errors: those are reported once.
	for _, dir := range l.Elsewhere {
		dirs[dir], ids[lessonID(dir)] = true, true
	}
	for _, f := range l.work {
		dirs[f.dir], ids[lessonID(f.dir)] = true, true
	}
	bad := map[string]bool{}
	for _, f := range l.work {
		for _, link := range f.links {
			known := dirs
			if link.needs {
				known = ids
			}
			if known[link.to] {
				continue
			}
			l.problem(missing(link, slices.Sorted(maps.Keys(known))))
			bad[f.dir] = true
		}
	}
	for _, f := range l.circles() {
		bad[f] = true
	}
	for _, course := range l.catalog.Courses {
		course.Lessons = slices.DeleteFunc(course.Lessons, func(lesson *Lesson) bool { return bad[lesson.Dir] })
	}
}

// lessonID is "course/slug" of a lesson's folder.
func lessonID(dir string) string {
	m := lessonFolder.FindStringSubmatch(path.Base(dir))
	return path.Dir(dir) + "/" + m[2]
}

func missing(link link, known []string) problem.Problem {
	p := problem.Problem{File: link.file, Line: link.line, Col: link.col, Code: "link-lesson",
		Found: fmt.Sprintf("a link to the lesson %q, which does not exist", link.to), Allowed: "links lead to lesson folders", Fix: "correct the path"}
	if link.needs {
		p.Code, p.Found, p.Allowed, p.Fix = "needs-missing", fmt.Sprintf("needs the lesson %q, which does not exist", link.to), "needs names lessons as course/name, without number", "remove it"
	}
	if near := problem.Nearest(link.to, known); near != "" {
		p.Fix = "did you mean " + near + "?"
	}
	return p
}

// circles reports every circle of needs once and returns the folders in it.
func (l *loader) circles() []string {
	byID := map[string]*folder{}
	for _, f := range l.work {
		byID[lessonID(f.dir)] = f
	}
	var found []string
	state := map[string]int{} // 1: on the path, 2: done.
	var visit func(id string, trail []string)
	visit = func(id string, trail []string) {
		f := byID[id]
		if f == nil || state[id] == 2 {
			return
		}
		if state[id] == 1 {
			circle := append(slices.Clone(trail[slices.Index(trail, id):]), id)
			l.circle(byID, circle)
			for _, member := range circle {
				found = append(found, byID[member].dir)
			}
			return
		}
		state[id] = 1
		for _, link := range f.links {
			if link.needs {
				visit(link.to, append(slices.Clone(trail), id))
			}
		}
		state[id] = 2
	}
	for _, f := range l.work {
		visit(lessonID(f.dir), nil)
	}
	return found
}

func (l *loader) circle(byID map[string]*folder, circle []string) {
	p := problem.Problem{File: path.Join(byID[circle[0]].dir, lessonFile), Code: "needs-circle",
		Found: "needs go in a circle: " + strings.Join(circle, " -> "), Allowed: "a lesson never needs itself", Fix: "remove one of the needs"}
	for _, link := range byID[circle[0]].links {
		if link.needs && link.to == circle[1] {
			p.Line, p.Col = link.line, link.col
		}
	}
	l.problem(p)
}

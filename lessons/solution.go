package lessons

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pattarai/lessons/problem"
)

const solutionFile = "solution.yaml"

var solutionName = regexp.MustCompile(`^(?:good|bad)(?:-[a-z0-9]+)*$`)

// solutions reads every folder below solutions/.
func (r *reader) solutions(lesson *Lesson) {
	files := map[string]map[string][]byte{}
	for _, name := range r.names {
		rest, ok := strings.CutPrefix(name, "solutions/")
		if !ok {
			continue
		}
		folder, file, ok := strings.Cut(rest, "/")
		if !ok {
			r.problem(problem.Problem{File: r.path(name), Code: "solution-name", Found: "a file right below solutions/", Allowed: "every solution is a folder: good, bad-…", Fix: "move it into one"})
			continue
		}
		if files[folder] == nil {
			files[folder] = map[string][]byte{}
		}
		files[folder][file] = r.data[name]
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r.solution(lesson, name, files[name])
	}
}

func (r *reader) solution(lesson *Lesson, name string, files map[string][]byte) {
	dir := r.path("solutions/" + name)
	if !solutionName.MatchString(name) || name == "bad" {
		r.problem(problem.Problem{File: dir, Code: "solution-name", Found: fmt.Sprintf("the solution %q", clip(name)), Allowed: "a solution is called good, good-…, or bad-…", Fix: "rename the folder"})
		return
	}
	solution := Solution{Name: name, File: dir + "/" + solutionFile, Files: files}
	source, ok := files[solutionFile]
	delete(files, solutionFile)
	bad := strings.HasPrefix(name, "bad-")
	if bad && !ok {
		r.problem(problem.Problem{File: solution.File, Code: "solution-yaml", Found: "there is no solution.yaml", Allowed: "a bad solution says which check it fails", Fix: "write fails: CHECK and why: …"})
		return
	}
	s := newSheet(solution.File, source, 0, "fails", "says", "why")
	solution.Fails = s.text("fails", bad, maxTitle)
	solution.Says = s.text("says", false, maxSummary)
	solution.Why = s.text("why", bad, maxSummary)
	if n := s.keys["fails"]; n != nil {
		solution.Line = n.Line
		if !bad {
			s.problem(n, "solution-good", "a good solution with fails", "a good solution passes every check", "remove fails, or call the folder bad-…")
		}
	}
	if len(files) == 0 && bad {
		s.problem(nil, "solution-empty", "a solution without files", "it has the files it changes", "add them beside solution.yaml")
	}
	r.folder.problems = append(r.folder.problems, s.problems...)
	lesson.Solutions = append(lesson.Solutions, solution)
}

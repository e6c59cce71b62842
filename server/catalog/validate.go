package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"pattarai/lessons"
	"pattarai/lessons/problem"
	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/sandbox/compose"
)

const (
	composeFile  = "compose.yaml"
	exerciseFile = "exercise.yaml"
	fewestBad    = 3 // Wrong solutions that show what a check is worth.
)

// part is what a lesson runs.
type part struct {
	topology sandbox.Topology
	exercise check.Exercise
}

// parts remembers what was parsed of every lesson that is, or may be, current.
type parts struct {
	mu sync.Mutex
	by map[*lessons.Lesson]part
}

func newParts() *parts { return &parts{by: map[*lessons.Lesson]part{}} }

func (p *parts) put(lesson *lessons.Lesson, one part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by[lesson] = one
}

func (p *parts) of(lesson *lessons.Lesson) part {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.by[lesson]
}

// keep forgets lessons that are neither in the snapshot nor in what was loaded.
func (p *parts) keep(next *Snapshot, loaded []*lessons.Catalog) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := make(map[*lessons.Lesson]part, len(next.byID))
	for _, lesson := range next.byID {
		kept[lesson.Lesson] = p.by[lesson.Lesson]
	}
	for _, one := range loaded {
		for lesson := range one.Parsed() {
			kept[lesson] = p.by[lesson]
		}
	}
	p.by = kept
}

// validate parses compose.yaml and exercise.yaml of a lesson and checks what its
// text says of them. It is called for several lessons at once.
func (c *Catalog) validate(lesson *lessons.Lesson) problem.List {
	v := validation{lesson: lesson}
	v.parse(c.images)
	if !v.problems.HasErrors() {
		v.nodes()
		v.files()
		v.checks()
		v.solutions()
	}
	c.parts.put(lesson, v.part)
	return v.problems
}

type validation struct {
	lesson   *lessons.Lesson
	part     part
	problems problem.List
}

func (v *validation) parse(images []string) {
	if v.has(composeFile) {
		topology, problems := compose.Parse(v.lesson.Folder, composeFile, v.lesson.Dir, images)
		v.part.topology = topology
		v.add(problems)
	}
	if v.has(exerciseFile) && !v.problems.HasErrors() { // Without a topology every node of it would be unknown.
		exercise, problems := check.Parse(v.lesson.Folder, exerciseFile, v.part.topology)
		v.part.exercise = exercise
		v.add(problems)
	}
}

func (v *validation) has(name string) bool {
	_, err := fs.Stat(v.lesson.Folder, name)
	return !errors.Is(err, fs.ErrNotExist)
}

// add takes over problems of a file, which is named relative to the lesson.
func (v *validation) add(problems problem.List) {
	for _, p := range problems {
		if !strings.HasPrefix(p.File, v.lesson.Dir+"/") {
			p.File = v.lesson.Dir + "/" + p.File
		}
		v.problems = append(v.problems, p)
	}
}

func (v *validation) problem(file string, line int, code, found, allowed, fix string) {
	v.problems = append(v.problems, problem.Problem{File: file, Line: line, Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix})
}

// texts calls visit for every language.
func (v *validation) texts(visit func(*lessons.Text)) {
	for _, text := range v.lesson.Texts {
		visit(text)
	}
}

// nodes checks where run blocks run.
func (v *validation) nodes() {
	var names []string
	for _, node := range v.part.topology.Nodes {
		names = append(names, node.Name)
	}
	v.texts(func(text *lessons.Text) {
		for _, run := range text.Runs {
			switch {
			case len(names) == 0:
				v.problem(run.File, run.Line, "run-no-lab", "a run block in a lesson without a lab", "run blocks run in a node of compose.yaml", "add compose.yaml, or remove the word run")
				return
			case run.Node == "" && v.part.exercise.Shell == "":
				v.problem(run.File, run.Line, "run-no-shell", "a run block that names no node", "exercise.yaml has no shell; the nodes are "+strings.Join(names, ", "), "write shell: "+names[0]+" in exercise.yaml, or run="+names[0])
			case run.Node != "" && !slices.Contains(names, run.Node):
				v.problem(run.File, run.Line, "run-node", fmt.Sprintf("a run block for the node %q, which does not exist", run.Node), "the nodes are "+strings.Join(names, ", "), nearest(run.Node, names, "write one of them"))
			}
		}
	})
}

// files checks what blocks put into the editor.
func (v *validation) files() {
	var names []string
	for name := range v.lesson.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	v.texts(func(text *lessons.Text) {
		for _, edit := range text.Edits {
			if !slices.Contains(names, edit.Name) {
				v.problem(edit.File, edit.Line, "fence-file", fmt.Sprintf("file=%s, which is not in files/", edit.Name), "the files are "+strings.Join(names, ", "), nearest(edit.Name, names, "add the file to files/"))
			}
		}
	})
	for _, name := range v.part.exercise.Edit {
		if !slices.Contains(names, name) {
			v.problem(v.lesson.Dir+"/"+exerciseFile, 0, "edit-file", fmt.Sprintf("edit names %s, which is not in files/", name), "the files are "+strings.Join(names, ", "), nearest(name, names, "add the file to files/"))
		}
	}
}

func (v *validation) checkIDs() []string {
	var ids []string
	for _, one := range v.part.exercise.Checks {
		ids = append(ids, one.ID)
	}
	return ids
}

// checks compares the checks that the text shows with those that exist.
func (v *validation) checks() {
	ids := v.checkIDs()
	v.texts(func(text *lessons.Text) {
		for _, anchor := range text.Checks {
			if !slices.Contains(ids, anchor.Name) {
				v.problem(anchor.File, anchor.Line, "check-missing", fmt.Sprintf("there is no check %q in exercise.yaml", anchor.Name), "the checks are "+strings.Join(ids, ", "), nearest(anchor.Name, ids, "add it, or remove the comment"))
			}
		}
	})
}

// solutions checks that wrong answers name their check, and that there are
// enough of them to trust the checks.
func (v *validation) solutions() {
	ids := v.checkIDs()
	good, bad := 0, 0
	for _, solution := range v.lesson.Solutions {
		if !strings.HasPrefix(solution.Name, "bad-") {
			good++
			continue
		}
		bad++
		if !slices.Contains(ids, solution.Fails) {
			v.problem(solution.File, solution.Line, "check-missing", fmt.Sprintf("fails: there is no check %q in exercise.yaml", solution.Fails), "the checks are "+strings.Join(ids, ", "), nearest(solution.Fails, ids, "write one of them"))
		}
	}
	if len(ids) > 0 && (good < 1 || bad < fewestBad) {
		v.problems = append(v.problems, problem.Problem{File: v.lesson.Dir + "/solutions", Code: "few-solutions", Severity: problem.Warning,
			Found:   fmt.Sprintf("%d good and %d bad solutions", good, bad),
			Allowed: fmt.Sprintf("a lesson with checks has at least 1 good and %d bad ones", fewestBad), Fix: "add what learners get wrong as solutions/bad-…"})
	}
}

func nearest(got string, allowed []string, otherwise string) string {
	if near := problem.Nearest(got, allowed); near != "" {
		return "did you mean " + near + "?"
	}
	return otherwise
}

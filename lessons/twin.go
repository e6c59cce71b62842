package lessons

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"

	"pattarai/lessons/markdown"
	"pattarai/lessons/problem"
)

// twins reads the translations of lesson.md.
func (r *reader) twins(lesson *Lesson) {
	base := lesson.Texts[r.folder.course.Languages[0]]
	for _, name := range r.names {
		m := twinFile.FindStringSubmatch(path.Base(name))
		if m == nil || path.Dir(name) != "." {
			continue
		}
		lang := m[1]
		if !slices.Contains(r.folder.course.Languages[1:], lang) {
			r.problem(problem.Problem{File: r.path(name), Code: "language", Found: fmt.Sprintf("a text in the language %q", lang),
				Allowed: fmt.Sprintf("the course's languages are %q, and the first one's text is lesson.md", r.folder.course.Languages), Fix: "add it to languages in course.yaml, or remove the file"})
			continue
		}
		if base != nil {
			r.twin(lesson, base, name, lang)
		}
	}
}

func (r *reader) twin(lesson *Lesson, base *Text, name, lang string) {
	front, body, line, ok := r.front(name, r.data[name])
	if !ok {
		return
	}
	s := newSheet(r.path(name), front, 1, "title", "summary")
	text := &Text{Lang: lang, Title: s.text("title", true, maxTitle), Summary: s.text("summary", false, maxSummary)}
	r.folder.problems = append(r.folder.problems, s.problems...)
	before := len(r.folder.problems)
	document := r.render(lesson, name, text, body, line)
	if r.folder.problems[before:].HasErrors() {
		return // What follows compares two whole texts.
	}
	r.sameRuns(base, text)
	r.sameItems(base, text)
	r.sameChecks(base, text)
	r.stale(text, document.Steps)
	lesson.Texts[lang] = text
}

func (r *reader) differs(file string, line int, found, fix string) {
	r.problem(problem.Problem{File: file, Line: line, Code: "twin-differs", Found: found,
		Allowed: "a translation has the same run blocks, quiz items and checks as lesson.md", Fix: fix})
}

func (r *reader) sameRuns(base, text *Text) {
	file := r.path("lesson." + text.Lang + ".md")
	for i, run := range text.Runs {
		if i >= len(base.Runs) {
			r.differs(file, run.Line, "a run block that lesson.md does not have", "remove it, or add it to lesson.md")
			return
		}
		if want := base.Runs[i]; run.Code != want.Code || run.Node != want.Node || run.Lang != want.Lang || run.Output != want.Output {
			r.differs(file, run.Line, fmt.Sprintf("the run block differs from the one at lesson.md:%d", want.Line), "copy block and output from lesson.md")
			return
		}
	}
	if n := len(text.Runs); n < len(base.Runs) {
		r.differs(file, 0, fmt.Sprintf("%d run blocks, lesson.md has %d", n, len(base.Runs)), fmt.Sprintf("add the block of lesson.md:%d", base.Runs[n].Line))
	}
}

func (r *reader) sameItems(base, text *Text) {
	file := r.path("lesson." + text.Lang + ".md")
	for _, id := range slices.Sorted(maps.Keys(base.Questions)) {
		want := base.Questions[id]
		got, ok := text.Questions[id]
		switch {
		case !ok:
			r.differs(file, 0, fmt.Sprintf("the quiz item %q is missing", id), fmt.Sprintf("translate the item of lesson.md:%d", want.Line))
		case !want.SameKey(got):
			r.differs(file, got.Line, fmt.Sprintf("the quiz item %q has another answer than the one at lesson.md:%d", id, want.Line), "keep kind, points, order and marks of the entries")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(text.Questions)) {
		if _, ok := base.Questions[id]; !ok {
			r.differs(file, text.Questions[id].Line, fmt.Sprintf("the quiz item %q is not in lesson.md", id), "correct the id, or add the item to lesson.md")
		}
	}
}

func (r *reader) sameChecks(base, text *Text) {
	names := func(in []Anchor) []string {
		var out []string
		for _, a := range in {
			out = append(out, a.Name)
		}
		slices.Sort(out)
		return out
	}
	want, got := names(base.Checks), names(text.Checks)
	if !slices.Equal(want, got) {
		r.differs(r.path("lesson."+text.Lang+".md"), 0, fmt.Sprintf("it shows the checks %q, lesson.md shows %q", got, want), "show the same checks")
	}
}

// SourceMark is what <!-- source: … --> says in a translated step: the first
// eight hexadecimal digits of the SHA-256 of the step it was translated from.
func SourceMark(source string) string {
	sum := sha256.Sum256([]byte(source))
	return hex.EncodeToString(sum[:4])
}

// stale compares the source marks of a translation with the text it came from.
func (r *reader) stale(text *Text, steps []markdown.Step) {
	file := r.path("lesson." + text.Lang + ".md")
	if len(steps) != len(r.steps) {
		r.differs(file, 0, fmt.Sprintf("%d steps, lesson.md has %d", len(steps), len(r.steps)), "translate every ## heading, in the same order")
		return
	}
	for i, s := range steps {
		mark := SourceMark(r.steps[i].Source)
		switch {
		case s.Mark == "":
			r.problem(problem.Problem{File: file, Line: s.Line, Code: "no-source-mark", Severity: problem.Warning, Found: "a translated step without a source mark",
				Allowed: "the mark tells when the step of lesson.md changes", Fix: fmt.Sprintf("write <!-- source: %s --> below its heading", mark)})
		case s.Mark != mark:
			text.Stale = append(text.Stale, s.ID)
			r.problem(problem.Problem{File: file, Line: s.Line, Code: "stale", Severity: problem.Warning,
				Found:   fmt.Sprintf("lesson.md:%d has changed since this step was translated", r.steps[i].Line),
				Allowed: fmt.Sprintf("its mark is %s, found %s", mark, clip(s.Mark)), Fix: fmt.Sprintf("translate it again, then write <!-- source: %s -->", mark)})
		}
	}
}

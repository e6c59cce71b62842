package lessons

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"pattarai/lessons/markdown"
	"pattarai/lessons/problem"
	"pattarai/quizzes"
)

const lessonFile = "lesson.md"

var (
	twinFile = regexp.MustCompile(`^lesson\.([a-z]{2,3})\.md$`)
	skill    = regexp.MustCompile(`^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N} ._+#/-]{0,59}$`)
	needID   = regexp.MustCompile(`^(?:[a-z][a-z0-9-]*/)?[a-z0-9]+(?:-[a-z0-9]+)*$`)
)

// read makes the lesson of the folder, or collects what is wrong with it.
func (r *reader) read() {
	r.load()
	r.folder.problems = append(r.folder.problems, r.walked...)
	if r.cut {
		return
	}
	lesson := r.blank()
	r.text(lesson)
	r.twins(lesson)
	r.solutions(lesson)
	if r.validate != nil {
		r.folder.problems = append(r.folder.problems, r.validate(lesson)...)
	}
	if !r.folder.problems.HasErrors() {
		r.folder.lesson = lesson
	}
}

// blank is the lesson with what its folder's name and files tell.
func (r *reader) blank() *Lesson {
	m := lessonFolder.FindStringSubmatch(path.Base(r.folder.dir))
	number, _ := strconv.Atoi(m[1]) // The pattern allows only digits.
	lesson := &Lesson{Course: r.folder.course.Slug, Slug: m[2], Dir: r.folder.dir, Number: number, Hash: r.hash,
		Texts: map[string]*Text{}, Files: map[string][]byte{}, Assets: map[string][]byte{}}
	lesson.Folder, _ = fs.Sub(r.fsys, r.folder.dir) // A valid path, or walk would have found nothing.
	for name, data := range r.data {
		if rest, ok := strings.CutPrefix(name, "files/"); ok {
			lesson.Files[rest] = data
		}
	}
	return lesson
}

func (r *reader) problem(p problem.Problem) {
	if p.Severity == "" {
		p.Severity = problem.Error
	}
	r.folder.problems = append(r.folder.problems, p)
}

func (r *reader) path(name string) string { return path.Join(r.folder.dir, name) }

// text reads lesson.md.
func (r *reader) text(lesson *Lesson) {
	source, ok := r.data[lessonFile]
	if !ok {
		r.problem(problem.Problem{File: r.path(lessonFile), Code: "no-lesson", Found: "there is no lesson.md", Allowed: "every lesson folder has one", Fix: "write it, or rename the folder to begin with _"})
		return
	}
	front, body, line, ok := r.front(lessonFile, source)
	if !ok {
		return
	}
	s := newSheet(r.path(lessonFile), front, 1, "title", "summary", "skills", "needs", "minutes", "level")
	text := &Text{Lang: r.folder.course.Languages[0], Title: s.text("title", true, maxTitle), Summary: s.text("summary", false, maxSummary)}
	lesson.Skills = values(s.patterned("skills", 20, skill, "letters, digits and . _ + # / -"))
	lesson.Minutes = s.number("minutes", 1, 600, 20)
	lesson.Level = s.oneOf("level", "beginner", "beginner", "intermediate", "advanced")
	r.needs(lesson, s)
	r.folder.problems = append(r.folder.problems, s.problems...)
	document := r.render(lesson, lessonFile, text, body, line)
	lesson.Texts[text.Lang], lesson.Questions = text, text.Questions
	r.steps = document.Steps
}

// needs resolves the lessons that come before; one without a course is of this one.
func (r *reader) needs(lesson *Lesson, s *sheet) {
	for _, n := range s.patterned("needs", 20, needID, "course/name, or the name of a lesson of this course, without number") {
		id := n.Value
		if !strings.Contains(id, "/") {
			id = lesson.Course + "/" + id
		}
		lesson.Needs = append(lesson.Needs, id)
		r.folder.links = append(r.folder.links, link{file: s.file, line: s.offset + n.Line, col: n.Column, to: id, needs: true})
	}
}

func (s *sheet) patterned(key string, most int, pattern *regexp.Regexp, allowed string) []*yaml.Node {
	return slices.DeleteFunc(s.list(key, most), func(n *yaml.Node) bool {
		if pattern.MatchString(n.Value) {
			return false
		}
		s.problem(n, "not-allowed", fmt.Sprintf("%s: %q", key, clip(n.Value)), "allowed are "+allowed, "rename it")
		return true
	})
}

// front splits a text into its front matter and its body, which begins at line.
func (r *reader) front(name string, source []byte) (front, body []byte, line int, ok bool) {
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	source = bytes.ReplaceAll(bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	rest, opened := bytes.CutPrefix(source, []byte("---\n"))
	if !opened {
		r.problem(problem.Problem{File: r.path(name), Line: 1, Code: "no-front-matter", Found: "a lesson needs a front matter block",
			Allowed: "its first line is ---", Fix: "begin the file with ---, title: …, ---"})
		return nil, nil, 0, false
	}
	line = 2
	for at := 0; at < len(rest); line++ {
		end := bytes.IndexByte(rest[at:], '\n')
		if end < 0 {
			end = len(rest) - at
		}
		if string(bytes.TrimRight(rest[at:at+end], " \t")) == "---" {
			return rest[:at], rest[min(at+end+1, len(rest)):], line + 1, true
		}
		at += end + 1
	}
	r.problem(problem.Problem{File: r.path(name), Line: 1, Code: "front-matter-open", Found: "the front matter that begins here is never closed",
		Allowed: "it ends with --- on a line of its own", Fix: "add the closing ---"})
	return nil, nil, 0, false
}

// render fills a text and the lesson's assets from Markdown.
func (r *reader) render(lesson *Lesson, name string, text *Text, body []byte, line int) markdown.Document {
	file := r.path(name)
	document, problems := markdown.Render(markdown.Input{File: file, Source: body, Line: line, Title: text.Title,
		Dir: lesson.Dir, Base: "/lessons/" + lesson.ID(), Folder: lesson.Folder, Cache: r.code})
	r.folder.problems = append(r.folder.problems, problems...)
	text.Questions = map[string]quizzes.Question{}
	for _, q := range document.Questions {
		text.Questions[q.ID] = q
	}
	for _, run := range document.Runs {
		text.Runs = append(text.Runs, Run{ID: run.ID, Node: run.Node, Lang: run.Lang, Code: run.Code,
			Output: run.Output, HasOutput: run.HasOutput, File: file, Line: run.Line})
	}
	r.textSteps(text, document)
	text.Checks, text.Edits = anchors(file, document.Checks), anchors(file, document.Edits)
	for _, a := range document.Links {
		r.folder.links = append(r.folder.links, link{file: file, line: a.Line, col: a.Col, to: a.Name})
	}
	for _, picture := range document.Pictures {
		lesson.Assets[picture] = r.data[picture]
	}
	if len(document.Steps) == 0 && !problems.HasErrors() {
		r.problem(problem.Problem{File: file, Line: line, Code: "empty", Found: "the lesson has no text", Fix: "write it below the front matter"})
	}
	return document
}

func (r *reader) textSteps(text *Text, document markdown.Document) {
	text.Locked = map[string]template.HTML{}
	for _, s := range document.Steps {
		text.Steps = append(text.Steps, Step{ID: s.ID, Title: s.Title, HTML: s.HTML, Checks: s.Checks, Items: s.Items})
		if s.Locked != "" {
			text.Locked[s.ID] = s.Locked
		}
	}
}

func anchors(file string, in []markdown.Anchor) []Anchor {
	var out []Anchor
	for _, a := range in {
		out = append(out, Anchor{File: file, Name: a.Name, Line: a.Line})
	}
	return out
}

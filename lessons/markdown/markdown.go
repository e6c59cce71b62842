// Package markdown turns the Markdown of one lesson into steps of safe HTML, the
// blocks that run, the quiz items and the places where checks are shown. It is the
// only importer of goldmark, chroma and bluemonday; docs/lesson-html.md describes
// the HTML it makes.
//
// Text of an author is not trusted: source, nesting, tables, output and time are
// bounded, raw HTML is not rendered, and what is rendered is sanitised.
package markdown

import (
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"runtime/debug"
	"time"

	"pattarai/lessons/problem"
	"pattarai/quizzes"
)

// The bounds of one text.
const (
	MaxSource = 256 << 10       // Bytes of Markdown.
	MaxOutput = 4 << 20         // Bytes of HTML.
	MaxTime   = 2 * time.Second // To parse and render.
)

// Input is one text to render.
type Input struct {
	File   string // Of the text, for problems: "haproxy/09-weighted-round-robin/lesson.md".
	Source []byte // The Markdown after the front matter.
	Line   int    // The line of the file on which Source begins, from 1.
	Title  string // The lesson's; a first-level heading that repeats it is not rendered.
	Dir    string // The lesson's folder, for relative links: "haproxy/09-weighted-round-robin".
	Base   string // The lesson's URL: "/lessons/haproxy/weighted-round-robin".
	Folder fs.FS  // The lesson's folder, for pictures; nil when there are none.
	Cache  Cache  // Highlighted code from earlier; may be nil.
}

// Cache keeps highlighted code by a hash of the code and its language. It is used
// by several goroutines.
type Cache interface {
	Get(key string) (html string, ok bool)
	Put(key, html string)
}

// Document is a rendered text.
type Document struct {
	Steps     []Step
	Runs      []Run
	Questions []quizzes.Question
	Checks    []Anchor // Places of checks.
	Edits     []Anchor // Files that blocks put into the editor.
	Links     []Anchor // Folders of other lessons that are linked: "haproxy/05-round-robin".
	Pictures  []string // Paths relative to the lesson's folder.
}

// Step is a second-level heading with what stands below it.
type Step struct {
	ID     string
	Title  string
	HTML   template.HTML
	Locked template.HTML // Its solutions, which are not in HTML.
	Checks []string
	Items  []string
	Source string // Text of its Markdown without comments that mark translations.
	Mark   string // Of a translation: what its source comment says; "" without one.
	Line   int
}

// Run is a block that can be run.
type Run struct {
	ID        string
	Node      string
	Lang      string
	Code      string
	Output    string
	HasOutput bool
	Line      int
}

// Anchor is something named at a place of the text.
type Anchor struct {
	Name string
	Line int
	Col  int
}

// Render parses and renders a text. Its document is complete only when none of
// the problems is an error. It never panics and returns within about [MaxTime].
func Render(in Input) (Document, problem.List) {
	in.Source = normalise(in.Source)
	if refused := guard(in); len(refused) > 0 {
		return Document{}, refused
	}
	type result struct {
		document Document
		problems problem.List
	}
	done := make(chan result, 1)
	ctx, cancel := context.WithTimeout(context.Background(), MaxTime)
	defer cancel()
	go func() { // Ends by itself: its input is bounded, and writing stops with ctx.
		b := newBuilder(in, ctx.Done())
		defer func() {
			if p := recover(); p != nil {
				b.problem(0, "render-failed", fmt.Sprintf("the text cannot be rendered (%v at %s)", p, panicPlace()), "", "report this text as a bug")
			}
			done <- result{b.document, b.problems}
		}()
		b.build()
	}()
	select {
	case r := <-done:
		return r.document, r.problems
	case <-ctx.Done():
		return Document{}, problem.List{tooSlow(in)}
	}
}

func tooSlow(in Input) problem.Problem {
	return problem.Problem{File: in.File, Line: in.Line, Code: "too-slow", Severity: problem.Error,
		Found:   fmt.Sprintf("the text takes more than %s to render", MaxTime),
		Allowed: "ordinary Markdown takes milliseconds", Fix: "look for thousands of unclosed brackets or stars and remove them"}
}

// panicPlace is the function and line a recovered panic came from, shortened.
func panicPlace() string {
	stack := string(debug.Stack())
	return clip(lastFrame(stack), 120)
}

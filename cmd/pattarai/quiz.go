package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pattarai/lessons/markdown"
	"pattarai/lessons/problem"
	"pattarai/quizzes/exchange"
)

// quizCommand carries quiz items between lessons and other systems.
type quizCommand struct {
	Import quizImport `cmd:"" help:"Write the questions of a GIFT, Moodle XML or QTI 1.2 file as Markdown for a lesson; exit status 1 when one is left out. Example: pattarai quiz import bank.gift >> lesson.md"`
	Export quizExport `cmd:"" help:"Write the questions of a lesson as GIFT or Moodle XML; exit status 1 when one is left out. Example: pattarai quiz export haproxy/round-robin --format moodle-xml > bank.xml"`
}

type quizImport struct {
	File   string `arg:"" help:"The file; - is standard input."`
	Format string `help:"gift, moodle-xml or qti-1.2; the file tells by itself usually." enum:",gift,moodle-xml,qti-1.2" default:""`
}

// Run implements the command.
func (c *quizImport) Run(context.Context) error {
	source, err := c.read()
	if err != nil {
		return err
	}
	format := exchange.Format(c.Format)
	if format == "" {
		format = guess(source)
	}
	items, problems := exchange.Read(format, filepath.Base(c.File), source)
	text := exchange.Markdown(items)
	if _, err := io.WriteString(os.Stdout, text); err != nil {
		return err
	}
	_, wrong := markdown.Render(markdown.Input{File: "the Markdown of it", Source: []byte(text), Line: 1, Base: "/lessons/course/lesson", Dir: "course/01-lesson"})
	return told(append(problems, wrong...), len(items), "taken")
}

func (c *quizImport) read() ([]byte, error) {
	input := io.Reader(os.Stdin)
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		input = file
	}
	return io.ReadAll(io.LimitReader(input, exchange.MaxInput+1))
}

// guess tells the formats apart by their root element.
func guess(source []byte) exchange.Format {
	text := string(source)
	switch {
	case strings.Contains(text, "<questestinterop"):
		return exchange.QTI
	case strings.Contains(text, "<quiz>") || strings.HasPrefix(strings.TrimSpace(text), "<?xml"):
		return exchange.Moodle
	}
	return exchange.GIFT
}

type quizExport struct {
	Lesson  string   `arg:"" help:"The lesson, as haproxy/round-robin."`
	Format  string   `help:"gift or moodle-xml." enum:"gift,moodle-xml" default:"gift"`
	Lang    string   `help:"The language of the text; the course's first one when none is given."`
	Content []string `help:"Content roots beside the courses of this program." type:"existingdir"`
}

// Run implements the command.
func (c *quizExport) Run(context.Context) error {
	loaded, err := servedContent(c.Content)
	if err != nil {
		return err
	}
	lesson, ok := loaded.Current().Lesson(c.Lesson)
	if !ok {
		return fmt.Errorf("there is no lesson %q; pattarai lint tells what did not load", c.Lesson)
	}
	name := "lesson.md"
	if c.Lang != "" {
		if _, twin := fs.Stat(lesson.Folder, "lesson."+c.Lang+".md"); twin == nil {
			name = "lesson." + c.Lang + ".md"
		} else if lesson.Texts[c.Lang] == nil {
			return fmt.Errorf("the lesson %s has no text in the language %q", c.Lesson, c.Lang)
		}
	}
	source, err := fs.ReadFile(lesson.Folder, name)
	if err != nil {
		return err
	}
	file := lesson.Dir + "/" + name
	items, problems := exchange.ReadMarkdown(file, string(source))
	out, unwritten := exchange.Write(exchange.Format(c.Format), file, items)
	if _, err := os.Stdout.Write(out); err != nil {
		return err
	}
	return told(append(problems, unwritten...), len(items), "found")
}

// told prints problems and is a failure when one of them is an error.
func told(problems problem.List, items int, what string) error {
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, p)
	}
	fmt.Fprintf(os.Stderr, "%d questions %s, %d problems\n", items, what, len(problems))
	if problems.HasErrors() {
		return failure(exitFailed)
	}
	return nil
}

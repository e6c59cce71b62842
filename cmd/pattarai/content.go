package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"

	"pattarai/lessons/content"
	"pattarai/lessons/problem"
	"pattarai/sandbox/images"
	"pattarai/server/catalog"
)

// loadContent loads the given folders, or the embedded courses when there are none.
func loadContent(dirs []string) (*catalog.Catalog, error) {
	if len(dirs) == 0 {
		return catalog.Load(images.Names(), content.FS())
	}
	return loadRoots(dirs)
}

// servedContent loads the embedded courses and the given folders, as a server does.
func servedContent(dirs []string) (*catalog.Catalog, error) {
	return loadRoots(dirs, content.FS())
}

// loadRoots loads the given folders after the roots that are there already.
func loadRoots(dirs []string, roots ...fs.FS) (*catalog.Catalog, error) {
	for _, path := range dirs {
		dir, err := catalog.OpenDir(path)
		if err != nil {
			return nil, err
		}
		defer dir.Close() //nolint:errcheck // Only read.
		roots = append(roots, dir)
	}
	return catalog.Load(images.Names(), roots...)
}

type lintCommand struct {
	Dirs []string `arg:"" optional:"" type:"existingdir" help:"Content roots; the courses of this program when none is given."`
	JSON bool     `help:"Print the problems as JSON." name:"json"`
}

// Run implements the command.
func (c *lintCommand) Run(context.Context) error {
	loaded, err := loadContent(c.Dirs)
	if err != nil {
		return err
	}
	snapshot := loaded.Current()
	if err := c.print(snapshot); err != nil {
		return err
	}
	if snapshot.Problems.HasErrors() {
		return failure(exitInvalid)
	}
	return nil
}

func (c *lintCommand) print(snapshot *catalog.Snapshot) error {
	if c.JSON {
		problems := snapshot.Problems
		if problems == nil {
			problems = problem.List{}
		}
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(problems)
	}
	lessons := 0
	for _, course := range snapshot.Courses {
		lessons += len(course.Lessons)
	}
	for _, p := range snapshot.Problems {
		fmt.Fprintln(os.Stdout, p)
	}
	fmt.Fprintf(os.Stdout, "%s, %s, %s\n", several(len(snapshot.Courses), "course"), several(lessons, "lesson"), several(len(snapshot.Problems), "problem"))
	return nil
}

// several counts things: "1 course", "2 courses".
func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

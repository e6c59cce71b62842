package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"pattarai/lessons/scaffold"
)

// newCommand groups what an author begins with.
type newCommand struct {
	Course newCourse `cmd:"" help:"Begin a course. Example: pattarai new course courses/cooking"`
	Lesson newLesson `cmd:"" help:"Begin a lesson that is proved already. Example: pattarai new lesson courses/cooking/first-steps --kind python"`
}

type newCourse struct {
	Dir string `arg:"" help:"Folder of the course: the content root and the course's name, courses/cooking."`
}

// Run implements the command.
func (c *newCourse) Run(context.Context) error {
	if err := scaffold.Course(c.Dir); err != nil {
		return err
	}
	root := filepath.Dir(filepath.Clean(c.Dir))
	if _, err := writeSchemas(root); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "made %s\n\nNow:\n  pattarai new lesson %s/first-steps --kind python\n  pattarai lint %s\n  pattarai preview %s\n",
		filepath.Join(c.Dir, "course.yaml"), c.Dir, root, root)
	return nil
}

type newLesson struct {
	Dir  string `arg:"" help:"Folder of the course and the lesson's name: courses/cooking/first-steps. The number is added."`
	Kind string `help:"What it begins with: ${kinds}." default:"quiz" enum:"${kinds}"`
}

// Run implements the command.
func (c *newLesson) Run(context.Context) error {
	dir, err := scaffold.Lesson(c.Dir, c.Kind)
	if err != nil {
		return err
	}
	root := filepath.Dir(filepath.Dir(dir))
	if _, err := writeSchemas(root); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "made %s\n\nNow:\n  pattarai preview %s\n  pattarai lint %s\n  pattarai prove --content %s %s\n", dir, root, root, root, dir)
	return nil
}

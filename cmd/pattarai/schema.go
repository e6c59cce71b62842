package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The schemas are compared with the parsers by a test.
//
//go:embed schema
var schemaFiles embed.FS

// schemaDir is where a content root keeps its schemas; a name with a dot is never
// a course.
const schemaDir = ".schema"

type schemaCommand struct {
	Dir string `arg:"" optional:"" default:"." help:"Content root; the schemas go into its .schema folder."`
}

// Run implements the command.
func (c *schemaCommand) Run(context.Context) error {
	names, err := writeSchemas(c.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(os.Stdout, name)
	}
	return nil
}

// writeSchemas writes the JSON Schemas below a content root, over older ones, and
// tells their names.
func writeSchemas(root string) ([]string, error) {
	into := filepath.Join(root, schemaDir)
	if err := os.MkdirAll(into, 0o755); err != nil {
		return nil, err
	}
	names, err := fs.Glob(schemaFiles, "schema/*.json")
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		data, err := schemaFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		names[i] = filepath.Join(into, filepath.Base(name))
		if err := os.WriteFile(names[i], data, 0o644); err != nil { //nolint:gosec // Content is for everybody to read.
			return nil, err
		}
	}
	return names, nil
}

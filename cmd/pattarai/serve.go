package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"pattarai/server"
)

type serveCommand struct {
	server.Config
	Prepare bool `help:"First install and start what labs need, as far as root may: a container engine, the lab images."`
}

// Run implements the command.
func (c *serveCommand) Run(ctx context.Context) error {
	if err := c.Validate(); err != nil {
		fmt.Fprintf(os.Stderr, "pattarai: the configuration cannot be used:\n%v\n", err)
		return failure(exitInvalid)
	}
	if c.Prepare && c.Engine == "docker" {
		loaded, err := servedContent(c.Content)
		if err != nil {
			return err
		}
		flags := engineFlags{DockerHost: c.DockerHost, Agent: c.Agent}
		if err := prepare(ctx, flags, c.Tier, loaded.Current().Images, os.Stdout); err != nil {
			return err
		}
	}
	return serve(ctx, c.Config)
}

// gcPercent trades a little processor time for memory: a server shares a small
// machine with the labs, and serves pages that were made before.
const gcPercent = 40

// serve runs a server until ctx ends, and says where it is.
func serve(ctx context.Context, cfg server.Config) error {
	debug.SetGCPercent(gcPercent)
	s, err := server.New(ctx, cfg, server.Options{Log: os.Stderr, Version: commit()})
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // Reading the lessons left a heap behind that serving does not need.
	fmt.Fprintf(os.Stdout, "\n  Pattarai is at  %s\n  Stop it with Ctrl+C; labs and work are kept.\n\n", s.URL())
	return s.Run(ctx)
}

type previewCommand struct {
	server.Config
	Dir string `arg:"" type:"existingdir" help:"Folder of courses."`
}

// Run implements the command. The preview has data of its own, so that trying a
// lesson leaves no trace in the courses that learners use.
func (c *previewCommand) Run(ctx context.Context) error {
	cfg := c.Config
	cfg.Content, cfg.Preview = []string{c.Dir}, true
	if cfg.Installation == server.Default().Installation {
		cfg.Installation = "preview"
	}
	if cfg.Data == server.Default().Data {
		dir, err := os.MkdirTemp("", "pattarai-preview-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // A temporary folder.
		cfg.Data = dir
	}
	c.buildImages(ctx)
	return serve(ctx, cfg)
}

// buildImages builds what the previewed topologies need. Where that fails the lessons
// can be read, and a lab says what it lacks.
func (c *previewCommand) buildImages(ctx context.Context) {
	if c.Engine != "docker" {
		return
	}
	loaded, err := loadContent([]string{c.Dir})
	if err != nil {
		return // The server says the same.
	}
	client, set, err := engineFlags{DockerHost: c.DockerHost, Agent: c.Agent}.open(loaded.Current().Images)
	if err == nil {
		defer client.Close()
		err = set.Build(ctx, nil, func(line string) { fmt.Fprintln(os.Stdout, line) })
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "pattarai: labs cannot start yet: %v\n", err)
	}
}

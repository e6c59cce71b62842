package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox/docker"
	"pattarai/server/catalog"
	"pattarai/server/prove"
)

// proverLife is how long what a prover left behind may stay before the next one
// takes it away.
const proverLife = 30 * time.Minute

type proveCommand struct {
	engineFlags
	Lessons  []string `arg:"" optional:"" help:"Lesson ids; all when none is given."`
	Content  []string `type:"existingdir" help:"Content roots; the courses of this program when none is given."`
	Parallel int      `help:"Labs at once; as many as this machine takes well when 0."`
	JSON     bool     `help:"Print the summary as JSON." name:"json"`
	JUnit    string   `help:"File to write JUnit XML to." name:"junit" placeholder:"FILE"`
}

// Run implements the command.
func (c *proveCommand) Run(ctx context.Context) error {
	loaded, err := loadContent(c.Content)
	if err != nil {
		return err
	}
	engine, done, err := c.engine(ctx, loaded.Current().Images)
	if err != nil {
		return err
	}
	defer done()
	summary, err := prove.Prove(ctx, prove.Options{
		Catalog: loaded.Current(), Engine: engine, Lessons: c.ids(loaded.Current()),
		Parallel: c.Parallel, Out: os.Stdout, JSON: c.JSON, JUnit: c.JUnit,
	})
	if err != nil {
		return err
	}
	if !summary.OK() {
		return failure(exitFailed)
	}
	return nil
}

// ids are the lessons asked for. A folder of a lesson works as well as its id.
func (c *proveCommand) ids(snapshot *catalog.Snapshot) []string {
	var ids []string
	for _, name := range c.Lessons {
		folder := filepath.ToSlash(filepath.Clean(name))
		for _, course := range snapshot.Courses {
			for _, lesson := range course.Lessons {
				if strings.HasSuffix("/"+folder, "/"+lesson.Dir) {
					name = lesson.ID()
				}
			}
		}
		if !slices.Contains(ids, name) {
			ids = append(ids, name)
		}
	}
	return ids
}

// engine opens the engine under an installation of its own, so that no server
// takes the prover's labs for orphans; what an earlier prover lost is removed.
func (c *proveCommand) engine(ctx context.Context, used func() []string) (*docker.Engine, func(), error) {
	client, set, err := c.open(used)
	if err != nil {
		return nil, nil, err
	}
	if err := set.Build(ctx, nil, func(line string) { fmt.Fprintln(os.Stderr, line) }); err != nil {
		client.Close()
		return nil, nil, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // It never fails; see crypto/rand.
	engine, err := docker.New(ctx, docker.Config{Host: c.DockerHost, Installation: "prove", Secret: secret, Images: set})
	if err != nil {
		client.Close()
		return nil, nil, err
	}
	removeLost(ctx, engine)
	return engine, func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := engine.Close(ending); err != nil {
			fmt.Fprintln(os.Stderr, "pattarai: closing the engine:", err)
		}
		client.Close()
	}, nil
}

// removeLost removes labs of provers that were killed. Failing at it is no reason not to prove.
func removeLost(ctx context.Context, engine *docker.Engine) {
	labs, err := engine.List(ctx)
	if err != nil {
		return
	}
	for _, lab := range labs {
		if time.Since(lab.Created) < proverLife {
			continue
		}
		if err := engine.Remove(ctx, lab.ID); err != nil {
			fmt.Fprintln(os.Stderr, "pattarai: removing a lost lab:", err)
		}
	}
}

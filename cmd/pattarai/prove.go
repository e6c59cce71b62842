package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"pattarai/sandbox/docker"
	"pattarai/sandbox/pool"
	"pattarai/server/catalog"
	"pattarai/server/prove"
)

// proverLife is how long what a prover left behind may stay before the next one
// takes it away.
const proverLife = 30 * time.Minute

const (
	maxRepeat = 100
	labMemory = 768 << 20 // Bytes that a lab may need, generously.
)

type proveCommand struct {
	engineFlags
	Lessons      []string `arg:"" optional:"" help:"Lessons, by id or folder; all when none is given."`
	Content      []string `type:"existingdir" help:"Content roots; the courses of this program when none is given."`
	ChangedSince string   `help:"Only lessons of --content that differ from this git revision, by their folder or their course.yaml. It does not look at the program and its images." placeholder:"REV"`
	Parallel     int      `help:"Labs at once; as many as this machine takes well when 0."`
	Repeat       int      `help:"How often each solution is judged in its lab. Good ones are judged at least twice." default:"1"`
	Fresh        bool     `help:"A lab of its own for every solution, instead of one after the other in the same lab. Slower."`
	JSON         bool     `help:"Print the summary as JSON." name:"json"`
	JUnit        string   `help:"File to write JUnit XML to." name:"junit" placeholder:"FILE"`
}

// Validate implements kong's check of a command.
func (c *proveCommand) Validate() error {
	switch {
	case c.Repeat < 1 || c.Repeat > maxRepeat:
		return fmt.Errorf("--repeat is %d; 1 to %d are allowed", c.Repeat, maxRepeat)
	case c.ChangedSince != "" && len(c.Content) == 0:
		return errors.New("--changed-since compares folders, and no --content is given; add --content lessons/content")
	case c.ChangedSince != "" && len(c.Lessons) > 0:
		return errors.New("--changed-since chooses the lessons, and some are named as well; leave one of the two out")
	}
	return nil
}

// Run implements the command.
func (c *proveCommand) Run(ctx context.Context) error {
	loaded, err := loadContent(c.Content)
	if err != nil {
		return err
	}
	chosen, err := c.chosen(ctx, loaded.Current())
	if err != nil {
		return err
	}
	if c.ChangedSince != "" && loaded.Current().Problems.HasErrors() {
		return errors.New("some lessons have errors and cannot be proved; see pattarai lint " + strings.Join(c.Content, " "))
	}
	if c.ChangedSince != "" && len(chosen) == 0 {
		fmt.Fprintln(os.Stdout, "No lesson has changed since "+c.ChangedSince+".")
		return nil
	}
	engine, done, err := c.engine(ctx, loaded.Current().Images)
	if err != nil {
		return err
	}
	defer done()
	summary, err := prove.Prove(ctx, prove.Options{
		Catalog: loaded.Current(), Engine: engine, Lessons: chosen,
		Parallel: c.labsAtOnce(), Rounds: c.Repeat, Fresh: c.Fresh,
		Out: os.Stdout, Bar: !c.JSON && term.IsTerminal(int(os.Stdout.Fd())), JSON: c.JSON, JUnit: c.JUnit,
	})
	if err != nil {
		return err
	}
	if !summary.OK() {
		return failure(exitFailed)
	}
	return nil
}

// labsAtOnce is how many labs this machine takes well: labs often wait, so two for
// each core, if half of the memory holds them.
func (c *proveCommand) labsAtOnce() int {
	if c.Parallel > 0 {
		return c.Parallel
	}
	most := 2 * runtime.NumCPU()
	if memory, err := pool.HostMemory(); err == nil {
		most = min(most, int(memory/2/labMemory))
	}
	return max(1, most)
}

// chosen are the ids of the lessons to prove; none means all.
func (c *proveCommand) chosen(ctx context.Context, snapshot *catalog.Snapshot) ([]string, error) {
	if c.ChangedSince == "" {
		return c.ids(snapshot), nil
	}
	var chosen []string
	for _, root := range c.Content {
		files, err := changedFiles(ctx, root, c.ChangedSince)
		if err != nil {
			return nil, err
		}
		for _, course := range snapshot.Courses {
			for _, lesson := range course.Lessons {
				if touches(files, course.Slug, lesson.Dir) && !slices.Contains(chosen, lesson.ID()) {
					chosen = append(chosen, lesson.ID())
				}
			}
		}
	}
	return chosen, nil
}

// touches tells whether one of the files decides about a lesson.
func touches(files []string, course, dir string) bool {
	return slices.ContainsFunc(files, func(name string) bool {
		return name == course+"/course.yaml" || strings.HasPrefix(name, dir+"/")
	})
}

// changedFiles are the files below root, relative to it, that differ from a
// revision, and those that git does not know yet.
func changedFiles(ctx context.Context, root, revision string) ([]string, error) {
	if strings.HasPrefix(revision, "-") {
		return nil, fmt.Errorf("--changed-since is %q, which is no revision; write main or HEAD~1, for example", revision)
	}
	var files []string
	for _, args := range [][]string{
		{"diff", "--name-only", "--relative", "-z", revision, "--", "."},
		{"ls-files", "--others", "--exclude-standard", "-z"},
	} {
		git := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
		var said strings.Builder
		git.Stderr = &said
		out, err := git.Output()
		if err != nil {
			return nil, fmt.Errorf("asking git what changed below %s: %w: %s", root, err, strings.TrimSpace(said.String()))
		}
		files = append(files, strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })...)
	}
	return files, nil
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

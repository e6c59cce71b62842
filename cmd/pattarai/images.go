package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
)

// engineFlags say which container engine and which agent to use; every command
// that touches containers has them.
type engineFlags struct {
	DockerHost string `help:"Address of the Docker engine; DOCKER_HOST or the usual socket when empty." env:"PATTARAI_DOCKER_HOST"`
	Agent      string `help:"The agent's binary; pattarai-agent beside this program when empty." env:"PATTARAI_AGENT"`
}

// open returns the engine's client and the lab images on it, of which lessons need
// those of used; nil means all.
func (f engineFlags) open(used func() []string) (*docker.Client, *images.Set, error) {
	client, err := docker.NewClient(f.DockerHost)
	if err != nil {
		return nil, nil, err
	}
	return client, images.New(client, f.Agent, used), nil
}

// imagesCommand groups what is done with lab images.
type imagesCommand struct {
	Build  imagesBuild  `cmd:"" help:"Build what is missing of what the lessons use. Example: pattarai images build postgres"`
	List   imagesList   `cmd:"" help:"List the lab images and whether they are here."`
	Export imagesExport `cmd:"" help:"Write the lab images that are here into an archive. Example: pattarai images export labs.tar"`
	Prune  imagesPrune  `cmd:"" help:"Remove lab images of earlier versions that nothing uses. Example: pattarai images prune --older-than 24h"`
	Import imagesImport `cmd:"" help:"Bring in an archive from another machine. Example: pattarai images import labs.tar"`
}

// imageFlags are an engine, and the content whose lab images matter.
type imageFlags struct {
	engineFlags
	Content []string `type:"existingdir" help:"Folder of courses beside the built-in ones whose lab images are needed, too."`
}

// open returns the engine's client and the lab images on it.
func (f imageFlags) open() (*docker.Client, *images.Set, error) {
	loaded, err := servedContent(f.Content)
	if err != nil {
		return nil, nil, err
	}
	return f.engineFlags.open(loaded.Current().Images)
}

type imagesBuild struct {
	imageFlags
	All   bool     `help:"All of them, those that no lesson uses too."`
	Names []string `arg:"" optional:"" help:"Which ones; what the lessons use when none is named."`
}

// Run implements the command.
func (c *imagesBuild) Run(ctx context.Context) error {
	client, set, err := c.open()
	if err != nil {
		return err
	}
	defer client.Close()
	names := c.Names
	if c.All {
		names = set.Names()
	}
	return buildMissing(ctx, set, names, os.Stdout)
}

// buildMissing builds those of names (what is needed when empty) that the engine does
// not hold.
func buildMissing(ctx context.Context, set *images.Set, names []string, out io.Writer) error {
	if len(names) == 0 {
		names = set.Needed()
	}
	missing, err := set.Missing(ctx, names)
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		fmt.Fprintln(out, "ok    lab images: all present")
		return nil
	}
	return set.Build(ctx, missing, func(line string) { fmt.Fprintln(out, "      "+line) })
}

type imagesPrune struct {
	engineFlags
	OlderThan time.Duration `default:"24h" help:"Only those made longer ago: another checkout on this machine may still want its own."`
	DryRun    bool          `help:"Only say what would go."`
}

// Run implements the command.
func (c *imagesPrune) Run(ctx context.Context) error {
	client, set, err := c.open(nil)
	if err != nil {
		return err
	}
	defer client.Close()
	before := time.Now().Add(-c.OlderThan)
	if c.DryRun {
		stale, err := set.Stale(ctx, client, before)
		for _, h := range stale {
			fmt.Fprintf(os.Stdout, "would remove %s, made %s\n", h.Ref, h.Created.UTC().Format(time.DateTime))
		}
		return err
	}
	gone, err := set.Prune(ctx, client, before, func(line string) { fmt.Fprintln(os.Stdout, line) })
	fmt.Fprintf(os.Stdout, "%d images removed\n", len(gone))
	return err
}

type imagesList struct{ imageFlags }

// Run implements the command.
func (c *imagesList) Run(ctx context.Context) error {
	client, set, err := c.open()
	if err != nil {
		return err
	}
	defer client.Close()
	entries, err := set.List(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		state := "missing"
		switch {
		case e.ID != "":
			state = e.ID
		case !e.Needed:
			state = "not built, no lesson uses it"
		}
		fmt.Fprintf(os.Stdout, "%-10s %-44s %s\n", e.Name, e.Ref, state)
	}
	return nil
}

type imagesExport struct {
	imageFlags
	File string `arg:"" help:"The archive to write."`
}

// Run implements the command. The archive appears under its name only when it is whole.
func (c *imagesExport) Run(ctx context.Context) error {
	client, set, err := c.open()
	if err != nil {
		return err
	}
	defer client.Close()
	file, err := os.Create(c.File + ".part")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // Gone once it was renamed.
	if err := set.Export(ctx, file); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), c.File)
}

type imagesImport struct {
	imageFlags
	File string `arg:"" type:"existingfile" help:"The archive to read."`
}

// Run implements the command.
func (c *imagesImport) Run(ctx context.Context) error {
	client, set, err := c.open()
	if err != nil {
		return err
	}
	defer client.Close()
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	return set.Import(ctx, file)
}

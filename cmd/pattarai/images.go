package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
)

// engineFlags say which container engine and which agent to use; every command
// that touches containers has them.
type engineFlags struct {
	DockerHost string `help:"Address of the Docker engine; DOCKER_HOST or the usual socket when empty." env:"PATTARAI_DOCKER_HOST"`
	Agent      string `help:"The agent's binary; pattarai-agent beside this program when empty." env:"PATTARAI_AGENT"`
}

// open returns the engine's client and the lab images on it.
func (f engineFlags) open() (*docker.Client, *images.Set, error) {
	client, err := docker.NewClient(f.DockerHost)
	if err != nil {
		return nil, nil, err
	}
	return client, images.New(client, f.Agent), nil
}

// imagesCommand groups what is done with lab images.
type imagesCommand struct {
	Build  imagesBuild  `cmd:"" help:"Build what is missing. Example: pattarai images build haproxy"`
	List   imagesList   `cmd:"" help:"List the lab images and whether they are here."`
	Export imagesExport `cmd:"" help:"Write all lab images into an archive. Example: pattarai images export labs.tar"`
	Import imagesImport `cmd:"" help:"Bring in an archive from another machine. Example: pattarai images import labs.tar"`
}

type imagesBuild struct {
	engineFlags
	Names []string `arg:"" optional:"" help:"Which ones; all when none is named."`
}

// Run implements the command.
func (c *imagesBuild) Run(ctx context.Context) error {
	client, set, err := c.open()
	if err != nil {
		return err
	}
	defer client.Close()
	return buildMissing(ctx, set, c.Names, os.Stdout)
}

// buildMissing builds those of names (all when empty) that the engine does not hold.
func buildMissing(ctx context.Context, set *images.Set, names []string, out io.Writer) error {
	if len(names) == 0 {
		missing, err := set.Missing(ctx)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			fmt.Fprintln(out, "ok    lab images: all present")
			return nil
		}
		names = missing
	}
	return set.Build(ctx, names, func(line string) { fmt.Fprintln(out, "      "+line) })
}

type imagesList struct{ engineFlags }

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
		if e.ID != "" {
			state = e.ID
		}
		fmt.Fprintf(os.Stdout, "%-10s %-44s %s\n", e.Name, e.Ref, state)
	}
	return nil
}

type imagesExport struct {
	engineFlags
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
	engineFlags
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

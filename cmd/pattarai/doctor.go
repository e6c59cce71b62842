package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/host"
	"pattarai/sandbox/images"
)

// engineLog is where an engine that we start ourselves writes its log.
const engineLog = "/var/log/pattarai-dockerd.log"

type doctorCommand struct {
	engineFlags
	Content []string `type:"existingdir" help:"Folder of courses beside the built-in ones."`

	Fix   bool   `help:"Mend what root may mend."`
	Tier  string `enum:"standard,hardened" default:"standard" help:"The tier that labs are to run on; hardened needs gVisor, too."`
	Tests bool   `help:"Look at what the tests need, too."`
	JSON  bool   `help:"Print the findings as JSON." name:"json"`
}

// finding is one line of doctor's report.
type finding struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"`
}

// Run implements the command.
func (c *doctorCommand) Run(ctx context.Context) error {
	loaded, err := servedContent(c.Content)
	if err != nil {
		return err
	}
	client, set, err := c.open(loaded.Current().Images)
	if err != nil {
		return err
	}
	defer client.Close()
	machine := &host.Machine{Engine: client, Out: os.Stderr, Log: engineLog}
	steps := labSteps(machine, c.Tier)
	if c.Tests {
		steps = append(steps, machine.Test()...)
	}
	if c.Fix {
		return machine.Prepare(ctx, append(steps, imageStep(set, os.Stderr)))
	}
	return c.report(ctx, append(steps, imageStep(set, os.Stderr)))
}

// labSteps lists what labs of that tier need.
func labSteps(machine *host.Machine, tier string) []host.Step {
	if sandbox.Tier(tier) == sandbox.Hardened {
		return append(machine.Lab(), machine.Hardened(docker.GVisor)...)
	}
	return machine.Lab()
}

func (c *doctorCommand) report(ctx context.Context, steps []host.Step) error {
	findings, healthy := diagnose(ctx, steps)
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(findings); err != nil {
			return err
		}
	} else {
		printFindings(os.Stdout, findings)
	}
	if !healthy {
		return failure(exitFailed)
	}
	return nil
}

func diagnose(ctx context.Context, steps []host.Step) (findings []finding, healthy bool) {
	healthy = true
	for _, step := range steps {
		found, err := step.Check(ctx)
		f := finding{Name: step.Name, OK: err == nil, Found: found}
		if err != nil {
			f.Found, f.Fix, healthy = err.Error(), step.Hint, false
		}
		findings = append(findings, f)
	}
	return findings, healthy
}

func printFindings(w io.Writer, findings []finding) {
	for _, f := range findings {
		if f.OK {
			fmt.Fprintf(w, "ok    %s: %s\n", f.Name, f.Found)
			continue
		}
		fmt.Fprintf(w, "FAIL  %s: %s\n      fix: %s\n", f.Name, f.Found, f.Fix)
	}
}

// imageStep is the step that the lab images are there.
func imageStep(set *images.Set, out io.Writer) host.Step {
	return host.Step{
		Name: "lab images",
		Check: func(ctx context.Context) (string, error) {
			missing, err := set.Missing(ctx, set.Needed())
			if err != nil {
				return "", err
			}
			if len(missing) > 0 {
				return "", fmt.Errorf("not built yet: %v", missing)
			}
			return "all present", nil
		},
		Fix:  func(ctx context.Context) error { return buildMissing(ctx, set, nil, out) },
		Hint: "bin/pattarai images build",
	}
}

// prepare makes the machine ready for labs; what it cannot do it says, and the
// server runs without labs then.
func prepare(ctx context.Context, flags engineFlags, tier string, used func() []string, out io.Writer) error {
	client, set, err := flags.open(used)
	if err != nil {
		return err
	}
	defer client.Close()
	machine := &host.Machine{Engine: client, Out: out, Log: engineLog}
	err = machine.Prepare(ctx, append(labSteps(machine, tier), imageStep(set, out)))
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(out, "\nLabs cannot start yet; lessons and quizzes work. What is missing:\n%v\n\n", err)
		return nil
	}
	return err
}

var _ host.Engine = (*docker.Client)(nil)

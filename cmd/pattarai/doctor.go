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
	Prove bool   `negatable:"" default:"true" help:"Start a lab and try to break out of it, to see that this machine's controls hold."`
	JSON  bool   `help:"Print the findings as JSON." name:"json"`
}

// finding is one line of doctor's report.
type finding struct {
	Name  string `json:"name"`
	Tried string `json:"tried,omitempty"` // For a control: what was tried against it.
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Want  string `json:"want,omitempty"` // For a control that did not hold: what should have come of it.
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
	steps := labSteps(machine, client, c.Tier)
	if c.Tests {
		steps = append(steps, machine.Test()...)
	}
	steps = append(steps, imageStep(set, os.Stderr))
	if c.Fix {
		if err := machine.Prepare(ctx, steps); err != nil {
			return err
		}
		steps = nil // They have been told.
	}
	return c.report(ctx, steps, set)
}

// labSteps lists what labs of that tier need.
func labSteps(machine *host.Machine, client *docker.Client, tier string) []host.Step {
	steps := append(machine.Lab(), wallStep(client))
	if sandbox.Tier(tier) == sandbox.Hardened {
		return append(steps, machine.Hardened(docker.GVisor)...)
	}
	return steps
}

// report tells what the steps and the controls come to, each as soon as it is known.
func (c *doctorCommand) report(ctx context.Context, steps []host.Step, set *images.Set) error {
	findings := []finding{}
	tell := func(f finding) {
		findings = append(findings, f)
		if !c.JSON {
			printFinding(os.Stdout, f)
		}
	}
	healthy := diagnose(ctx, steps, tell)
	var err error
	if healthy && c.Prove {
		healthy, err = c.prove(ctx, set, tell)
	}
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		err = errors.Join(err, encoder.Encode(findings))
	}
	if err == nil && !healthy {
		return failure(exitFailed)
	}
	return err
}

func diagnose(ctx context.Context, steps []host.Step, tell func(finding)) (healthy bool) {
	healthy = true
	for _, step := range steps {
		found, err := step.Check(ctx)
		f := finding{Name: step.Name, OK: err == nil, Found: found}
		if err != nil {
			f.Found, f.Fix, healthy = err.Error(), step.Hint, false
		}
		tell(f)
	}
	return healthy
}

func printFinding(w io.Writer, f finding) {
	what := f.Name
	if f.Tried != "" {
		what += " (" + f.Tried + ")"
	}
	if f.OK {
		fmt.Fprintf(w, "ok    %s: %s\n", what, f.Found)
		return
	}
	found := f.Found
	if f.Want != "" {
		found += "; it should be: " + f.Want
	}
	fmt.Fprintf(w, "FAIL  %s: %s\n      fix: %s\n", what, found, f.Fix)
}

// wallStep is the step that labs cannot open connections to this host.
func wallStep(client *docker.Client) host.Step {
	return host.Step{Name: "wall between labs and this host", Check: client.Wall, Fix: client.RaiseWall, Hint: "sudo bin/pattarai doctor --fix"}
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
	err = machine.Prepare(ctx, append(labSteps(machine, client, tier), imageStep(set, out)))
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(out, "\nLabs cannot start yet; lessons and quizzes work. What is missing:\n%v\n\n", err)
		return nil
	}
	return err
}

var _ host.Engine = (*docker.Client)(nil)

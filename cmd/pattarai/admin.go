package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"pattarai/server/admin"
	"pattarai/server/fault"
	"pattarai/server/regrade"
)

// jobPoll is how often a regrade is looked at while it is worked on.
const jobPoll = time.Second

// adminCommand is what an operator asks of a running server.
type adminCommand struct {
	Regrade    regradeCommand    `cmd:"" help:"Grade stored submissions again with the checks as they are now; nothing changes until it is applied. Example: pattarai admin regrade haproxy/round-robin/checks --since 2026-11-01"`
	Regrades   regradesCommand   `cmd:"" help:"List regrades, newest first."`
	Quarantine quarantineCommand `cmd:"" help:"List submissions that could not be graded in three tries."`
}

// serverFlags find the running server.
type serverFlags struct {
	Data string `default:"data" placeholder:"DIR" help:"Data folder of the running server."`
	JSON bool   `help:"Print JSON." name:"json"`
}

type regradeCommand struct {
	serverFlags
	Exercise    string   `arg:"" optional:"" help:"COURSE/LESSON/EXERCISE; EXERCISE is checks, or a question's id." placeholder:"EXERCISE"`
	Since       string   `help:"Only what was handed in from then on: 2026-11-01, or with a time, 2026-11-01T09:30:00Z." placeholder:"TIME"`
	Quarantined bool     `help:"Only submissions in quarantine; of all exercises when none is named."`
	Proposed    string   `help:"A regrade that was proposed before, instead of a new one." placeholder:"ID" name:"run" env:"-"`
	DryRun      bool     `help:"Show who would gain and lose, and change nothing. This is so without --apply, too."`
	Apply       bool     `help:"Make the proposed grades those that count. Who would lose keeps what they have." env:"-"`
	AllowLower  []string `help:"With --apply: submissions whose marks may go down, or all." placeholder:"SUBMISSION" env:"-"`
}

// Validate implements kong's check of a command.
func (c *regradeCommand) Validate() error {
	switch {
	case c.DryRun && c.Apply:
		return errors.New("--dry-run changes nothing and --apply does; leave one of them out")
	case len(c.AllowLower) > 0 && !c.Apply:
		return errors.New("--allow-lower approves what --apply does; add --apply")
	case c.Proposed != "" && (c.Exercise != "" || c.Since != "" || c.Quarantined):
		return errors.New("--run names a regrade that was proposed; leave the exercise, --since and --quarantined out")
	case c.Proposed == "" && c.Exercise == "" && !c.Quarantined:
		return errors.New("name an exercise as COURSE/LESSON/EXERCISE, or give --quarantined, or --run")
	}
	_, err := c.asked()
	return err
}

// asked is the regrade that the flags describe.
func (c *regradeCommand) asked() (r regrade.Regrade, err error) {
	r.Quarantined = c.Quarantined
	if c.Exercise != "" {
		parts := strings.Split(c.Exercise, "/")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			return r, fmt.Errorf("the exercise is %q; write COURSE/LESSON/EXERCISE, for example haproxy/round-robin/checks", c.Exercise)
		}
		r.Lesson, r.Exercise = parts[0]+"/"+parts[1], parts[2]
	}
	if c.Since == "" {
		return r, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if r.Since, err = time.Parse(layout, c.Since); err == nil {
			return r, nil
		}
	}
	return r, fmt.Errorf("--since is %q; write a day as 2026-11-01 (it begins in UTC) or a time as 2026-11-01T09:30:00Z", c.Since)
}

// Run implements the command.
func (c *regradeCommand) Run(ctx context.Context) error {
	client := admin.Open(c.Data)
	defer client.Close()
	id := c.Proposed
	if id == "" {
		asked, err := c.asked()
		if err != nil {
			return err
		}
		proposed, err := client.Propose(ctx, asked)
		if err != nil {
			return said(err)
		}
		id = proposed.ID
	}
	job, err := follow(ctx, client, id)
	if err != nil {
		return said(err)
	}
	if !c.Apply {
		return c.show(job, nil)
	}
	if !c.JSON { // What will change is shown before it does.
		table(os.Stdout, job)
	}
	outcome, err := client.Apply(ctx, id, c.AllowLower)
	if err != nil {
		return said(err)
	}
	if job, err = client.Job(ctx, id); err != nil {
		return said(err)
	}
	return c.show(job, &outcome)
}

// follow waits until all of a regrade is graded, and says how far it is.
func follow(ctx context.Context, client *admin.Client, id string) (admin.Job, error) {
	for said := -1; ; {
		job, err := client.Job(ctx, id)
		if err != nil {
			return job, err
		}
		done := len(job.Items) - count(job, func(row admin.Row) bool { return row.State == regrade.Waiting })
		if done != said {
			fmt.Fprintf(os.Stderr, "regrade %s: %d of %d graded again\n", id, done, len(job.Items))
			said = done
		}
		if done == len(job.Items) {
			return job, nil
		}
		select {
		case <-time.After(jobPoll):
		case <-ctx.Done():
			return job, fmt.Errorf("not waiting any longer; the server goes on with it. See it with: pattarai admin regrade --run %s", id)
		}
	}
}

// show prints a regrade and what was applied of it, or how to do that.
func (c *regradeCommand) show(job admin.Job, outcome *regrade.Outcome) error {
	if c.JSON {
		return printJSON(struct {
			admin.Job
			Outcome *regrade.Outcome `json:"outcome,omitempty"`
		}{job, outcome})
	}
	if outcome == nil {
		table(os.Stdout, job)
		fmt.Fprintf(os.Stdout, "\nNothing was changed. To apply it: pattarai admin regrade --run %s --apply\n", job.ID)
		return nil
	}
	fmt.Fprintf(os.Stdout, "\nApplied to %d.", len(outcome.Applied))
	if len(outcome.Held) > 0 {
		fmt.Fprintf(os.Stdout, " %d would lose and keep what they have; to lower them: pattarai admin regrade --run %s --apply --allow-lower %s", len(outcome.Held), job.ID, strings.Join(outcome.Held, ","))
	}
	if len(outcome.Stale) > 0 {
		fmt.Fprintf(os.Stdout, " %d were changed meanwhile; regrade them again: %s", len(outcome.Stale), strings.Join(outcome.Stale, ", "))
	}
	fmt.Fprintln(os.Stdout)
	return nil
}

// table prints who gains and who loses, and a line that counts.
func table(out io.Writer, job admin.Job) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CHANGE\tSUBMISSION\tLEARNER\tATTEMPT\tBEFORE\tAFTER\tREASON")
	for _, row := range job.Items {
		change, after := string(row.Change), mark(row.New)
		if row.Change == regrade.None {
			change, after = "-", "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", change, row.Submission, row.Learner, row.Attempt, mark(row.Old), after, row.Problem)
	}
	_ = w.Flush() // Whoever reads it may have gone.
	of := func(change regrade.Change) int {
		return count(job, func(row admin.Row) bool { return row.Change == change })
	}
	fmt.Fprintf(out, "%d would gain, %d would lose, %d stay the same, %d cannot be graded again.\n", of(regrade.Gain), of(regrade.Lose), of(regrade.Same), of(regrade.None))
}

func count(job admin.Job, is func(admin.Row) bool) int {
	n := 0
	for _, row := range job.Items {
		if is(row) {
			n++
		}
	}
	return n
}

// mark is a grade in a few words.
func mark(g regrade.Grade) string {
	if !g.Gradable {
		return "ungraded"
	}
	return fmt.Sprintf("%s %g/%g", g.Verdict, g.Points, g.MaxPoints)
}

type regradesCommand struct{ serverFlags }

// Run implements the command.
func (c *regradesCommand) Run(ctx context.Context) error {
	client := admin.Open(c.Data)
	defer client.Close()
	all, err := client.Regrades(ctx)
	if err != nil {
		return said(err)
	}
	if c.JSON {
		return printJSON(all)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tOF\tPROPOSED")
	for _, r := range all {
		of := strings.Trim(r.Lesson+"/"+r.Exercise, "/")
		if r.Quarantined {
			of = strings.TrimSpace("quarantine " + of)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, of, r.Created.Format(time.RFC3339))
	}
	return w.Flush()
}

type quarantineCommand struct{ serverFlags }

// Run implements the command.
func (c *quarantineCommand) Run(ctx context.Context) error {
	client := admin.Open(c.Data)
	defer client.Close()
	all, err := client.Quarantined(ctx)
	if err != nil {
		return said(err)
	}
	switch {
	case c.JSON:
		return printJSON(all)
	case len(all) == 0:
		fmt.Fprintln(os.Stdout, "No submission is in quarantine.")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SUBMISSION\tLEARNER\tEXERCISE\tSINCE\tREASON")
	for _, q := range all {
		fmt.Fprintf(w, "%s\t%s\t%s/%s\t%s\t%s\n", q.Submission, q.Learner, q.Lesson, q.Exercise, q.Since.Format(time.RFC3339), q.Reason)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "\nTo grade them again on labs of their own: pattarai admin regrade --quarantined --apply")
	return nil
}

func printJSON(value any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// said is a fault as a person should hear it.
func said(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	return errors.New(strings.TrimSpace(f.Message + " " + f.Fix))
}

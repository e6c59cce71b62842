package prove

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// reporter tells of steps as they end, and of everything at the end.
type reporter struct {
	Options
	mu         sync.Mutex
	done, many int // Things that were tried, of how many.
}

func newReporter(o Options) *reporter {
	if o.Out == nil {
		o.Out = io.Discard
	}
	return &reporter{Options: o}
}

// begin counts what there is to do and draws the bar, if there is to be one.
func (r *reporter) begin(jobs []job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range jobs {
		r.many += j.things
	}
	r.bar()
}

// end takes the bar away.
func (r *reporter) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wipe()
}

// wipe clears the last line of the terminal, where the bar is.
func (r *reporter) wipe() {
	if r.Bar {
		fmt.Fprint(r.Out, "\r\x1b[K")
	}
}

// bar draws how far it is.
func (r *reporter) bar() {
	const width = 30
	if r.Bar && r.many > 0 {
		full := width * r.done / r.many
		fmt.Fprintf(r.Out, "[%s%s] %d of %d", strings.Repeat("#", full), strings.Repeat("-", width-full), r.done, r.many)
	}
}

// steps tells of steps that have just ended, which one thing consists of.
func (r *reporter) steps(lesson string, steps []Step) {
	if r.JSON {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	r.wipe()
	defer r.bar()
	for _, s := range steps {
		fmt.Fprintf(r.Out, "%-4s  %s  %s  %s\n", mark(s), lesson, s.Name, seconds(s.Took))
		if note := s.Reason + s.Skipped + s.Note; note != "" {
			fmt.Fprintln(r.Out, "      "+strings.ReplaceAll(strings.TrimSpace(note), "\n", "\n      "))
		}
	}
}

func mark(s Step) string {
	switch {
	case !s.OK:
		return "FAIL"
	case s.Skipped != "":
		return "skip"
	}
	return "ok"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// finish writes the summary in every form that was asked for.
func (r *reporter) finish(s Summary) error {
	if r.JUnit != "" {
		if err := writeJUnit(r.JUnit, s); err != nil {
			return fmt.Errorf("the JUnit report: %w", err)
		}
	}
	if r.JSON {
		encoder := json.NewEncoder(r.Out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(s)
	}
	return r.table(s)
}

// table sums up the lessons.
func (r *reporter) table(s Summary) error {
	fmt.Fprintln(r.Out)
	t := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LESSON\tSTEPS\tFAILED\tTIME IN LABS")
	for _, l := range s.Lessons {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f s\n", l.ID, len(l.Steps), l.Failed(), l.Labs)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range s.Problems {
		fmt.Fprintln(r.Out, "FAIL ", p)
	}
	_, err := fmt.Fprintln(r.Out, verdict(s))
	return err
}

// verdict is the last line.
func verdict(s Summary) string {
	took := seconds(s.Took)
	if s.OK() {
		return fmt.Sprintf("%s proved in %s.", several(len(s.Lessons), "lesson"), took)
	}
	return fmt.Sprintf("Not as it should be: %s, %s (%s).", several(s.Failed(), "step"), several(len(s.Problems), "problem"), took)
}

// several counts things: "1 step", "2 steps".
func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeJUnit writes the summary as JUnit XML.
func writeJUnit(name string, s Summary) error {
	data, err := junit(s)
	if err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o600)
}

package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/check"
)

const honest = "print('honest')\n"

// hostile is a check of one program; %q is what it must print.
const hostile = `  - id: hostile
    title: t
    program:
      in: runner1
      file: main.py
      run: %q
      timeout: %s
      %s
      cases:
        - {expect: {stdout: %q}}
`

// TestHostile judges programs that attack their judge: each has its exact verdict,
// and an honest program is judged as ever afterwards.
func TestHostile(t *testing.T) {
	r := newRunner(t, 1)
	const (
		long   = "run 1: the command took longer than its limit of 500 ms and was ended"
		memory = "run 1: the command used more memory than its limit and was ended"
		output = "run 1: the command printed more than 64 KiB to stdout; the rest was cut off"
	)
	for _, test := range []struct {
		name, expect string
		verdict      check.Verdict
		reason       string
	}{
		{"fork_bomb", "", check.VerdictTimedOut, long},
		{"memory_hog", "", check.VerdictLimitExceeded, memory},
		{"output_flood", "", check.VerdictTimedOut, long},
		{"much_output", "", check.VerdictLimitExceeded, output},
		{"infinite_loop", "", check.VerdictTimedOut, long},
		{"stopped", "", check.VerdictTimedOut, long},
		{"ignores_signals", "", check.VerdictTimedOut, long},
		{"closes_descriptors", "x\n", check.VerdictFailed, "run 1: stdout is not “x” but (nothing)"},
		{"kills_parent", strings.Repeat("refused\n", 6), check.VerdictPassed, ""},
		{"kills_everybody", "0 sent\n", check.VerdictPassed, ""},
		{"traces_judge", strings.Repeat("-1\n", 8), check.VerdictPassed, ""},
		{"writes_memory", strings.Repeat("refused\n", 6), check.VerdictPassed, ""},
		{"fills_memory_files", "full\n", check.VerdictPassed, ""},
		{"uses_up_inodes", "full\n", check.VerdictPassed, ""},
		{"daemon", "done\n", check.VerdictPassed, ""},
		{"threads", "full\n", check.VerdictPassed, ""},
		{"removes_itself", "done\n", check.VerdictPassed, ""},
		{"talks_to_agent", "refused\nrefused\n", check.VerdictPassed, ""},
		{"escapes", "-1 -1 -1 -1 -1\n-1 -1 -1 -1\n", check.VerdictPassed, ""},
	} {
		source := program(t, "hostile/"+test.name+".py")
		for _, way := range []struct{ name, run string }{{"warm", "python3 main.py"}, {"fresh", "exec python3 main.py"}} {
			t.Run(test.name+"/"+way.name, func(t *testing.T) {
				limit := "10s"
				if test.verdict == check.VerdictTimedOut {
					limit = "500ms"
				}
				began := time.Now()
				report := r.judge(t, fmt.Sprintf(hostile, way.run, limit, "", test.expect), map[string][]byte{"main.py": source})
				t.Logf("took %s", time.Since(began).Round(time.Millisecond))
				reasons := report.Results[0].Reasons
				if report.Verdict != test.verdict || !report.Gradable || strings.Join(reasons, "\n") != test.reason {
					t.Errorf("verdict %s, gradable %v (%s), reasons %q", report.Verdict, report.Gradable, report.Reason, reasons)
				}
				after := r.judge(t, fmt.Sprintf(hostile, way.run, "10s", "", "honest\n"), map[string][]byte{"main.py": []byte(honest)})
				if after.Verdict != check.VerdictPassed {
					t.Fatalf("afterwards an honest program: %s, %s %q", after.Verdict, after.Reason, after.Results[0].Reasons)
				}
			})
		}
	}
}

// TestMemoryLimit is about a limit of the program's own: the interpreter reports it,
// the kernel kills nobody.
func TestMemoryLimit(t *testing.T) {
	r := newRunner(t, 1)
	for _, run := range []string{"python3 main.py", "exec python3 main.py"} {
		report := r.judge(t, fmt.Sprintf(hostile, run, "10s", "memory: 64MiB", ""), map[string][]byte{"main.py": program(t, "hostile/memory_hog.py")})
		if got := strings.Join(report.Results[0].Reasons, "\n"); report.Verdict != check.VerdictLimitExceeded || got != "run 1: the command used more memory than its limit (64 MiB) and was ended" {
			t.Errorf("%s: %s %q\n%s", run, report.Verdict, got, report.Results[0].Output)
		}
	}
}

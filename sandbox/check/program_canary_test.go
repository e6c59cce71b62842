package check_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
)

// secrets is a check whose cases all hold marks. The program that looks for them is
// judged in the middle of them.
const secrets = `  - id: hidden
    title: t
    program:
      in: runner1
      file: main.py
      run: python3 main.py
      timeout: 50s
      cases:
        - {name: first, hidden: true, stdin: "CANARY-INPUT-1\n", args: [CANARY-ARGUMENT-1], expect: {stdout: "CANARY-EXPECTED-1\n"}}
        - {name: second, stdin: "CANARY-INPUT-2\n", args: [CANARY-ARGUMENT-2], expect: {stdout: "CANARY-EXPECTED-2\n", stderr: {not: CANARY-UNWANTED-2}}}
        - {name: third, hidden: true, stdin: "CANARY-INPUT-3\n", expect: {stdout: {contains: CANARY-EXPECTED-3, matches: 'CANARY-PATTERN-\d'}}}
        - {name: fourth, stdin: "CANARY-INPUT-4\n", expect: {stdout: "CANARY-EXPECTED-4\n"}}
`

// witness keeps everything that is sent into the lab.
type witness struct {
	*runner
	mu   sync.Mutex
	sent bytes.Buffer
}

// Exec implements [check.Target].
func (w *witness) Exec(ctx context.Context, node string, c agent.Command) (agent.Result, error) {
	w.mu.Lock()
	data, _ := json.Marshal(c)
	w.sent.Write(data)
	w.sent.Write(c.Stdin)
	w.mu.Unlock()
	return w.Session.Exec(ctx, node, c)
}

// TestHiddenStaysHidden runs a program that prints all it can find: environment,
// processes, files, sockets, memory. No expectation ever enters the lab, and no case
// finds a byte of another one.
func TestHiddenStaysHidden(t *testing.T) {
	r := newRunner(t, 1)
	control := python(true, program(t, "canary.py"))
	control.Env = map[string]string{"LEFT": "CANARY-CONTROL-1"}
	control.Files["there.txt"] = []byte("CANARY-CONTROL-2\n")
	if got := string(r.run(t, control).Stdout); got != "looked at memory\nown:\nothers: CANARY-CONTROL-1 in environment CANARY-CONTROL-2 in /tmp/run/there.txt\n" {
		t.Fatalf("the program does not find what is there: %q", got)
	}
	for _, run := range []string{"python3 main.py", "exec python3 main.py"} {
		t.Run(run, func(t *testing.T) {
			exercise := exerciseOf(t, r, strings.ReplaceAll(secrets, "run: python3 main.py", "run: "+run))
			r.files = map[string][]byte{"main.py": program(t, "canary.py")}
			w := &witness{runner: r}
			report := check.Run(t.Context(), w, exercise, nil)
			if !report.Gradable || len(report.Results[0].Cases) != 4 {
				t.Fatalf("%+v", report)
			}
			for _, mark := range []string{"EXPECTED", "UNWANTED", "PATTERN"} {
				if bytes.Contains(w.sent.Bytes(), []byte("CANARY-"+mark)) {
					t.Errorf("an expectation (%s) was sent into the lab", mark)
				}
			}
			for i, want := range map[int]string{
				1: "looked at memory\nown: CANARY-ARGUMENT-2 CANARY-INPUT-2\nothers:\n",
				3: "looked at memory\nown: CANARY-INPUT-4\nothers:\n",
			} {
				if got := report.Results[0].Cases[i].Observed; got != want {
					t.Errorf("case %d found %q", i+1, got)
				}
			}
			shown, _ := json.Marshal(report)
			for _, secret := range []string{"INPUT-1", "ARGUMENT-1", "EXPECTED-1", "INPUT-3", "EXPECTED-3", "PATTERN"} {
				if bytes.Contains(shown, []byte(secret)) {
					t.Errorf("the report tells %s", secret)
				}
			}
		})
	}
}

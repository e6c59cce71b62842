package check_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
)

const receipt = `  - id: receipt
    title: t
    program:
      in: runner
      file: main.py
      run: python3 main.py
      timeout: 2s
      memory: 64m
      cases:
        - name: visible
          stdin: "dosai\n"
          expect: {stdout: "dosai  80\nsum  80\n"}
        - args: [--quiet, "a b"]
          expect: {stdout: {contains: quiet}}
        - stdin: "top-secret-input\n"
          hidden: true
          expect: {stdout: "top-secret-answer\n"}
`

// interpreter answers a program's runs by their input.
func interpreter(answer func(agent.Command) agent.Result) *lab {
	return &lab{
		files: map[string][]byte{"main.py": []byte("print()\n")},
		exec:  func(_ context.Context, _ string, c agent.Command) (agent.Result, error) { return answer(c), nil },
	}
}

func TestProgram(t *testing.T) {
	right := func(c agent.Command) agent.Result {
		switch {
		case string(c.Stdin) == "dosai\n":
			return agent.Result{Stdout: []byte("dosai  80\nsum  80\n")}
		case slices.Contains(c.Args, "a b"):
			return agent.Result{Stdout: []byte("quiet\n")}
		}
		return agent.Result{Stdout: []byte("top-secret-answer\n")}
	}
	spoil := func(stdin string, r agent.Result) func(agent.Command) agent.Result {
		return func(c agent.Command) agent.Result {
			if string(c.Stdin) == stdin {
				return r
			}
			return right(c)
		}
	}
	for _, test := range []struct {
		name   string
		answer func(agent.Command) agent.Result
		status check.Status
		says   string
	}{
		{"right", right, check.Passed, ""},
		{"blanks", spoil("dosai\n", agent.Result{Stdout: []byte("dosai 80\nsum  80\n\n")}), check.Failed, "visible: stdout is not"},
		{"exit", spoil("dosai\n", agent.Result{Exit: 1, Stderr: []byte("TypeError")}), check.Failed, "visible: it ended with exit status 1; expected 0"},
		{"loops", spoil("dosai\n", agent.Result{TimedOut: true}), check.TimedOut, "visible: the command took longer than its limit of 2 s"},
		{"eats memory", spoil("dosai\n", agent.Result{OutOfMemory: true}), check.LimitExceeded, "visible: the command used more memory than its limit (64 MiB)"},
		{"prints for ever", spoil("dosai\n", agent.Result{StdoutTruncated: true}), check.LimitExceeded, "printed more than 64 KiB"},
		{"hard-coded", spoil("top-secret-input\n", agent.Result{Stdout: []byte("top-secret-input\n"), Stderr: []byte("top-secret-input")}), check.Failed, "hidden run 3: with data that is hidden, its output is not what was expected"},
		{"hidden crash", spoil("top-secret-input\n", agent.Result{Exit: 77, Stdout: []byte("top-secret-input\n")}), check.Failed, "hidden run 3: with data that is hidden, it did not end as expected"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, _ := one(t, interpreter(test.answer), receipt)
			if r.Status != test.status || !strings.Contains(strings.Join(r.Reasons, "\n"), test.says) {
				t.Errorf("%s %q", r.Status, r.Reasons)
			}
			if len(r.Cases) != 3 {
				t.Errorf("%d cases", len(r.Cases))
			}
			data, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(data), "top-secret") || strings.Contains(string(data), "status 77") {
				t.Errorf("a hidden case leaked: %s", data)
			}
		})
	}
}

func TestProgramFiles(t *testing.T) {
	l := interpreter(func(c agent.Command) agent.Result {
		if !c.Fresh || string(c.Files["main.py"]) != "print()\n" || c.Memory != 64<<20 {
			t.Errorf("command %+v", c)
		}
		return agent.Result{}
	})
	one(t, l, receipt)
	delete(l.files, "main.py")
	r, _ := one(t, l, receipt)
	if r.Status != check.Failed || !slices.Equal(r.Reasons, []string{"main.py is not among your files"}) {
		t.Errorf("%s %q", r.Status, r.Reasons)
	}
}

func TestProgramDiff(t *testing.T) {
	answer := func(text string) *lab {
		return interpreter(func(agent.Command) agent.Result { return agent.Result{Stdout: []byte(text)} })
	}
	for _, test := range []struct{ printed, want string }{
		{"dosai  80\nsum  80\n", ""},
		{"dosai 80\nsum  80\n", "- dosai··80⏎\n+ dosai·80⏎\n  sum  80\n"},
		{"dosai  80\nsum  80", "  dosai  80\n- sum··80⏎\n+ sum··80\n"},
		{"dosai  80\nsum  80\n\n", "  dosai  80\n  sum  80\n+ ⏎\n"},
		{"dosai  80\nsum  90 \n", "  dosai  80\n- sum  80\n+ sum  90·\n"},
		{"", "- dosai  80\n- sum  80\n"},
	} {
		r, _ := one(t, answer(test.printed), receipt)
		if got := r.Cases[0].Diff; got != test.want {
			t.Errorf("%q:\n%s", test.printed, got)
		}
	}
}

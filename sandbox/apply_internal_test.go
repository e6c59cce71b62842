package sandbox

import (
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

func TestTold(t *testing.T) {
	for name, c := range map[string]struct {
		result agent.Result
		want   string
	}{
		"ended": {agent.Result{Stdout: []byte("a\n"), Stderr: []byte("b\n")}, "a\nb\n"},
		"took too long": {agent.Result{Stdout: []byte("Configuration file is valid\n"), TimedOut: true},
			"\"haproxy -c\" did not end within 10 seconds and was stopped; the file is not used.\nConfiguration file is valid\n"},
		"did not start": {agent.Result{Failure: "There is no /bin/sh.", Exit: -1}, "There is no /bin/sh.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(c.result, "haproxy -c", 10*time.Second); got != c.want {
				t.Errorf("told = %q, want %q", got, c.want)
			}
		})
	}
}

// The sentence about the time limit belongs to no line of a file; what the check
// printed before still does.
func TestDiagnoseAfterTimeLimit(t *testing.T) {
	n := &edited{member: &member{node: Node{
		Files: []File{{Source: "app.py", Target: "/app/app.py"}},
		Apply: &Apply{Errors: "python"},
	}}}
	printed := "Traceback (most recent call last):\n  File \"/app/app.py\", line 2, in <module>\nValueError: no\n"
	n.output = told(agent.Result{Stderr: []byte(printed), TimedOut: true}, "python -c 1", time.Second)
	got := n.diagnose(map[string][]byte{"app.py": []byte("a\nb\n")})
	if len(got) != 1 || got[0].Line != 2 || got[0].Message != "ValueError: no" {
		t.Errorf("diagnose = %+v, want the one line of the traceback", got)
	}
}

package agent_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

func sh(line string) []string { return []string{"/bin/sh", "-c", line} }

func TestExec(t *testing.T) {
	n := startNode(t)
	if err := os.Mkdir(filepath.Join(n.root, "work"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		cmd                     agent.Command
		exit                    int
		stdout, stderr, failure string
	}{
		"both outputs":   {cmd: agent.Command{Args: sh("echo out; echo err >&2; exit 3")}, exit: 3, stdout: "out\n", stderr: "err\n"},
		"looked up":      {cmd: agent.Command{Args: []string{"echo", "a b"}}, stdout: "a b\n"},
		"stdin":          {cmd: agent.Command{Args: []string{"cat"}, Stdin: []byte("keys")}, stdout: "keys"},
		"stdin unread":   {cmd: agent.Command{Args: []string{"true"}, Stdin: bytes.Repeat([]byte("x"), 1<<20)}},
		"environment":    {cmd: agent.Command{Args: sh("echo $A-$HOME"), Env: map[string]string{"A": "b"}}, stdout: "b-/\n"},
		"directory":      {cmd: agent.Command{Args: sh("basename $PWD"), Dir: "/work"}, stdout: "work\n"},
		"signal":         {cmd: agent.Command{Args: sh("kill -TERM $$")}, exit: 143},
		"no program":     {cmd: agent.Command{Args: []string{"no-such-thing"}}, exit: -1, failure: "no such program: no-such-thing"},
		"no path":        {cmd: agent.Command{Args: []string{"/no/such"}}, exit: -1, failure: "no such program: /no/such"},
		"no directory":   {cmd: agent.Command{Args: []string{"true"}, Dir: "/absent"}, exit: -1, failure: "no such directory: " + n.root + "/absent"},
		"nothing":        {cmd: agent.Command{}, exit: -1, failure: "no program was named"},
		"not executable": {cmd: agent.Command{Args: []string{"/etc/passwd"}}, exit: -1, failure: "not executable: /etc/passwd"},
		"memory limit":   {cmd: agent.Command{Args: sh("ulimit -v"), Memory: 256 << 20}, stdout: "262144\n"},
		"memory limit, no program": {
			cmd: agent.Command{Args: []string{"no-such-thing"}, Memory: 256 << 20}, exit: -1, failure: "no such program: no-such-thing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := n.Exec(t.Context(), test.cmd)
			if err != nil {
				t.Fatal(err)
			}
			if got.Exit != test.exit || string(got.Stdout) != test.stdout || string(got.Stderr) != test.stderr || got.Failure != test.failure {
				t.Errorf("got exit %d, stdout %q, stderr %q, failure %q", got.Exit, got.Stdout, got.Stderr, got.Failure)
			}
			if got.TimedOut || got.OutOfMemory {
				t.Errorf("timed out %v, out of memory %v; want neither", got.TimedOut, got.OutOfMemory)
			}
		})
	}
}

// gone tells whether a process ends within five seconds.
func gone(pid int) bool {
	for range 500 {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || bytes.Contains(stat, []byte(") Z ")) || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func TestExecTimeoutKillsGrandchildren(t *testing.T) {
	n := startNode(t)
	began := time.Now()
	got, err := n.Exec(t.Context(), agent.Command{Args: sh("sleep 60 & echo $!; wait"), Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if !got.TimedOut || got.Exit != 137 || got.OutOfMemory {
		t.Errorf("got %+v; want a timeout with status 137", got)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(got.Stdout)))
	if err != nil {
		t.Fatal(err)
	}
	if !gone(pid) {
		t.Errorf("grandchild %d still runs", pid)
	}
}

func TestExecEndsWithItsContext(t *testing.T) {
	n := startNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	pidFile := filepath.Join(n.root, "pid")
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err := n.Exec(ctx, agent.Command{Args: sh("echo $$ > " + pidFile + "; exec sleep 60"), Timeout: time.Minute})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want context.Canceled", err)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if pid == 0 || !gone(pid) {
		t.Errorf("process %d still runs", pid)
	}
}

func TestExecDoesNotWaitForWhatItLeftBehind(t *testing.T) {
	n := startNode(t)
	began := time.Now()
	got, err := n.Exec(t.Context(), agent.Command{Args: sh("sleep 3 & echo started")})
	if err != nil || string(got.Stdout) != "started\n" {
		t.Fatalf("got %q, %v", got.Stdout, err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestExecOutputCap(t *testing.T) {
	n := startNode(t)
	got, err := n.Exec(t.Context(), agent.Command{Args: sh("yes | head -c 3000000; echo short >&2"), MaxOutput: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Stdout) != 100_000 || !got.StdoutTruncated || got.StderrTruncated || got.Exit != 0 {
		t.Errorf("kept %d bytes, truncated %v and %v, exit %d", len(got.Stdout), got.StdoutTruncated, got.StderrTruncated, got.Exit)
	}
}

func TestFreshExec(t *testing.T) {
	n := startNode(t)
	got, err := n.Exec(t.Context(), agent.Command{
		Args:  sh("sleep 60 & echo $!; pwd; cat pkg/a.txt; ls -A"),
		Fresh: true, Files: map[string][]byte{"pkg/a.txt": []byte("content\n")}, Stdin: []byte("x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(got.Stdout))
	if len(lines) != 4 || lines[2] != "content" || lines[3] != "pkg" {
		t.Fatalf("output %q", got.Stdout)
	}
	if pid, _ := strconv.Atoi(lines[0]); !gone(pid) {
		t.Errorf("process %s still runs", lines[0])
	}
	if _, err := os.Stat(lines[1]); !os.IsNotExist(err) {
		t.Errorf("directory %s was left: %v", lines[1], err)
	}
	_, err = n.Exec(t.Context(), agent.Command{Args: sh("true"), Fresh: true, Files: map[string][]byte{"../escape": nil}})
	refused(t, err, "../escape")
}

func TestFreshExecNeedsTheNodeToItself(t *testing.T) {
	n := startNode(t)
	if err := n.StartService(t.Context(), agent.Service{Args: []string{"sleep", "60"}}); err != nil {
		t.Fatal(err)
	}
	_, err := n.Exec(t.Context(), agent.Command{Args: sh("true"), Fresh: true})
	refused(t, err, "without a service")
}

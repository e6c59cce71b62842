package agent_test

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

func open(t *testing.T, c *agent.Client, o agent.ShellOptions) agent.Shell {
	t.Helper()
	s, err := c.OpenShell(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func typeLine(t *testing.T, s agent.Shell, line string) {
	t.Helper()
	if _, err := io.WriteString(s, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

func TestShell(t *testing.T) {
	n := startNode(t)
	s := open(t, n.Client, agent.ShellOptions{ID: "a", Args: []string{"sh"}, Cols: 80, Rows: 24})
	typeLine(t, s, "echo $((6*7)) $TERM $LANG; stty size")
	readUntil(t, s, "42 xterm-256color C.UTF-8\r\n24 80")
	if err := s.Resize(9999, 33); err != nil {
		t.Fatal(err)
	}
	typeLine(t, s, "stty size")
	readUntil(t, s, "33 500")
	typeLine(t, s, "exit 7")
	if _, err := io.Copy(io.Discard, s); err != nil {
		t.Fatal(err)
	}
	if status, exited := s.Exit(); status != 7 || !exited {
		t.Errorf("Exit() = %d, %v; want 7, true", status, exited)
	}
}

func TestShellScrollbackSurvivesTheConnection(t *testing.T) {
	n := startNode(t)
	first := n.connect(t)
	s := open(t, first, agent.ShellOptions{ID: "a", Args: []string{"sh"}})
	typeLine(t, s, "echo before-$((1+1))")
	readUntil(t, s, "before-2")
	first.Close()
	if _, err := io.Copy(io.Discard, s); err != nil {
		t.Fatal(err)
	}
	if _, exited := s.Exit(); exited {
		t.Error("the shell is said to have exited; only the attachment ended")
	}
	again := open(t, n.Client, agent.ShellOptions{ID: "a"})
	readUntil(t, again, "before-2")
	typeLine(t, again, "echo after-$((2+1)); exit 5")
	readUntil(t, again, "after-3")
	io.Copy(io.Discard, again)

	list, err := n.Shells(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "a" || list[0].Running {
		t.Errorf("Shells() = %+v, %v; want one that has ended", list, err)
	}
	late := open(t, n.Client, agent.ShellOptions{ID: "a"})
	seen, err := io.ReadAll(late)
	if err != nil || !bytes.Contains(seen, []byte("after-3")) {
		t.Errorf("scrollback of the ended shell: %q, %v", seen, err)
	}
	if status, exited := late.Exit(); status != 5 || !exited {
		t.Errorf("Exit() = %d, %v; want 5, true", status, exited)
	}
}

func TestShellWatchedByTwo(t *testing.T) {
	n := startNode(t)
	a := open(t, n.Client, agent.ShellOptions{ID: "a", Args: []string{"sh"}})
	b := open(t, n.connect(t), agent.ShellOptions{ID: "a"})
	typeLine(t, a, "echo seen-$((3+4))")
	readUntil(t, a, "seen-7")
	readUntil(t, b, "seen-7")
}

func TestSlowAttachmentDoesNotBlockTheShell(t *testing.T) {
	n := startNode(t)
	slow := open(t, n.connect(t), agent.ShellOptions{ID: "a", Args: []string{"sh"}})
	fast := open(t, n.Client, agent.ShellOptions{ID: "a"})
	typeLine(t, fast, "seq 1 400000; echo end-$((5+5))")
	readUntil(t, fast, "end-10")
	got := readUntil(t, slow, "end-10")
	if len(got) > 2<<20 {
		t.Errorf("the slow attachment got %d bytes; the oldest should have been dropped", len(got))
	}
}

func TestShellLimit(t *testing.T) {
	n := startNode(t)
	for i := range 8 {
		open(t, n.Client, agent.ShellOptions{ID: strconv.Itoa(i), Args: []string{"sh"}})
	}
	_, err := n.OpenShell(t.Context(), agent.ShellOptions{ID: "ninth", Args: []string{"sh"}})
	refused(t, err, "8 terminals")
	if err := n.EndShell(t.Context(), "3"); err != nil {
		t.Fatal(err)
	}
	open(t, n.Client, agent.ShellOptions{ID: "ninth", Args: []string{"sh"}})
	if err := n.EndShell(t.Context(), "absent"); err != nil {
		t.Error(err)
	}
}

func TestEndShellEndsWhatRunsInIt(t *testing.T) {
	n := startNode(t)
	s := open(t, n.Client, agent.ShellOptions{ID: "a", Args: []string{"sh"}})
	typeLine(t, s, "echo shell-$$-; sleep 60")
	_, rest, _ := strings.Cut(readUntil(t, s, "-\r\n"), "shell-")
	for !strings.Contains(rest, "-\r\n") || strings.HasPrefix(rest, "$$") {
		_, rest, _ = strings.Cut(rest, "shell-")
	}
	pid, err := strconv.Atoi(strings.SplitN(rest, "-", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := n.EndShell(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if !gone(pid) || time.Since(began) > 4*time.Second {
		t.Errorf("shell %d still runs, or took %s to end", pid, time.Since(began))
	}
	io.Copy(io.Discard, s)
}

func TestLoginShell(t *testing.T) {
	n := startNode(t)
	s := open(t, n.Client, agent.ShellOptions{ID: "a"})
	typeLine(t, s, "echo $0-$((1+1))")
	readUntil(t, s, "bash-2")
}

package jail_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"pattarai/sandbox/jail"
)

// TestJail tries what a confined shell can do.
func TestJail(t *testing.T) {
	mine, others := t.TempDir(), t.TempDir()
	j, err := jail.New(mine)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	t.Logf("level: %s", j.Level())
	if !j.Level().Scoped() {
		t.Skipf("SKIPPED: this kernel offers only %s", j.Level())
	}
	if err := os.WriteFile(filepath.Join(others, "there"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	neighbour := confinedSleep(t, j)
	for _, test := range []struct{ name, line, want string }{
		{"reads programs", "grep -c ^root: /etc/passwd", "1"},
		{"writes where it may", "cd " + mine + " && echo yes > a && mkdir b && mv a b/ && cat b/a && ln -s b c && rm -r b c", "yes"},
		{"writes nowhere else", "(echo no > " + others + "/x) || echo refused", "refused"},
		{"truncates nothing", "(: > " + others + "/there) || echo refused", "refused"},
		{"sees no process", "cat /proc/self/status || ls /proc || echo refused", "refused"},
		{"sees no kernel file", "cat /sys/kernel/uevent_seqnum || echo refused", "refused"},
		{"has no device but the usual", "head -c1 /dev/zero | wc -c; echo a > /dev/null; cat /dev/kmsg || echo refused", "1\nrefused"},
		{"signals no stranger", "kill -0 $PPID || kill -0 1 || echo refused", "refused"},
		{"signals no neighbour", "kill -0 " + neighbour + " || echo refused", "refused"},
		{"signals its own", "sleep 60 & kill $! && wait $!; echo $?", "143"},
		{"makes no namespace", "unshare -U true || echo refused", "refused"},
		{"reads its input again", "echo in | cat /dev/stdin", "in"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := confined(t, j, test.line); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	if out, err := exec.Command("/bin/sh", "-c", "head -c1 /proc/self/status").Output(); err != nil || string(out) != "N" {
		t.Errorf("the process itself was confined: %q, %v", out, err)
	}
}

// confinedSleep is the process of another program in the jail.
func confinedSleep(t *testing.T, j *jail.Jail) string {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	if err := j.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return strconv.Itoa(cmd.Process.Pid)
}

// confined runs a shell line in the jail and returns what it printed.
func confined(t *testing.T, j *jail.Jail, line string) string {
	t.Helper()
	var out strings.Builder
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.Stdout = &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := j.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // What it printed decides.
	return strings.TrimSpace(out.String())
}

func TestClosed(t *testing.T) {
	j, err := jail.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j.Close()
	if err := j.Do(func() error { return nil }); err == nil && j.Level().Landlock > 0 {
		t.Error("a closed jail starts processes")
	}
}

func TestLevel(t *testing.T) {
	for _, test := range []struct {
		level  jail.Level
		words  string
		scoped bool
	}{
		{jail.Level{}, "none", false},
		{jail.Level{Seccomp: true}, "seccomp", false},
		{jail.Level{Landlock: 4, Seccomp: true}, "landlock 4, seccomp", false},
		{jail.Level{Landlock: 7}, "landlock 7", false},
		{jail.Level{Landlock: 6, Seccomp: true}, "landlock 6, seccomp", true},
	} {
		if got := test.level.String(); got != test.words || test.level.Scoped() != test.scoped {
			t.Errorf("%+v: %q, %v", test.level, got, test.level.Scoped())
		}
	}
}

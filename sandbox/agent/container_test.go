package agent_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

const testImage = "debian:trixie-slim"

// docker runs the engine's command line.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// needDocker skips the test where there is no engine or no image, unless the
// environment requires it.
func needDocker(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("docker", "image", "inspect", testImage).CombinedOutput(); err != nil {
		if strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "docker") {
			t.Fatalf("docker with %s is required: %s", testImage, out)
		}
		t.Skipf("SKIPPED: needs docker with %s (pull it, or set DOCKER_API_VERSION): %s", testImage, out)
	}
}

// execConn is a connection over a process's stdin and stdout.
type execConn struct {
	net.Conn
	io.Reader
	io.WriteCloser
	cmd *exec.Cmd
}

func (c *execConn) Read(p []byte) (int, error)       { return c.Reader.Read(p) }
func (c *execConn) Write(p []byte) (int, error)      { return c.WriteCloser.Write(p) }
func (c *execConn) SetDeadline(time.Time) error      { return nil }
func (c *execConn) SetReadDeadline(time.Time) error  { return nil }
func (c *execConn) SetWriteDeadline(time.Time) error { return nil }
func (c *execConn) LocalAddr() net.Addr              { return &net.UnixAddr{Name: "exec"} }
func (c *execConn) RemoteAddr() net.Addr             { return &net.UnixAddr{Name: "exec"} }
func (c *execConn) Close() error                     { c.WriteCloser.Close(); return c.cmd.Wait() }

// startContainer runs the agent as process 1 of a container and connects to it
// through "pattarai-agent connect".
func startContainer(t *testing.T) (id string, c *agent.Client) {
	t.Helper()
	needDocker(t)
	binary := filepath.Join(t.TempDir(), "pattarai-agent")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "pattarai/cmd/pattarai-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	id = docker(t, "create", "--label", "pattarai.test=agent", "--network", "none", "--memory", "96m", "--memory-swap", "96m", "--pids-limit", "128",
		"--user", "1000:1000", "-e", agent.EnvToken+"="+token, "-e", agent.EnvSocket+"=/agent/s", "--tmpfs", "/agent:mode=755,uid=1000", "--entrypoint", "/pattarai-agent", testImage)
	t.Cleanup(func() { docker(t, "rm", "-f", id) })
	docker(t, "cp", binary, id+":/pattarai-agent")
	docker(t, "start", id)
	return id, connectInside(t, id)
}

func connectInside(t *testing.T, id string) *agent.Client {
	t.Helper()
	cmd := exec.Command("docker", "exec", "-i", id, "/pattarai-agent", "connect")
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return greet(t, &execConn{Reader: stdout, WriteCloser: stdin, cmd: cmd})
}

func run(t *testing.T, c *agent.Client, cmd agent.Command) agent.Result {
	t.Helper()
	res, err := c.Exec(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestAgentAsFirstProcess(t *testing.T) {
	id, c := startContainer(t)

	t.Run("hides its token", func(t *testing.T) {
		got := run(t, c, agent.Command{Args: sh("env; cat /proc/1/environ")}) // As the same user.
		if strings.Contains(string(got.Stdout), "PATTARAI") || !strings.Contains(string(got.Stderr), "denied") {
			t.Errorf("%q, %q", got.Stdout, got.Stderr)
		}
	})
	t.Run("reaps orphans and nothing else", func(t *testing.T) {
		for range 20 {
			if got := run(t, c, agent.Command{Args: sh("(setsid sleep 0.01 &) ; exit 5")}); got.Exit != 5 {
				t.Fatalf("status %d; want 5: the reaper stole it", got.Exit)
			}
		}
		time.Sleep(200 * time.Millisecond)
		got := run(t, c, agent.Command{Args: sh("grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null; true")})
		if len(got.Stdout) > 0 {
			t.Errorf("zombies: %s", got.Stdout)
		}
	})
	t.Run("leaves nothing of a fresh command", func(t *testing.T) {
		for range 3 {
			run(t, c, agent.Command{Args: sh("setsid sh -c 'while :; do sleep 0.01 & sleep 0.01; done' >/dev/null 2>&1 & sleep 0.1"), Fresh: true})
			got := run(t, c, agent.Command{Args: sh(`for p in /proc/[0-9]*; do tr '\0' ' ' < $p/cmdline; echo; done 2>/dev/null`)})
			if strings.Contains(string(got.Stdout), "sleep") {
				t.Fatalf("still there: %s", got.Stdout)
			}
		}
	})
	t.Run("tells want of memory", func(t *testing.T) {
		got := run(t, c, agent.Command{Args: sh("head -c 200000000 /dev/zero | tail > /dev/null")})
		if !got.OutOfMemory || got.TimedOut {
			t.Errorf("got %+v", got)
		}
		if err := c.StartService(t.Context(), agent.Service{Args: []string{"sleep", "600"}}); err != nil {
			t.Error(err)
		}
	})
	t.Run("is small", func(t *testing.T) {
		got := run(t, c, agent.Command{Args: sh("grep VmRSS /proc/1/status")})
		field := strings.Fields(string(got.Stdout))
		if len(field) < 2 {
			t.Fatalf("got %q", got.Stdout)
		}
		kib, _ := strconv.Atoi(field[1])
		t.Logf("resident: %d KiB", kib)
		if kib == 0 || kib > 24<<10 {
			t.Errorf("resident set of %d KiB; at most 24 MiB are planned for", kib)
		}
	})
	t.Run("starts again", func(t *testing.T) {
		docker(t, "kill", id)
		<-c.Done()
		docker(t, "start", id)
		again := connectInside(t, id)
		if got := run(t, again, agent.Command{Args: []string{"true"}}); got.Exit != 0 {
			t.Errorf("got %+v", got)
		}
		began := time.Now()
		docker(t, "stop", "-t", "8", id)
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("took %s to stop; SIGTERM was not heeded", took)
		}
	})
}

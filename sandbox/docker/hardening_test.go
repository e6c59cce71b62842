package docker_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/docker"
)

// TestIsolation looks at a lab from inside, as a learner with a shell would.
func TestIsolation(t *testing.T) {
	for _, transport := range []docker.Transport{docker.Direct, docker.Relay} {
		t.Run(string(transport), func(t *testing.T) {
			e := newEngine(t, func(c *docker.Config) { c.Transport = transport })
			topology := sandbox.Topology{Name: "t", Nodes: []sandbox.Node{
				{Name: "shell", Image: "shell", Files: []sandbox.File{{Source: "a.txt", Target: "/srv/work/a.txt"}}},
			}}
			mine := open(t, e, "isolation1", topology, nil)
			open(t, e, "isolation2", topology, nil)
			other := nodeAddress(t, e, "isolation2", "shell")
			port := hostListener(t)
			for _, c := range []struct{ name, line, want string }{
				{"user", "id -u; id -g", "20000\n20000"},
				{"no capabilities", "grep CapEff /proc/self/status | tr -d '\\t'", "CapEff:0000000000000000"},
				{"no new privileges", "grep NoNewPrivs /proc/self/status | tr -d '\\t'", "NoNewPrivs:1"},
				{"seccomp", "grep '^Seccomp:' /proc/self/status | tr -d '\\t'", "Seccomp:2"},
				{"root is read-only", "touch /x 2>&1 | grep -o 'Read-only file system'", "Read-only file system"},
				{"no engine socket", "grep -c docker.sock /proc/self/mountinfo; ls /run/docker.sock /var/run/docker.sock 2>/dev/null", "0"},
				{"kernel settings", "(echo x > /proc/sys/kernel/core_pattern) 2>&1 | grep -c 'Read-only\\|denied'", "1"},
				{"workspace is writable", "echo hi > /srv/work/a.txt && cat /srv/work/a.txt", "hi"},
				{"home is writable", "cd; pwd; touch x && ls", "/home/learner\nx"},
				{"token is hidden", "cat /proc/1/environ 2>&1 | grep -c denied; env | grep -c AGENT_TOKEN", "1\n0"},
				{"names", "getent hosts probe | wc -l", "1"},
				{"host by gateway", closed(hostOf(t, e, "isolation1"), port), "closed"},
				{"host by engine bridge", closed("172.17.0.1", port), "closed"},
				{"cloud metadata", closed("169.254.169.254", "80"), "closed"},
				{"internet", closed("1.1.1.1", "443"), "closed"},
				{"another lab", closed(other, agent.DefaultPort), "closed"},
				{"an agent in this lab", "timeout 3 bash -c 'exec 3<>/dev/tcp/probe/7420; head -c1 <&3 | wc -c' 2>/dev/null", "0"},
				{"no IPv6", "cat /proc/net/if_inet6 | grep -v ' lo$' | wc -l", "0"},
			} {
				if got := strings.TrimSpace(look(t, mine, c.line)); got != c.want {
					t.Errorf("%s: %q, want %q", c.name, got, c.want)
				}
			}
		})
	}
}

// closed is a shell line that tells whether a port can be reached.
func closed(host, port string) string {
	return fmt.Sprintf("timeout 2 bash -c 'exec 3<>/dev/tcp/%s/%s' 2>/dev/null && echo open || echo closed", host, port)
}

func look(t *testing.T, s *sandbox.Session, line string) string {
	t.Helper()
	res, err := s.Exec(t.Context(), "shell", agent.Command{Args: []string{"/bin/bash", "-c", line}})
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return string(res.Stdout)
}

// hostListener listens on every address of this host.
func hostListener(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", port), time.Second)
	if err != nil {
		t.Fatalf("the listener that labs must not reach cannot be reached at all: %v", err)
	}
	c.Close()
	return port
}

func nodeAddress(t *testing.T, e *docker.Engine, lab, node string) string {
	t.Helper()
	found, err := e.Find(t.Context(), lab)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range found.Nodes {
		if n.Name == node {
			return n.Address
		}
	}
	t.Fatalf("no node %s in %+v", node, found)
	return ""
}

// hostOf is the host's address on the lab's network: one below the probe's.
func hostOf(t *testing.T, e *docker.Engine, lab string) string {
	t.Helper()
	a := net.ParseIP(nodeAddress(t, e, lab, sandbox.ProbeNode)).To4()
	a[3]--
	return a.String()
}

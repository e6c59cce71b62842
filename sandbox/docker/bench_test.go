package docker_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
)

// BenchmarkLab opens the four-node HAProxy lab of the course, from the click until
// every node is healthy: on an engine that keeps nothing ready (bare), where nobody
// thought of this lab but its network waits (cold), and where the lab itself was
// wanted before the click (prepared). Beside them it starts the same four programs
// with the docker command line, one after another, until each answers. The ratios
// are medians over that one's median; the machine's mood cancels out.
func BenchmarkLab(b *testing.B) {
	e := newEngine(b, nil)
	plain := newEngine(b, func(c *docker.Config) { c.Spare, c.Sets, c.Skeletons = -1, -1, -1 })
	refs := imageRefs(b)
	var bare, cold, prepared, serial []time.Duration
	for i := 0; b.Loop(); i++ {
		quiet()
		bare = append(bare, benchSession(b, plain, benchSpec("bare", i)))
		docker.AwaitSkeleton(b, e, benchSpec("cold", i).Topology)
		quiet()
		cold = append(cold, benchSession(b, e, benchSpec("cold", i)))
		quiet()
		serial = append(serial, benchSerial(b, refs, i))
		spec := benchSpec("prepared", i)
		e.Prepare(spec.Topology, spec.Tier)
		docker.AwaitPrepared(b, e, spec)
		quiet()
		prepared = append(prepared, benchSession(b, e, spec))
	}
	b.ReportMetric(median(bare).Seconds()*1000, "bare-ms")
	b.ReportMetric(median(cold).Seconds()*1000, "cold-ms")
	b.ReportMetric(median(prepared).Seconds()*1000, "prepared-ms")
	b.ReportMetric(median(serial).Seconds()*1000, "serial-ms")
	b.ReportMetric(float64(median(bare))/float64(median(serial)), "bare-ratio")
	b.ReportMetric(float64(median(cold))/float64(median(serial)), "cold-ratio")
	b.ReportMetric(float64(median(prepared))/float64(median(serial)), "ratio")
}

// quiet lets pass what the last start left to do, such as making spare networks.
func quiet() { time.Sleep(time.Second) }

// benchSpec asks for a lab of its own name: two of a kind share what is prepared.
func benchSpec(name string, i int) sandbox.Spec {
	topology, _ := haproxyLab()
	topology.Nodes[0].Env = map[string]string{"KIND": name}
	return sandbox.Spec{ID: fmt.Sprintf("bench%s%d", name, i), Topology: topology}
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func imageRefs(b *testing.B) map[string]string {
	b.Helper()
	entries, err := newImages(b).List(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	refs := map[string]string{}
	for _, e := range entries {
		refs[e.Name] = e.Ref
	}
	return refs
}

func benchSession(b *testing.B, e *docker.Engine, spec sandbox.Spec) time.Duration {
	b.Helper()
	_, files := haproxyLab()
	began := time.Now()
	s, err := sandbox.Open(b.Context(), e, spec, files, nil)
	took := time.Since(began)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	return took
}

// benchSerial is what a plain script does.
func benchSerial(b *testing.B, refs map[string]string, i int) time.Duration {
	b.Helper()
	_, files := haproxyLab()
	dir := b.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	network := fmt.Sprintf("pattarai-bench-%d-%d", os.Getpid(), i)
	names := []string{"app1", "app2", "app3", "haproxy"}
	defer func() {
		for _, n := range names {
			cli(b, "rm", "-f", network+n)
		}
		cli(b, "network", "rm", network)
	}()
	began := time.Now()
	cli(b, "network", "create", network)
	for _, n := range names[:3] {
		cli(b, "run", "-d", "--name", network+n, "--hostname", n, "--network", network, "--network-alias", n, "--entrypoint", "python3",
			"-v", dir+"/app.py:/srv/app.py:ro", refs["python"], "/srv/app.py")
		awaitHTTP(b, network+n, "8000")
	}
	cli(b, "run", "-d", "--name", network+"haproxy", "--network", network, "--entrypoint", "haproxy",
		"-v", dir+"/haproxy.cfg:/etc/haproxy/haproxy.cfg:ro", refs["haproxy"], "-db", "-f", "/etc/haproxy/haproxy.cfg")
	awaitHTTP(b, network+"haproxy", "80")
	return time.Since(began)
}

func cli(tb testing.TB, args ...string) string {
	tb.Helper()
	cmd := exec.Command("docker", args...)
	if os.Getenv("DOCKER_API_VERSION") == "" {
		cmd.Env = append(os.Environ(), "DOCKER_API_VERSION=1.41")
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// awaitHTTP asks a container's port from the host until it is answered.
func awaitHTTP(b *testing.B, container, port string) {
	b.Helper()
	address := cli(b, "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container)
	awaitPort(b, address+":"+port)
}

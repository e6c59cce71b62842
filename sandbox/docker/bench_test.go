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

// BenchmarkColdLab opens the four-node HAProxy lab of the course, from the click
// until every node is healthy, and beside it starts the same four programs with
// the docker command line, one after another, until each answers. "ratio" is the
// median of the one over the median of the other; the machine's mood cancels out.
func BenchmarkColdLab(b *testing.B) {
	e := newEngine(b, nil)
	refs := imageRefs(b)
	var ours, serial []time.Duration
	for i := 0; b.Loop(); i++ {
		time.Sleep(time.Second) // Between clicks: spare networks are made, the last lab's traces are gone.
		ours = append(ours, benchSession(b, e, i))
		serial = append(serial, benchSerial(b, refs, i))
	}
	b.ReportMetric(median(ours).Seconds()*1000, "lab-ms")
	b.ReportMetric(median(serial).Seconds()*1000, "serial-ms")
	b.ReportMetric(float64(median(ours))/float64(median(serial)), "ratio")
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

func benchSession(b *testing.B, e *docker.Engine, i int) time.Duration {
	b.Helper()
	topology, files := haproxyLab()
	began := time.Now()
	s, err := sandbox.Open(b.Context(), e, sandbox.Spec{ID: fmt.Sprintf("benchlab%d", i), Topology: topology}, files, nil)
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

func cli(b *testing.B, args ...string) string {
	b.Helper()
	cmd := exec.Command("docker", args...)
	if os.Getenv("DOCKER_API_VERSION") == "" {
		cmd.Env = append(os.Environ(), "DOCKER_API_VERSION=1.41")
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// awaitHTTP asks a container's port from the host until it is answered.
func awaitHTTP(b *testing.B, container, port string) {
	b.Helper()
	address := cli(b, "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container)
	awaitPort(b, address+":"+port)
}

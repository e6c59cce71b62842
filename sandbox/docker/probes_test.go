package docker_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/sandbox/docker"
)

// TestProbes carries out every kind of probe against real services, as
// testdata/probes/exercise.yaml says: right answers and wrong ones.
func TestProbes(t *testing.T) {
	topology, files := probesLab(t)
	exercise, problems := check.Parse(os.DirFS("testdata/probes"), "exercise.yaml", topology)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	set := buildImages(t, func() []string { return []string{"haproxy", "python", "redis", "postgres", "rabbitmq"} })
	e := newEngine(t, func(c *docker.Config) { c.Images = set })
	s := open(t, e, "probeslab1", topology, files)
	began := time.Now()
	report := check.Run(t.Context(), s, exercise, nil)
	t.Logf("%d checks in %s", len(report.Results), time.Since(began))
	if !report.Gradable {
		t.Errorf("not gradable: %s", report.Reason)
	}
	for _, r := range report.Results {
		bad := strings.HasPrefix(r.ID, "bad-")
		said := strings.Join(r.Reasons, "\n")
		if bad == (r.Status == check.Passed) || r.Status == check.Broken || bad && !strings.Contains(said, r.Help) {
			t.Errorf("%s: %s, %s\n%s\n%s", r.ID, r.Status, r.Observed, said, r.Output)
		}
	}
	blames(t, e, s)
}

// blames kills a node of the learner's and then the probe: the first fails a check,
// the second is our failure and fails nobody.
func blames(t *testing.T, e *docker.Engine, s *sandbox.Session) {
	t.Helper()
	const ask = "checks: [{id: a, title: t, sql: {address: db, query: SELECT 1, timeout: 5s}}]\n"
	exercise, problems := check.Parse(fstest.MapFS{"exercise.yaml": {Data: []byte(ask)}}, "exercise.yaml", s.Topology())
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	for _, test := range []struct {
		node   string
		status check.Status
		says   string
	}{{"db", check.Failed, "db is not running"}, {sandbox.ProbeNode, check.Broken, "something of ours failed"}} {
		if err := e.Control(t.Context(), s.ID(), test.node, sandbox.Kill); err != nil {
			t.Fatal(err)
		}
		awaitGone(t, s, test.node)
		report := check.Run(t.Context(), s, exercise, nil)
		r := report.Results[0]
		if r.Status != test.status || report.Gradable == (test.status == check.Broken) || !strings.Contains(strings.Join(r.Reasons, "\n"), test.says) {
			t.Errorf("without %s: %s, gradable %v, %q", test.node, r.Status, report.Gradable, r.Reasons)
		}
	}
}

// awaitGone waits until the session has heard that a node it shows does not run.
func awaitGone(t *testing.T, s *sandbox.Session, node string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, shown := s.Topology().Node(node); !shown {
		return
	}
	for state := range s.Watch(ctx) {
		if state.Node == node && (state.Phase == sandbox.PhaseStopped || state.Phase == sandbox.PhaseExited) {
			return
		}
	}
	t.Errorf("%s did not go", node)
}

// probesLab is a balancer with certificates before a shop, and one of each service.
func probesLab(t *testing.T) (sandbox.Topology, map[string][]byte) {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"haproxy.cfg", "shop.py", "stats.py"} {
		data, err := os.ReadFile("testdata/probes/files/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	files["ca.pem"], files["shop.pem"] = certificates(t)
	patient := func(port int) *sandbox.Health {
		h := listening(port)
		h.StartPeriod = 90 * time.Second
		return h
	}
	return sandbox.Topology{Name: "test/probes", Hash: "probes", Nodes: []sandbox.Node{
		{
			Name: "haproxy", Image: "haproxy", Role: sandbox.RoleBalancer, Health: listening(443),
			Files: []sandbox.File{{Source: "haproxy.cfg", Target: "/etc/haproxy/haproxy.cfg"}, {Source: "shop.pem", Target: "/etc/haproxy/tls/shop.pem"}},
		},
		{Name: "shop", Image: "python", Command: []string{"python3", "/srv/shop.py"}, Files: []sandbox.File{{Source: "shop.py", Target: "/srv/shop.py"}}, Health: listening(8001)},
		{Name: "db", Image: "postgres", Role: sandbox.RoleDatabase, Health: patient(5432)},
		{Name: "cache", Image: "redis", Role: sandbox.RoleCache, Health: listening(6379)},
		{Name: "rabbit", Image: "rabbitmq", Role: sandbox.RoleQueue, Health: patient(5672)},
		{Name: "runner", Image: "python", Role: sandbox.RoleRunner},
	}}, files
}

// certificates are those of an authority and of the shop, the latter with its key.
func certificates(t *testing.T) (ca, shop []byte) {
	t.Helper()
	caKey, shopKey := key(t), key(t)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Workshop CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(100 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "shop"}, DNSNames: []string{"shop.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(100 * time.Hour),
	}
	ca = signed(t, authority, authority, caKey, caKey)
	private, err := x509.MarshalECPrivateKey(shopKey)
	if err != nil {
		t.Fatal(err)
	}
	return ca, bytes.Join([][]byte{
		signed(t, leaf, authority, shopKey, caKey),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}),
	}, nil)
}

func key(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signed(t *testing.T, c, parent *x509.Certificate, own, by *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, own.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

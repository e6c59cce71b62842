package compose_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pattarai/sandbox"
	"pattarai/sandbox/compose"
)

func images() []string { return []string{"haproxy", "python", "redis", "shell"} }

func lesson(text string) fstest.MapFS {
	return fstest.MapFS{
		"compose.yaml":          {Data: []byte(text)},
		"files/haproxy.cfg":     {Data: []byte("global\n")},
		"files/app/main.py":     {Data: []byte("print()\n")},
		"files/app/helper.py":   {Data: []byte("\n")},
		"files/errors/503.http": {Data: []byte("\n")},
	}
}

const full = `name: haproxy-weights
x-pattarai: {tier: hardened}
x-app: &app
  image: python
  command: python3 -m http.server 8000
  environment: {PORT: 8000, NAME: "$$HOSTNAME"}
  mem_limit: 64m
services:
  haproxy:
    image: pattarai/haproxy
    hostname: haproxy
    volumes:
      - ./files/haproxy.cfg:/etc/haproxy/haproxy.cfg:ro
      - ./files/errors:/etc/haproxy/errors
    depends_on:
      app2: {condition: service_healthy}
      app1: {condition: service_started}
    healthcheck:
      test: haproxy -v
      interval: 1s
    expose: ["80", 8404]
    cpus: "0.25"
    pids_limit: 32
    x-pattarai:
      role: balancer
      preview: [{port: 8404, name: stats, path: /stats}]
      apply: {check: "haproxy -c -f $$CFG", reload: "kill -USR2 1", errors: haproxy}
      view: haproxy
  app1: {<<: *app}
  app2:
    <<: *app
    environment: [NAME=two]
    healthcheck: {test: [CMD, "true"], retries: 5, start_period: 3s, timeout: 500ms}
  client:
    image: shell
    command: [sleep, infinity]
    working_dir: /home/learner
    depends_on: [haproxy]
`

func TestParse(t *testing.T) {
	got, problems := compose.Parse(lesson(full), "compose.yaml", "haproxy/weights", images())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	app := sandbox.Node{
		Name: "app1", Image: "python", Role: sandbox.RoleService,
		Command: []string{"python3", "-m", "http.server", "8000"},
		Env:     map[string]string{"PORT": "8000", "NAME": "$HOSTNAME"},
		Limits:  sandbox.Limits{Memory: 64 << 20},
	}
	app2 := app
	app2.Name, app2.Env = "app2", map[string]string{"NAME": "two"}
	app2.Health = &sandbox.Health{Test: []string{"true"}, Interval: 2 * time.Second, Timeout: 500 * time.Millisecond, StartPeriod: 3 * time.Second, Retries: 5}
	want := sandbox.Topology{Name: "haproxy/weights", Tier: sandbox.Hardened, Nodes: []sandbox.Node{
		{
			Name: "haproxy", Image: "haproxy", Role: sandbox.RoleBalancer,
			Files: []sandbox.File{
				{Source: "haproxy.cfg", Target: "/etc/haproxy/haproxy.cfg"},
				{Source: "errors", Target: "/etc/haproxy/errors", Folder: true},
			},
			DependsOn: []sandbox.Dependency{{Node: "app2", Healthy: true}, {Node: "app1"}},
			Health: &sandbox.Health{
				Test: []string{"/bin/sh", "-c", "haproxy -v"}, Interval: time.Second,
				Timeout: 2 * time.Second, StartPeriod: 20 * time.Second, Retries: 3,
			},
			Ports: []sandbox.Port{
				{Number: 8404, Name: "stats", Path: "/stats", Scheme: "http"}, {Number: 80, Scheme: "tcp"},
			},
			Limits: sandbox.Limits{CPUs: 0.25, Pids: 32},
			Apply:  &sandbox.Apply{Check: "haproxy -c -f $CFG", Reload: "kill -USR2 1", Errors: "haproxy"},
			View:   "haproxy",
		},
		app, app2,
		{
			Name: "client", Image: "shell", Role: sandbox.RoleShell, Command: []string{"sleep", "infinity"},
			Dir: "/home/learner", DependsOn: []sandbox.Dependency{{Node: "haproxy"}},
		},
	}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(sandbox.Topology{}, "Hash")); diff != "" {
		t.Error(diff)
	}
	if len(got.Hash) != 64 {
		t.Errorf("Hash = %q", got.Hash)
	}
}

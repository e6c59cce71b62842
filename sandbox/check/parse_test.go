package check_test

import (
	"testing"
	"testing/fstest"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
)

// topology is a balancer with three backends, a shell and a runner.
func topology() sandbox.Topology {
	return sandbox.Topology{Name: "haproxy/weights", Nodes: []sandbox.Node{
		{Name: "client", Image: "shell", Role: sandbox.RoleShell},
		{Name: "haproxy", Image: "haproxy", Role: sandbox.RoleBalancer, Files: []sandbox.File{{Source: "haproxy.cfg", Target: "/etc/haproxy/haproxy.cfg"}}},
		{Name: "app1", Image: "python"}, {Name: "app2", Image: "python"}, {Name: "app3", Image: "python"},
		{Name: "runner", Image: "python", Role: sandbox.RoleRunner},
	}}
}

func folder(exercise string) fstest.MapFS {
	return fstest.MapFS{
		"exercise.yaml":     {Data: []byte(exercise)},
		"files/haproxy.cfg": {Data: []byte("global\n")},
		"files/main.py":     {Data: []byte("print('hello')\n")},
		"tests/contract.py": {Data: []byte("print(1)\n")},
	}
}

const design = `shell: client
edit: [haproxy.cfg]
checks:
  - id: accepted
    title: HAProxy accepts your configuration
    exec: {in: haproxy, run: "haproxy -c -f /etc/haproxy/haproxy.cfg"}
    expect: {exit: 0, stderr: {not: "[WARNING]"}}
  - id: shares
    needs: [accepted]
    title: "Requests follow the weights 2 : 1 : 3"
    http: {url: "http://haproxy/", requests: 600}
    expect: {shares: {by: body, of: {app1: 2, app2: 1, app3: 3}, within: 3%, spread: turns}}
    help: The weight stands on each ` + "`server`" + ` line.
  - id: survives
    title: A dead backend costs no request
    fault: {kill: app2}
    http: {url: "http://haproxy/", requests: 200, after: 3s}
    expect: {failed: 0}
`

func TestParseDesign(t *testing.T) {
	e, problems := check.Parse(folder(design), "exercise.yaml", topology())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if e.Shell != "client" || len(e.Edit) != 1 || len(e.Checks) != 3 || len(e.Hash) != 64 {
		t.Errorf("exercise = %+v", e)
	}
}

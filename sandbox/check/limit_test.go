package check_test

import (
	"testing"
	"testing/fstest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
)

func TestLimit(t *testing.T) {
	const text = `checks:
  - id: first
    title: It has the usual time
    exec: {in: app, run: "true"}
    expect: {exit: 0}
  - id: second
    title: It has a time of its own
    timeout: 5s
    exec: {in: app, run: "true"}
    expect: {exit: 0}
`
	topology := sandbox.Topology{Nodes: []sandbox.Node{{Name: "app"}}}
	e, problems := check.Parse(fstest.MapFS{"exercise.yaml": {Data: []byte(text)}}, "exercise.yaml", topology)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got, want := e.Limit(), 95*time.Second; got != want {
		t.Errorf("Limit() = %s, want %s: 30 s and 5 s, and twice 30 s to undo", got, want)
	}
	if got := (check.Exercise{}).Limit(); got != 0 {
		t.Errorf("without checks Limit() = %s", got)
	}
}

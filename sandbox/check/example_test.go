package check_test

import (
	"context"
	"fmt"

	"pattarai/sandbox/check"
)

// A lesson about weights, looked at while the balancer still shares equally.
func ExampleRun() {
	exercise, problems := check.Parse(folder(`
shell: client
edit: [haproxy.cfg]
checks:
  - id: shares
    title: "Requests follow the weights 2 : 1 : 3"
    http: {url: "http://haproxy/", requests: 600}
    expect: {shares: {of: {app1: 2, app2: 1, app3: 3}, within: 3%, spread: turns}}
    help: The weight stands on each server line.
`), "exercise.yaml", topology())
	if problems.HasErrors() {
		fmt.Println(problems)
		return
	}
	running := &lab{http: pattern(600, "app1", "app2", "app3")} // A *sandbox.Session otherwise.

	report := check.Run(context.Background(), running, exercise, nil)
	for _, r := range report.Results {
		fmt.Println(r.Status, "-", r.Title)
		fmt.Println("expected:", r.Expected)
		fmt.Println("observed:", r.Observed)
		for _, reason := range r.Reasons {
			fmt.Println("  *", reason)
		}
		fmt.Println("try it:", r.TryIt)
		fmt.Println("help:", r.Help)
	}
	fmt.Println(report.Verdict)
	// Output:
	// failed - Requests follow the weights 2 : 1 : 3
	// expected: app1 : app2 : app3 = 2 : 1 : 3, within 3 %, of 600 requests
	// observed: app1 200, app2 200, app3 200 of 600 requests
	//   * app2 answered 200 of 600 requests (33.3 %); expected 16.7 % ± 3.0
	//   * app3 answered 200 of 600 requests (33.3 %); expected 50.0 % ± 3.0
	// try it: for i in $(seq 12); do curl -s http://haproxy/; done | sort | uniq -c
	// help: The weight stands on each server line.
	// failed
}

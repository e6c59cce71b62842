package check_test

import (
	"os"
	"testing"

	"pattarai/sandbox/check"
	"pattarai/sandbox/probe"
)

func FuzzParse(f *testing.F) {
	f.Add(design)
	f.Add("checks:\n  - {id: a, title: t, http: {url: \"http://haproxy/\", table: [{path: /, expect: {status: 200}}]}}\n")
	f.Add("checks:\n  - id: a\n    title: t\n    steps: [{exec: {in: haproxy, run: x}, remember: {pid: '(.)'}}, {exec: {in: haproxy, args: [x]}, unchanged: pid}]\n" + receipt)
	page, err := os.ReadFile("../../docs/exercise.md")
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range fence.FindAllStringSubmatch(string(page), -1) {
		f.Add(example(b))
	}
	for _, c := range evidenceCases() {
		f.Add("shell: client\nchecks:\n  - {id: a, title: t, " + c.check + "}\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		exercise, problems := check.Parse(folder(text), "exercise.yaml", topology())
		for _, p := range problems {
			if p.Found == "" || p.Code == "" || p.File != "exercise.yaml" {
				t.Errorf("an empty problem: %+v", p)
			}
		}
		if problems.HasErrors() {
			return
		}
		// What was found good can be described without harm.
		for _, c := range exercise.Checks {
			if c.ID == "" || c.Title == "" {
				t.Errorf("a check without a name: %+v", c)
			}
			check.Describe(c)
		}
	})
}

func FuzzOrder(f *testing.F) {
	f.Add("123123123", 3, 2)
	f.Fuzz(func(t *testing.T, answers string, cyclic, run int) {
		var names []string
		for _, r := range answers {
			names = append(names, string(r))
		}
		check.Order(names, min(max(cyclic, 0), 100), min(max(run, 0), 1000))
		check.Shares(probe.HTTPSeen{Sent: len(names), Servers: map[string]int{"a": cyclic & 0xffff}})
	})
}

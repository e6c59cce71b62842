package hostile

import (
	"fmt"
	"strings"

	"pattarai/sandbox"
)

// Page is docs/hostile.md: the table of abuses with what must come of each.
func Page() string {
	all := Abuses()
	limited := 0
	for _, a := range all {
		if a.Limit != "" {
			limited++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, len(all), limited, len(Controls()))
	area := Area("")
	for _, a := range all {
		if a.Area != area {
			area = a.Area
			fmt.Fprintf(&b, "\n## %s\n\n| abuse | what it does | limit | standard | hardened |\n|---|---|---|---|---|\n", area)
		}
		fmt.Fprintf(&b, "| `%s`%s | %s | %s | %s | %s |\n", a.ID, star(a), cell(a.What), cell(a.Limit), cell(a.Want.On(sandbox.Standard)), cell(a.Want.On(sandbox.Hardened)))
	}
	return b.String()
}

const pageHead = `# What hostile programs meet in a lab

This page is made by a test (` + "`go test ./sandbox/hostile -run TestPage -update`" + `) from the table that the test suite
makes for real, in real containers, on both tiers: %d abuses, %d of them just under or just over a limit. An abuse has
exactly one allowed outcome per tier; the suite fails on any other. The %d marked ★ are controls that ` + "`pattarai doctor`" + `
proves on the machine it runs on.

*done* means that the abuse worked, as it must where it stands just under a limit, or where only gVisor's own kernel is
touched: on the hardened tier a learner may own namespaces, keyrings and priorities of a kernel that ends with the lab.
Capitals are the system's own refusals; *refused* is any of them, where kernels differ in their words. *The node ended*
means that the learner's own node went down, and nothing else.
`

func star(a Abuse) string {
	if a.Remedy == "" {
		return ""
	}
	return " ★"
}

// cell is text that may stand in a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

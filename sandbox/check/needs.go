package check

import (
	"fmt"
	"slices"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
)

// need is an edge of the graph of checks, with its place.
type need struct {
	from, to string
	at       yamldoc.Value
}

// checkNeeds reports needs that are unknown, circular, or further down the file:
// checks run in their order, so what is needed must stand above.
func checkNeeds(checks []Check, needs []need) {
	var ids []string
	for _, c := range checks {
		ids = append(ids, c.ID)
	}
	for _, n := range needs {
		switch at := slices.Index(ids, n.to); {
		case at < 0:
			n.at.Problem("unknown-check", fmt.Sprintf("there is no check %q", yamldoc.Shorten(n.to)), "allowed: "+strings.Join(ids, ", "), yamldoc.Suggest(n.to, ids))
		case at < slices.Index(ids, n.from):
		default:
			if cycle := way(checks, n.to, n.from); cycle != nil {
				n.at.Problem("needs-cycle", "checks need each other: "+strings.Join(append([]string{n.from}, cycle...), " -> "), "", "remove one of these needs")
				continue
			}
			n.at.Problem("needs-order", fmt.Sprintf("%q stands further down", n.to), "a check may need only checks above it", "move it up")
		}
	}
}

// way is a path of needs between two checks, nil when there is none.
func way(checks []Check, from, to string) []string {
	seen := map[string]bool{}
	var walk func(id string) []string
	walk = func(id string) []string {
		if id == to {
			return []string{id}
		}
		if seen[id] {
			return nil
		}
		seen[id] = true
		for _, c := range checks {
			if c.ID != id {
				continue
			}
			for _, n := range c.Needs {
				if rest := walk(n); rest != nil {
					return append([]string{id}, rest...)
				}
			}
		}
		return nil
	}
	return walk(from)
}

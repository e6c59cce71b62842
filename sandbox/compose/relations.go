package compose

import (
	"fmt"
	"slices"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
)

// dependsOn reads the list or the map form.
func (w *walker) dependsOn(v yamldoc.Value, self string) []wait {
	var waits []wait
	if v.IsList() {
		items, _ := v.List()
		for _, item := range items {
			waits = append(waits, wait{on: item.Raw(), at: item})
		}
	} else if m, ok := v.AnyMap(); ok {
		for _, e := range m.Entries {
			waits = append(waits, wait{on: e.Name(), at: e.Key, healthy: w.condition(e.Value)})
		}
	}
	return w.known(waits, self)
}

// condition tells whether a dependency waits for health.
func (w *walker) condition(v yamldoc.Value) bool {
	m, ok := v.Map("condition")
	if !ok {
		return false
	}
	c, ok := m.Require("condition", "add \"condition: service_healthy\"")
	if !ok {
		return false
	}
	if c.Raw() == "service_completed_successfully" {
		c.Problem("not-allowed", "the condition service_completed_successfully", "allowed: service_started, service_healthy", "prepare data in the image or in files/; nodes run for as long as the lab")
		return false
	}
	word, _ := c.Choice("service_started", "service_healthy")
	return word == "service_healthy"
}

// known drops and reports dependencies on nothing, on oneself, and repeated ones.
func (w *walker) known(waits []wait, self string) []wait {
	var out []wait
	seen := map[string]bool{}
	for _, d := range waits {
		switch {
		case d.on == self:
			d.at.Problem("dependency-cycle", self+" depends on itself", "", "remove it")
		case !slices.Contains(w.names, d.on):
			d.at.Problem("unknown-service", fmt.Sprintf("the service %q does not exist", yamldoc.Shorten(d.on)), "allowed: "+strings.Join(w.names, ", "), yamldoc.Suggest(d.on, w.names))
		case seen[d.on]:
			d.at.Problem("duplicate-dependency", fmt.Sprintf("%s depends on %s twice", self, d.on), "a dependency may stand once", "remove one of the two")
		default:
			out = append(out, d)
		}
		seen[d.on] = true
	}
	return out
}

// relations checks what concerns several services.
func (w *walker) relations(services []service) {
	byName := map[string]service{}
	for _, s := range services {
		byName[s.name] = s
	}
	for _, s := range services {
		for _, d := range s.waits {
			if target, ok := byName[d.on]; ok && d.healthy && !target.tested {
				d.at.Problem("no-healthcheck", fmt.Sprintf("%s waits until %s is healthy, which has no healthcheck", s.name, d.on),
					"", fmt.Sprintf("give %s a healthcheck, or write service_started", d.on))
			}
		}
	}
	w.cycles(services, byName)
}

// cycles reports each dependency cycle once, with its path.
func (w *walker) cycles(services []service, byName map[string]service) {
	done := map[string]bool{}
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		if at := slices.Index(path, name); at >= 0 {
			cycle := append(slices.Clone(path[at:]), name)
			byName[name].key.Problem("dependency-cycle", "services wait for each other: "+strings.Join(cycle, " -> "), "", "remove one of these dependencies")
			return
		}
		if done[name] {
			return
		}
		for _, d := range byName[name].waits {
			visit(d.on, append(path, name))
		}
		done[name] = true
	}
	for _, s := range services {
		visit(s.name, nil)
	}
}

// memory checks that the lab as a whole fits.
func (w *walker) memory(at yamldoc.Value, services []service) {
	var sum int64
	var parts []string
	for _, s := range services {
		sum += s.memory
		parts = append(parts, fmt.Sprintf("%s %s", s.name, mebibytes(s.memory)))
	}
	if sum > MaxMemory {
		at.Problem("memory-sum", fmt.Sprintf("the services may use %s together (%s)", mebibytes(sum), strings.Join(parts, ", ")),
			fmt.Sprintf("at most %s are allowed, counting %s for each without mem_limit", mebibytes(MaxMemory), mebibytes(DefaultMemory)), "lower the mem_limit of the largest")
	}
}

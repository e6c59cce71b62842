package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
)

// step is one thing a check does. In this order: break or restore a node, wait for
// a state, wait for a time, look.
type step struct {
	title      string
	fault      *fault
	restore    string // Node whose fault is undone now.
	until      *until
	after      time.Duration
	probe      prober // Nil when the step only breaks, restores or waits.
	background bool   // The probe runs on; it is judged at the end of the check.
	retry      retry
	remember   []memory
	unchanged  []string
	changed    []string
}

// fault is something broken on purpose.
type fault struct {
	node    string
	action  sandbox.Action // "" when the node goes on running, and suffers.
	suffers sandbox.Fault
}

// until is a state to wait for.
type until struct {
	probe  prober
	within time.Duration
}

// retry repeats a probe until it passes.
type retry struct {
	times int
	every time.Duration
}

// memory is a piece of a probe's text to keep under a name.
type memory struct {
	name string
	re   *regexp.Regexp
}

// stepKeys are the keys that a step has, and a check with a single step.
func stepKeys() []string {
	keys := []string{"fault", "restore", "until", "after", "expect", "retry", "remember", "unchanged", "changed", "background"}
	return append(keys, kindNames()...)
}

// steps reads the list of steps, or the check itself as its only step.
func (p *parser) steps(m yamldoc.Map) []step {
	v := m.Get("steps")
	if !v.Present() {
		if !looks(m) {
			needProbe(m)
		}
		return []step{p.step(m)}
	}
	for _, key := range stepKeys() {
		if m.Has(key) {
			m.Key(key).Problem("forbidden-pair", fmt.Sprintf("%q beside \"steps\"", key), "a check has steps or is one itself", "move it into a step")
		}
	}
	items, ok := v.List()
	if !ok {
		return nil
	}
	counted(v, len(items), maxSteps, "steps", "split the check")
	return p.listed(v, items)
}

// listed reads the steps of a list.
func (p *parser) listed(v yamldoc.Value, items []yamldoc.Value) []step {
	var steps []step
	found := len(items) == 0
	for _, item := range items {
		m, ok := item.Map(append([]string{"title"}, stepKeys()...)...)
		if !ok {
			found = true
			continue
		}
		found = found || looks(m)
		s := p.step(m)
		optional(m, "title", func(v yamldoc.Value) { s.title = limited(v, maxTitle) })
		steps = append(steps, s)
	}
	if !found {
		needProbe(v)
	}
	return steps
}

// looks tells whether a step has a probe, be it a faulty one.
func looks(m yamldoc.Map) bool { return m.Has("until") || hasProbe(m) }

func hasProbe(m yamldoc.Map) bool {
	return slices.ContainsFunc(kindNames(), m.Has)
}

// needProbe reports something that looks at nothing.
func needProbe(at interface {
	Problem(code, found, allowed, fix string)
},
) {
	at.Problem("no-probe", "nothing is looked at", "one of: "+strings.Join(kindNames(), ", "), "add a probe")
}

// step reads the keys of one step.
func (p *parser) step(m yamldoc.Map) step {
	var s step
	optional(m, "fault", func(v yamldoc.Value) { s.fault = p.fault(v) })
	optional(m, "restore", func(v yamldoc.Value) { s.restore = p.restored(v) })
	optional(m, "until", func(v yamldoc.Value) { s.until = p.until(v) })
	optional(m, "after", func(v yamldoc.Value) { s.after, _ = v.Duration(0, maxTimeout) })
	optional(m, "background", func(v yamldoc.Value) { s.background, _ = v.Bool() })
	optional(m, "retry", func(v yamldoc.Value) { s.retry = p.retry(v) })
	s.probe = p.probe(m, &s.after)
	p.memories(m, &s)
	p.combinations(m, s)
	return s
}

// combinations reports keys that mean nothing together.
func (p *parser) combinations(m yamldoc.Map, s step) {
	for _, key := range []string{"expect", "retry", "remember", "unchanged", "changed", "background"} {
		if m.Has(key) && !hasProbe(m) {
			m.Key(key).Problem("no-probe", fmt.Sprintf("%q without a probe", key), "one of: "+strings.Join(kindNames(), ", "), "add the probe it belongs to")
		}
	}
	for _, key := range []string{"retry", "remember", "unchanged", "changed", "fault", "restore", "until"} {
		if s.background && m.Has(key) {
			m.Key(key).Problem("forbidden-pair", fmt.Sprintf("%q beside \"background\"", key), "a background probe starts and is judged at the end, nothing more", "write a step of its own before or after it")
		}
	}
}

// probe reads the probe of a step or of an until, with its expectations. after is
// where the probe's own "after" goes; nil when it may have none.
func (p *parser) probe(m yamldoc.Map, after *time.Duration) prober {
	var found []kind
	for _, k := range kinds() {
		if m.Has(k.name) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return nil
	}
	for _, k := range found[1:] {
		m.Key(k.name).Problem("forbidden-pair", fmt.Sprintf("%q beside %q", k.name, found[0].name), "a step has one probe", "write two steps")
	}
	k := found[0]
	keys := slices.Clone(k.keys)
	if after != nil {
		keys = append(keys, "after")
	}
	probe, ok := m.Get(k.name).Map(keys...)
	if !ok {
		return nil
	}
	optional(probe, "after", func(v yamldoc.Value) {
		if after != nil {
			*after, _ = v.Duration(0, maxTimeout)
		}
	})
	var expect yamldoc.Map
	optional(m, "expect", func(v yamldoc.Value) { expect, ok = v.Map(k.expect...) })
	if !ok {
		return nil
	}
	return k.parse(p, probe, expect)
}

// restored reads the node whose fault a step undoes.
func (p *parser) restored(v yamldoc.Value) string {
	node := p.node(v)
	if node != "" && !p.faulted[node] {
		v.Problem("not-faulted", node+" was not broken by an earlier step", "only what this check broke", "add \"fault:\" to an earlier step")
	}
	return node
}

func (p *parser) fault(v yamldoc.Value) *fault {
	m, ok := v.Map(faultKeys()...)
	if !ok {
		return nil
	}
	var f *fault
	for _, e := range m.Entries {
		if slices.Contains(faultDetails, e.Name()) {
			continue
		}
		if f != nil {
			m.Problem("fault", "a second fault, "+e.Name(), "one fault", "write one fault per step")
			return nil
		}
		f = p.faultOf(m, e)
	}
	if f == nil {
		m.Problem("fault", "no fault", "exactly one of "+strings.Join(faultNames(), ", "), "write what happens to which node, such as kill: app2")
		return nil
	}
	if f.node == "" {
		return nil
	}
	p.faulted[f.node] = true
	return f
}

// faultDetails are what some faults can be told besides their node.
var faultDetails = []string{"peer", "delay", "jitter", "loss"}

func faultNames() []string {
	names := []string{string(sandbox.Kill), string(sandbox.Stop), string(sandbox.Pause)}
	for _, k := range sandbox.FaultKinds() {
		names = append(names, string(k))
	}
	return names
}

func faultKeys() []string { return append(faultNames(), faultDetails...) }

// faultOf reads one fault with its details. Its node is "" when something is wrong.
func (p *parser) faultOf(m yamldoc.Map, e yamldoc.Entry) *fault {
	f := &fault{node: p.node(e.Value), suffers: sandbox.Fault{Kind: sandbox.FaultKind(e.Name())}}
	if !slices.Contains(sandbox.FaultKinds(), f.suffers.Kind) {
		f.suffers, f.action = sandbox.Fault{}, sandbox.Action(e.Name())
	}
	optional(m, "peer", func(v yamldoc.Value) { f.suffers.Peer = p.node(v) })
	optional(m, "delay", func(v yamldoc.Value) { f.suffers.Delay, _ = v.Duration(time.Millisecond, sandbox.MaxFaultDelay) })
	optional(m, "jitter", func(v yamldoc.Value) { f.suffers.Jitter, _ = v.Duration(time.Millisecond, sandbox.MaxFaultDelay) })
	optional(m, "loss", func(v yamldoc.Value) { f.suffers.Loss, _ = v.Percent() })
	switch {
	case f.action != "" && f.suffers != (sandbox.Fault{}):
		m.Problem("fault", "details of a fault that has none", "peer, delay, jitter and loss with faults on links", "write only "+string(f.action)+": "+f.node)
		f.node = ""
	case f.action == "" && f.suffers.Check() != nil:
		m.Problem("fault", f.suffers.Check().Error(), "see docs/exercise.md", "complete or correct the fault")
		f.node = ""
	}
	return f
}

const defaultWithin = 10 * time.Second

func (p *parser) until(v yamldoc.Value) *until {
	m, ok := v.Map(append([]string{"expect", "within"}, kindNames()...)...)
	if !ok {
		return nil
	}
	u := &until{within: defaultWithin}
	optional(m, "within", func(v yamldoc.Value) { u.within, _ = v.Duration(100*time.Millisecond, maxTimeout) })
	if !hasProbe(m) {
		needProbe(m)
	}
	if u.probe = p.probe(m, nil); u.probe == nil {
		return nil
	}
	return u
}

func (p *parser) retry(v yamldoc.Value) retry {
	r := retry{times: 3, every: time.Second}
	if m, ok := v.Map("times", "every"); ok {
		optional(m, "times", func(v yamldoc.Value) { r.times, _ = v.Int(1, 50) })
		optional(m, "every", func(v yamldoc.Value) { r.every, _ = v.Duration(0, 30*time.Second) })
	}
	return r
}

var memoryName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// memories reads remember, unchanged and changed.
func (p *parser) memories(m yamldoc.Map, s *step) {
	optional(m, "remember", func(v yamldoc.Value) {
		rm, ok := v.AnyMap()
		if !ok {
			return
		}
		for _, e := range rm.Entries {
			if !memoryName.MatchString(e.Name()) {
				e.Key.Problem("name", fmt.Sprintf("the name %q", yamldoc.Shorten(e.Name())), "a small letter, then small letters, digits and _", "rename it")
			}
			if re, ok := group(e.Value); ok {
				s.remember = append(s.remember, memory{e.Name(), re})
				p.remembered[e.Name()] = true
			}
		}
	})
	optional(m, "unchanged", func(v yamldoc.Value) { s.unchanged = p.names(v) })
	optional(m, "changed", func(v yamldoc.Value) { s.changed = p.names(v) })
}

// names reads names that an earlier step remembered.
func (p *parser) names(v yamldoc.Value) []string {
	var names []string
	for _, item := range v.OneOrMore() {
		name, ok := item.Scalar()
		if ok && !p.remembered[name] {
			item.Problem("not-remembered", fmt.Sprintf("nothing is remembered as %q", yamldoc.Shorten(name)), "only what an earlier step of this check remembers", "add \"remember:\" to an earlier step")
		}
		names = append(names, name)
	}
	return names
}

// group reads a regular expression with exactly one group.
func group(v yamldoc.Value) (*regexp.Regexp, bool) {
	re, ok := v.Regexp()
	if ok && re.NumSubexp() != 1 {
		v.Problem("regexp", fmt.Sprintf("a regular expression with %d groups", re.NumSubexp()), "exactly one pair of parentheses round what is meant", "write it like 'Pid: (\\d+)'")
		return nil, false
	}
	return re, ok
}

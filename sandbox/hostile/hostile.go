// Package hostile is what a learner who means harm would try in a lab, and what
// must come of it: one table of abuses with the outcome that each must have on
// each tier. The test suite makes all of them; `pattarai doctor` makes those that
// prove a control of this very machine. Nothing here reads configuration: an
// abuse is made, and what it met is compared.
package hostile

import (
	"context"
	"slices"

	"pattarai/sandbox"
)

// Area groups abuses by what they are after.
type Area string

// The areas.
const (
	Identity  Area = "Becoming somebody else"
	Kernel    Area = "Using the kernel against the host"
	Machine   Area = "Reading and changing the machine"
	Files     Area = "Files and memory file systems"
	Processes Area = "Processes, memory and time"
	Network   Area = "Leaving the lab"
	Agent     Area = "Abusing the agent"
	Collect   Area = "Files that are collected"
	Verdicts  Area = "Forging a verdict"
)

// Abuse is what a learner tries, and the only outcome it may have.
type Abuse struct {
	ID    string // "setuid-root"; unique.
	Area  Area
	What  string // "becomes root with setuid(0)".
	Limit string // The limit it stands just under or just over: "64 MiB"; "" when it is about none.
	Want  Outcome
	// Remedy tells an operator what to do when the abuse comes out otherwise. Only
	// controls have one.
	Remedy string
	// Rough abuses may end their node; it is started again after them.
	Rough bool

	apart bool // Not while others are made.
	do    func(ctx context.Context, l *Lab) (seen string, err error)
}

// Outcome is what an abuse must come to.
type Outcome struct{ Standard, Hardened string }

// On is the outcome on that tier.
func (o Outcome) On(tier sandbox.Tier) string {
	if tier == sandbox.Hardened {
		return o.Hardened
	}
	return o.Standard
}

// Abuses returns the whole table, in the order it is shown and made.
func Abuses() []Abuse {
	var all []Abuse
	for _, area := range []struct {
		name Area
		list []Abuse
	}{
		{Identity, identity()}, {Kernel, kernel()}, {Machine, machine()}, {Files, files()},
		{Processes, processes()}, {Network, network()}, {Agent, agentAbuse()}, {Collect, collect()}, {Verdicts, verdicts()},
	} {
		for _, a := range area.list {
			a.Area = area.name
			a.apart = a.apart || a.Rough || !slices.Contains([]Area{Identity, Kernel, Machine, Network, Agent}, a.Area)
			all = append(all, a)
		}
	}
	return all
}

// Controls returns the abuses that prove a control of this machine.
func Controls() []Abuse {
	return slices.DeleteFunc(Abuses(), func(a Abuse) bool { return a.Remedy == "" })
}

// try makes an abuse that is a program in the attacker's node.
func try(id, what, program string, want Outcome) Abuse {
	return Abuse{ID: id, What: what, Want: want, do: python(attacker, program)}
}

// deed makes an abuse that the server's side takes part in.
func deed(id, what string, do func(ctx context.Context, l *Lab) (string, error), want Outcome) Abuse {
	return Abuse{ID: id, What: what, Want: want, do: do}
}

// same is an outcome that is alike on both tiers.
func same(seen string) Outcome { return Outcome{seen, seen} }

// differ is an outcome that depends on the tier.
func differ(standard, hardened string) Outcome { return Outcome{standard, hardened} }

// at notes the limit that an abuse stands at.
func (a Abuse) at(limit string) Abuse {
	a.Limit = limit
	return a
}

// control makes the abuse one that doctor makes, too.
func (a Abuse) control(remedy string) Abuse {
	a.Remedy = remedy
	return a
}

// alone keeps others from being made at the same time.
func (a Abuse) alone() Abuse {
	a.apart = true
	return a
}

// rough marks an abuse that may end its node.
func (a Abuse) rough() Abuse {
	a.Rough = true
	return a
}

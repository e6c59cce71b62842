// Package hostile is what a learner who means harm would try in a lab, and what
// must come of it: one table of attempts with the outcome that each must have on
// each tier. The test suite makes all of them; `pattarai doctor` makes those that
// prove a control of this very machine. Nothing here reads configuration: an
// attempt is made, and what it met is compared.
package hostile

import (
	"context"
	"slices"

	"pattarai/sandbox"
)

// Area groups attempts by what they are after.
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

// Attempt is one abuse and its only allowed outcome.
type Attempt struct {
	ID    string // "setuid-root"; unique.
	Area  Area
	What  string // "becomes root with setuid(0)".
	Limit string // The limit it stands just under or just over: "64 MiB"; "" when it is about none.
	Want  Outcome
	// Remedy tells an operator what to do when the attempt comes out otherwise. Only
	// controls have one.
	Remedy string
	// Rough attempts may end their node; it is started again after them.
	Rough bool

	apart bool // Not while others are made.
	do    func(ctx context.Context, l *Lab) (seen string, err error)
}

// Outcome is what an attempt must come to.
type Outcome struct{ Standard, Hardened string }

// On is the outcome on that tier.
func (o Outcome) On(tier sandbox.Tier) string {
	if tier == sandbox.Hardened {
		return o.Hardened
	}
	return o.Standard
}

// Attempts returns the whole table, in the order it is shown and made.
func Attempts() []Attempt {
	var all []Attempt
	for _, area := range []struct {
		name Area
		list []Attempt
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

// Controls returns the attempts that prove a control of this machine.
func Controls() []Attempt {
	return slices.DeleteFunc(Attempts(), func(a Attempt) bool { return a.Remedy == "" })
}

// try makes an attempt that is a program in the attacker's node.
func try(id, what, program string, want Outcome) Attempt {
	return Attempt{ID: id, What: what, Want: want, do: python(attacker, program)}
}

// deed makes an attempt that the server's side takes part in.
func deed(id, what string, do func(ctx context.Context, l *Lab) (string, error), want Outcome) Attempt {
	return Attempt{ID: id, What: what, Want: want, do: do}
}

// same is an outcome that is alike on both tiers.
func same(seen string) Outcome { return Outcome{seen, seen} }

// differ is an outcome that depends on the tier.
func differ(standard, hardened string) Outcome { return Outcome{standard, hardened} }

// at notes the limit that an attempt stands at.
func (a Attempt) at(limit string) Attempt {
	a.Limit = limit
	return a
}

// control makes the attempt one that doctor makes, too.
func (a Attempt) control(remedy string) Attempt {
	a.Remedy = remedy
	return a
}

// alone keeps others from being made at the same time.
func (a Attempt) alone() Attempt {
	a.apart = true
	return a
}

// rough marks an attempt that may end its node.
func (a Attempt) rough() Attempt {
	a.Rough = true
	return a
}

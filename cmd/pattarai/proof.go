package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/hostile"
	"pattarai/sandbox/images"
)

// prove starts a lab and tries from inside what its controls must prevent, telling
// observe each finding. held is whether all of them did.
func (c *doctorCommand) prove(ctx context.Context, set *images.Set, observe func(finding)) (held bool, err error) {
	controls := hostile.Controls()
	fmt.Fprintf(os.Stderr, "      trying %d ways out of a lab on the %s tier …\n", len(controls), c.Tier)
	engine, err := docker.New(ctx, docker.Config{
		Host: c.DockerHost, Installation: "doctor-" + hex.EncodeToString(random(4)), Secret: random(32), Images: set,
		Hardened: sandbox.Tier(c.Tier) == sandbox.Hardened, Spare: -1, Sets: -1,
	})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, engine.Close(context.WithoutCancel(ctx))) }()
	lab, err := hostile.Open(ctx, engine, sandbox.Tier(c.Tier))
	if err != nil {
		return false, fmt.Errorf("a lab to prove the controls in does not start: %w", err)
	}
	defer func() { err = errors.Join(err, lab.Close(ctx)) }()
	held = true
	err = lab.Run(ctx, controls, func(f hostile.Finding) {
		held = held && f.Held
		observe(proven(f, sandbox.Tier(c.Tier)))
	})
	return held && err == nil, err
}

// proven is a control as a line of the report.
func proven(f hostile.Finding, tier sandbox.Tier) finding {
	line := finding{Name: f.Abuse.ID, Tried: "a learner " + f.Abuse.What, OK: f.Held, Found: f.Seen}
	if !f.Held {
		line.Want, line.Fix = f.Abuse.Want.On(tier), f.Abuse.Remedy
	}
	return line
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // Never fails.
	return b
}

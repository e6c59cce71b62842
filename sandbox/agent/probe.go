package agent

import (
	"context"
	"encoding/json"
	"errors"
)

// errNoProbe is the answer of an agent that was made without eyes.
var errNoProbe = errors.New("this agent makes no probes")

type probeRequest struct {
	Kind string          `json:"kind"`
	Spec json.RawMessage `json:"spec"`
}

// Probe asks the agent to look at the lab from where it stands. kind and spec are
// those of package probe; progress (may be nil) is called with partial
// observations; the result is the final observation as JSON. A spec that breaks a
// bound is an [*Error].
func (c *Client) Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	p, err := c.begin(ctx, opProbe, probeRequest{Kind: kind, Spec: raw})
	if err != nil {
		return nil, err
	}
	defer p.finish()
	if err := p.answer(nil); err != nil {
		return nil, err
	}
	for {
		kind, payload, err := p.frame()
		if err != nil {
			return nil, err
		}
		seen := json.RawMessage(append([]byte(nil), payload...))
		switch {
		case kind == frameResult && ctx.Err() != nil:
			return nil, ctx.Err() // It was ended; what it saw is not all there was to see.
		case kind == frameResult:
			return seen, nil
		case kind == frameNews && progress != nil:
			progress(seen)
		}
	}
}

// probe answers opProbe.
func (s *server) probe(ctx context.Context, w *wire, body json.RawMessage) error {
	var req probeRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	ctx, stop := untilHangUp(ctx, w)
	defer stop()
	if s.config.Probe == nil {
		return errNoProbe
	}
	look, err := s.config.Probe(req.Kind, req.Spec)
	if err != nil {
		return err
	}
	if err := w.writeLine(response{}); err != nil {
		return err
	}
	seen, err := look(ctx, func(partial any) { w.writeJSON(frameNews, partial) })
	if err == nil {
		w.writeJSON(frameResult, seen)
	}
	return nil // An error means that the caller went away.
}

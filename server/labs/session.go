package labs

import (
	"context"
	"encoding/json"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/server/live"
)

// Engine is a container engine that counts its room; *pool.Pool is one.
type Engine interface {
	sandbox.Engine
	sandbox.Preparer
	// Wait waits in line until there is room and keeps it for a launch.
	Wait(ctx context.Context, spec sandbox.Spec, onPosition func(pos int)) error
	// Hold counts a lab that the engine holds already.
	Hold(spec sandbox.Spec)
	// Estimate says how long whoever stands at pos waits for room; 0 is unknown.
	Estimate(pos int) time.Duration
}

// session is what the service needs of a *sandbox.Session.
type session interface {
	States() []sandbox.NodeState
	Watch(ctx context.Context) <-chan sandbox.NodeState
	Control(ctx context.Context, node string, action sandbox.Action) error
	Break(ctx context.Context, node string, f sandbox.Fault) error
	Mend(ctx context.Context, node string, kind sandbox.FaultKind) error
	Apply(ctx context.Context, files map[string][]byte) (sandbox.Applied, error)
	Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error)
	Agent(ctx context.Context, node string) (nodeAgent, error)
	Detach()
	Close(ctx context.Context) error
}

// nodeAgent is what the service needs of an *agent.Client.
type nodeAgent interface {
	OpenShell(ctx context.Context, o agent.ShellOptions) (agent.Shell, error)
	Shells(ctx context.Context) ([]agent.ShellInfo, error)
	EndShell(ctx context.Context, id string) error
	live.Node
}

// opener makes sessions.
type opener interface {
	Open(ctx context.Context, spec sandbox.Spec, files map[string][]byte, progress func(sandbox.NodeState)) (session, error)
	// Adopt takes over a lab; files are the workspace, which only we have kept.
	Adopt(ctx context.Context, spec sandbox.Spec, files map[string][]byte) (session, error)
}

// sessions opens real sessions on an engine.
type sessions struct{ engine sandbox.Engine }

func (s sessions) Open(ctx context.Context, spec sandbox.Spec, files map[string][]byte, progress func(sandbox.NodeState)) (session, error) {
	opened, err := sandbox.Open(ctx, s.engine, spec, files, progress)
	if err != nil {
		return nil, err
	}
	return realSession{opened}, nil
}

func (s sessions) Adopt(ctx context.Context, spec sandbox.Spec, files map[string][]byte) (session, error) {
	adopted, err := sandbox.Adopt(ctx, s.engine, spec)
	if err != nil {
		return nil, err
	}
	adopted.Restore(files)
	return realSession{adopted}, nil
}

// realSession narrows what Agent returns.
type realSession struct{ *sandbox.Session }

func (s realSession) Agent(ctx context.Context, node string) (nodeAgent, error) {
	client, err := s.Session.Agent(ctx, node)
	if err != nil {
		return nil, err
	}
	return client, nil
}

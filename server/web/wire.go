package web

import (
	"time"

	"pattarai/sandbox"
	"pattarai/server/labs"
)

// labJSON is LAB of docs/api.md.
type labJSON struct {
	ID        string              `json:"id"`
	State     labs.State          `json:"state"`
	Position  int                 `json:"position"`
	Estimate  int64               `json:"estimate_ms"`
	P95       int64               `json:"p95_ms"`
	Reason    string              `json:"reason"`
	Log       string              `json:"log"`
	Fix       string              `json:"fix"`
	Started   *time.Time          `json:"started_at"`
	Expires   *time.Time          `json:"expires_at"`
	CanExtend bool                `json:"can_extend"`
	Nodes     []sandbox.NodeState `json:"nodes,omitzero"` // Left out when nil.
	Traffic   trafficJSON         `json:"traffic"`
}

type trafficJSON struct {
	On   bool    `json:"on"`
	Rate float64 `json:"rate"`
}

func labOf(v labs.View) labJSON {
	return labJSON{
		ID: v.ID, State: v.State, Position: v.Position, Estimate: v.Estimate.Milliseconds(), P95: v.P95.Milliseconds(),
		Reason: v.Reason, Log: v.Log, Fix: v.Fix, Started: moment(v.Started), Expires: moment(v.Expires),
		CanExtend: v.CanExtend, Nodes: append([]sandbox.NodeState{}, v.Nodes...), Traffic: trafficJSON{v.Traffic.On, v.Traffic.Rate},
	}
}

// moment is t for JSON; null when it has not come yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// fileJSON is FILE of docs/api.md.
type fileJSON struct {
	Path    string     `json:"path"`
	Content string     `json:"content"`
	Version int        `json:"version"`
	Starter bool       `json:"starter"`
	Saved   *time.Time `json:"saved_at"`
}

func fileOf(f labs.File) fileJSON {
	return fileJSON{f.Path, string(f.Content), f.Version, f.Version == 0, moment(f.Saved)}
}

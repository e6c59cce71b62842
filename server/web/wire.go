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

// liveJSON is the event "live" of docs/api.md.
type liveJSON struct {
	labs.Live
	Backends []backendJSON `json:"backends"` // Hides the one of Live.
}

type backendJSON struct {
	Name    string       `json:"name"`
	Servers []serverJSON `json:"servers"`
}

type serverJSON struct {
	labs.Server
	Millis   *struct{} `json:"ms,omitempty"` // Hides the one of Server.
	Sessions float64   `json:"sessions_ms"`
}

func liveOf(l labs.Live) liveJSON {
	live := liveJSON{Live: l, Backends: make([]backendJSON, 0, len(l.Backends))}
	for _, b := range l.Backends {
		servers := make([]serverJSON, 0, len(b.Servers))
		for _, s := range b.Servers {
			servers = append(servers, serverJSON{Server: s, Sessions: s.Millis})
		}
		live.Backends = append(live.Backends, backendJSON{b.Name, servers})
	}
	return live
}

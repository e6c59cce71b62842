package labs

import "pattarai/server/live"

// Live is what a node's software reports of itself.
type Live struct {
	live.Report            // Of other kinds than HAProxy; and of each, why nothing could be read.
	Node        string     `json:"node"`
	Kind        string     `json:"kind"` // "haproxy", "rabbitmq", "postgres", "redis".
	Backends    []Backend  `json:"backends"`
	Frontends   []Frontend `json:"frontends"`
	PID         int        `json:"pid"`
	UptimeSec   int        `json:"uptime_s"`
}

// Backend is a group of servers.
type Backend struct {
	Name    string   `json:"name"`
	Servers []Server `json:"servers"`
}

// Server is one server of a balancer.
type Server struct {
	Name    string  `json:"name"`
	Status  string  `json:"status"` // UP, DOWN, MAINT, DRAIN, "no check".
	Weight  int     `json:"weight"`
	Current int     `json:"current"` // Sessions now.
	Queue   int     `json:"queue"`
	Total   int64   `json:"total"` // Sessions since the balancer's last reload.
	Delta   int64   `json:"delta"` // Since the last report.
	Rate    int     `json:"rate"`  // Sessions in the last second.
	Errors  int64   `json:"errors"`
	Millis  float64 `json:"ms"` // Mean answer time of the last 1024 requests.
}

// Frontend is where a balancer listens.
type Frontend struct {
	Name  string `json:"name"`
	Rate  int    `json:"rate"`
	Total int64  `json:"total"`
}

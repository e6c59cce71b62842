package check

import (
	"fmt"
	"strings"

	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// The bounds of clients.
const (
	defaultClients = 6
	maxClients     = 100
)

// How clients may differ; a header as "header:NAME".
const (
	byCookie = "cookie"
	bySource = "source"
)

// sticky claims that every client stays with one server.
type sticky struct {
	by      string
	clients int
	servers *bound // How many servers they have together.
}

func readSticky(v yamldoc.Value) *sticky {
	m, ok := v.Map("by", "clients", "servers")
	if !ok {
		return nil
	}
	s := &sticky{clients: defaultClients}
	by, ok := m.Require("by", "add \"by: cookie\", source or header:NAME")
	if !ok {
		return nil
	}
	s.by, ok = by.Text()
	if name, header := strings.CutPrefix(s.by, "header:"); ok && s.by != byCookie && s.by != bySource && (!header || strings.TrimSpace(name) == "") {
		by.Problem("not-allowed", by.Words(), "allowed: cookie, source, header:NAME", "write what the balancer tells clients by")
	}
	optional(m, "clients", func(v yamldoc.Value) { s.clients, _ = v.Int(2, maxClients) })
	optional(m, "servers", func(v yamldoc.Value) {
		if b, ok := numberBound(v); ok {
			s.servers = &b
		}
	})
	return s
}

// sticky makes the probe send as several clients, and reports what cannot be told.
func (h *httpProbe) sticky(p *parser, m, expect yamldoc.Map) {
	s, at := h.want.sticky, expect.Key("sticky")
	h.spec.Clients, h.spec.ClientBy = s.clients, s.by
	if s.by == bySource {
		if most := sandbox.MaxNodes + 1 - len(p.topology.Nodes); s.clients > most {
			at.Problem("sources", fmt.Sprintf("%d clients with an address each", s.clients), fmt.Sprintf("beside %d nodes the network has room for %d", len(p.topology.Nodes), most), fmt.Sprintf("write \"clients: %d\"", most))
		}
		h.from = s.clients
	} else if m.Has("sources") {
		m.Key("sources").Problem("forbidden-pair", "\"sources\" beside \"sticky\" by something else", "clients are told apart by one thing", "remove sources, or write \"by: source\"")
	}
	if least := 2 * s.clients; h.spec.Requests < least || h.spec.Requests > maxOrder {
		at.Problem("too-few", fmt.Sprintf("%d requests of %d clients", h.spec.Requests, s.clients), fmt.Sprintf("%d to %d, so that each comes again", least, maxOrder), fmt.Sprintf("write \"requests: %d\"", 5*s.clients))
	}
	if h.spec.Concurrency > 1 {
		m.Key("concurrency").Problem("forbidden-pair", "\"concurrency\" beside \"sticky\"", "the clients take turns", "remove concurrency")
	}
}

func (s *sticky) words() []string {
	var out []string
	name, header := strings.CutPrefix(s.by, "header:")
	switch {
	case header:
		out = append(out, say(msgStickyHeader, s.clients, name))
	case s.by == bySource:
		out = append(out, say(msgStickySource, s.clients))
	default:
		out = append(out, say(msgStickyCookie, s.clients))
	}
	if s.servers != nil {
		out = append(out, say(msgStickyServers, *s.servers))
	}
	return out
}

// judge looks at who answered each client, in the order of sending.
func (s *sticky) judge(o *outcome, seen probe.HTTPSeen) {
	stayed, servers := 0, map[string]bool{}
	for c := range s.clients {
		row := s.client(o, seen, c, servers)
		o.cases = append(o.cases, row)
		if row.OK {
			stayed++
		}
	}
	o.observed = say(msgStickySeen, stayed, s.clients)
	if s.servers != nil && !s.servers.holds(float64(len(servers))) {
		o.fail(say(msgStickyFew, len(servers), *s.servers))
	}
}

// client judges one client; the sentence tells where it was answered by another
// server for the first time.
func (s *sticky) client(o *outcome, seen probe.HTTPSeen, c int, servers map[string]bool) Case {
	row := Case{Name: say(msgStickyClient, c+1), OK: true}
	var told []string
	first, count := "", 0
	for i := c; i < len(seen.Order); i += s.clients {
		name := seen.Order[i]
		switch {
		case name == "" && row.OK:
			row.OK = false
			o.fail(say(msgStickyNone, c+1, i+1))
		case name == "":
		case first == "":
			first, count = name, 1
			servers[name] = true
			continue
		case name == first:
			count++
			continue
		case row.OK:
			row.OK = false
			servers[name] = true
			o.fail(say(msgStickyLeft, c+1, named(first), i+1, named(name)))
		}
		told = append(told, named(name))
	}
	row.Observed = say(msgStickyTimes, named(first), count)
	if len(told) > 0 {
		row.Observed += ", " + strings.Join(told[:min(len(told), 10)], ", ")
	}
	return row
}

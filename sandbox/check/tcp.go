package check

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// tcpProbe holds a conversation over TCP.
type tcpProbe struct {
	spec    probe.TCPSpec
	refused bool // The connection is expected to fail.
	text    textWant
	elapsed *bound
}

func tcpKind() kind {
	return kind{
		name:   "tcp",
		keys:   []string{"address", "send", "until", "timeout"},
		expect: []string{"connected", "received", "elapsed"},
		parse:  parseTCP,
	}
}

func parseTCP(p *parser, m, expect yamldoc.Map) prober {
	t := tcpProbe{text: textWant{name: "received"}, spec: probe.TCPSpec{Timeout: defaultRequestTimeout}}
	if v, ok := m.Require("address", "add \"address: redis:6379\""); ok {
		t.spec.Address = p.address(v)
	}
	optional(m, "send", func(v yamldoc.Value) { t.spec.Send, _ = v.Text() })
	optional(m, "until", func(v yamldoc.Value) { t.spec.Until, _ = v.Text() })
	optional(m, "timeout", func(v yamldoc.Value) { t.spec.Timeout, _ = v.Duration(50*time.Millisecond, time.Minute) })
	optional(expect, "connected", func(v yamldoc.Value) {
		connected, ok := v.Bool()
		t.refused = ok && !connected
	})
	optional(expect, "received", func(v yamldoc.Value) { t.text = textExpectation(v, "received") })
	optional(expect, "elapsed", func(v yamldoc.Value) {
		if b, ok := durationBound(v); ok {
			t.elapsed = &b
		}
	})
	if t.refused && expect.Has("received") {
		expect.Key("received").Problem("forbidden-pair", "\"received\" beside \"connected: false\"", "without a connection nothing is received", "remove one of the two")
	}
	return t
}

// address reads node:port.
func (p *parser) address(v yamldoc.Value) string {
	text, ok := v.Text()
	if !ok {
		return ""
	}
	host, port, err := net.SplitHostPort(text)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n < 1 || n > 65535 {
		v.Problem("address", "the address "+v.Words(), "a node's name, a colon and a port from 1 to 65535", "write it like redis:6379")
		return ""
	}
	p.known(v, host)
	return text
}

func (t tcpProbe) expected() string {
	if t.refused {
		return say(msgNotConnected, t.spec.Address, "")
	}
	claims := append([]string{say(msgConnected, t.spec.Address)}, t.text.words()...)
	if t.elapsed != nil {
		claims = append(claims, say(msgDuration, "elapsed", *t.elapsed))
	}
	return strings.Join(claims, "; ")
}

func (t tcpProbe) try(shell string) string {
	host, port, err := net.SplitHostPort(t.spec.Address)
	if shell == "" || err != nil {
		return ""
	}
	return "printf %s " + quoteWord(t.spec.Send) + " | nc -w 3 " + host + " " + port
}

func (t tcpProbe) look(ctx context.Context, e *env) outcome {
	var seen probe.TCPSeen
	if failed := e.probe(ctx, probe.KindTCP, t.spec, nil, &seen); failed != nil {
		return *failed
	}
	o := outcome{status: Passed, text: seen.Received, observed: say(msgReceived, quote(seen.Received))}
	switch {
	case t.refused && seen.Connected:
		o.observed = say(msgConnected, t.spec.Address)
		o.fail(o.observed)
	case t.refused:
		o.observed = say(msgNotConnected, t.spec.Address, seen.Error)
	case !seen.Connected:
		o.observed = say(msgNotConnected, t.spec.Address, seen.Error)
		o.fail(o.observed)
	default:
		t.judge(&o, seen)
	}
	return o
}

// judge compares a conversation that took place.
func (t tcpProbe) judge(o *outcome, seen probe.TCPSeen) {
	unmet := t.text.unmet(seen.Received)
	o.fail(unmet...)
	if len(unmet) > 0 && seen.Error != "" {
		o.fail(say(msgTCPError, seen.Error))
	}
	if t.elapsed != nil && !t.elapsed.holds(float64(seen.Elapsed)) {
		o.fail(say(msgDurationOff, "elapsed", span(seen.Elapsed), *t.elapsed))
	}
}

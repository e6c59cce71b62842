package check

import (
	"context"
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/internal/yamldoc"
)

// The bounds of a conversation with a service.
const (
	defaultServiceTimeout = 10 * time.Second
	maxServiceTimeout     = time.Minute
	serviceGrace          = 3 * time.Second // From the client's own limit to its end.
	maxServiceAnswer      = 4 << 20
)

// ask speaks to a service in its own protocol, by a client in the probe node that
// runs for this one conversation. The outcome is nil when seen was filled. A
// service whose answer ends the client is the learner's; everything else that
// keeps the client from answering is ours.
func (e *env) ask(ctx context.Context, kind, address string, spec any, timeout time.Duration, seen any) *outcome {
	raw, err := json.Marshal(spec)
	if err != nil {
		return &outcome{status: Broken, reasons: []string{say(msgOurs, address, err)}}
	}
	command := agent.Command{
		Args: []string{sandbox.AgentPath, "look", kind}, Stdin: raw,
		Timeout: timeout + serviceGrace, MaxOutput: maxServiceAnswer,
	}
	result, failed := e.exec(ctx, sandbox.ProbeNode, command)
	switch {
	case failed != nil:
		return failed
	case result.TimedOut:
		reason := say(msgServiceLimit, address, span(timeout))
		return &outcome{status: TimedOut, observed: reason, reasons: []string{reason}}
	case result.Failure != "" || result.Exit == 1:
		return &outcome{status: Broken, reasons: []string{say(msgOurs, sandbox.ProbeNode, firstOf(result.Failure, strings.TrimSpace(string(result.Stderr))))}}
	case result.Exit != 0 || result.StdoutTruncated || json.Unmarshal(result.Stdout, seen) != nil:
		reason := say(msgServiceAnswer, address)
		return &outcome{status: Failed, observed: reason, reasons: []string{reason}}
	}
	return nil
}

// silence is the outcome of a conversation that broke off; nil when it did not.
func silence(address, why string, connected bool, timeout time.Duration) *outcome {
	switch {
	case why == "":
		return nil
	case connected && strings.HasPrefix(why, "timed out"):
		reason := say(msgServiceLimit, address, span(timeout))
		return &outcome{status: TimedOut, observed: reason, reasons: []string{reason}}
	}
	reason := say(msgServiceGone, address, why)
	return &outcome{status: Failed, observed: reason, reasons: []string{reason}}
}

// service reads the address of a service: a node, with or without a port.
func (p *parser) service(m yamldoc.Map, port int) string {
	v, ok := m.Require("address", "add \"address: \" with a node, or with node:port")
	if !ok {
		return ""
	}
	text, ok := v.Text()
	if !ok {
		return ""
	}
	if !strings.Contains(text, ":") {
		p.known(v, text)
		return net.JoinHostPort(text, strconv.Itoa(port))
	}
	return p.address(v)
}

func serviceTimeout(m yamldoc.Map) time.Duration {
	d := defaultServiceTimeout
	optional(m, "timeout", func(v yamldoc.Value) { d, _ = v.Duration(50*time.Millisecond, maxServiceTimeout) })
	return d
}

// short is the name of a service in a sentence: without its usual port.
func short(address string, port int) string {
	return strings.TrimSuffix(address, ":"+strconv.Itoa(port))
}

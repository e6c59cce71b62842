package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// The bounds of AMQP.
const (
	portAMQP  = 5672
	maxActs   = 30
	maxPublic = 1000 // Messages published by one act.
)

// amqpProbe does things at a broker, one after the other.
type amqpProbe struct {
	spec probe.AMQPSpec
	acts []amqpAct
}

// amqpAct is one of them with what is expected of it.
type amqpAct struct {
	name string
	act  probe.AMQPAct
	want amqpWant
}

func amqpKind() kind {
	return kind{
		name:  "amqp",
		keys:  []string{"address", "user", "password", "vhost", "do", "timeout"},
		parse: parseAMQP, // What is expected stands beside each act.
	}
}

func parseAMQP(p *parser, m, expect yamldoc.Map) prober {
	a := amqpProbe{spec: probe.AMQPSpec{User: "guest", Password: "guest", VHost: "/", Timeout: serviceTimeout(m)}}
	if expect.Present() {
		expect.Problem("forbidden-pair", "\"expect\" beside \"amqp\"", "each act has its own", "move it into the list of \"do\"")
	}
	a.spec.Address = p.service(m, portAMQP)
	optional(m, "user", func(v yamldoc.Value) { a.spec.User, _ = v.Text() })
	optional(m, "password", func(v yamldoc.Value) { a.spec.Password, _ = v.Text() })
	optional(m, "vhost", func(v yamldoc.Value) { a.spec.VHost, _ = v.Text() })
	if v, ok := m.Require("do", "add \"do:\" with a list such as [{publish: {…}}, {get: QUEUE}]"); ok {
		items, _ := v.List()
		counted(v, len(items), maxActs, "acts", "split the check")
		for _, item := range items {
			if act, ok := readAct(item); ok {
				a.acts = append(a.acts, act)
				a.spec.Do = append(a.spec.Do, act.act)
			}
		}
	}
	return a
}

// actKind is one kind of act: how it is written and what can be expected of it.
type actKind struct {
	name   string
	expect []string
	read   func(v yamldoc.Value) (probe.AMQPAct, string)
}

func actKinds() []actKind {
	return []actKind{
		{"declare", []string{"error"}, readDeclare},
		{"bind", []string{"error"}, readBind},
		{"publish", []string{"error", "routed"}, readPublish},
		{"get", []string{"error", "empty", "body", "key", "exchange", "properties", "headers", "redelivered", "dead"}, readGet},
		{"queue", []string{"exists", "messages", "consumers"}, named1(func(a *probe.AMQPAct, name string) { a.Queue = name })},
		{"exchange", []string{"exists"}, named1(func(a *probe.AMQPAct, name string) { a.Exists = name })},
		{"purge", []string{"error"}, named1(func(a *probe.AMQPAct, name string) { a.Purge = name })},
		{"wait", nil, readWait},
	}
}

func readAct(v yamldoc.Value) (amqpAct, bool) {
	var names []string
	for _, k := range actKinds() {
		names = append(names, k.name)
	}
	m, ok := v.Map(append([]string{"name", "expect"}, names...)...)
	if !ok {
		return amqpAct{}, false
	}
	chosen := slices.DeleteFunc(actKinds(), func(k actKind) bool { return !m.Has(k.name) })
	if len(chosen) != 1 {
		m.Problem("act", fmt.Sprintf("%d acts in one", len(chosen)), "exactly one of "+strings.Join(names, ", "), "write an item of the list for each")
		return amqpAct{}, false
	}
	var a amqpAct
	a.act, a.name = chosen[0].read(m.Get(chosen[0].name))
	a.name = strings.TrimSpace(chosen[0].name + " " + a.name)
	optional(m, "name", func(v yamldoc.Value) { a.name = limited(v, maxTitle) })
	a.want = amqpWant{exists: true, routed: true}
	optional(m, "expect", func(v yamldoc.Value) {
		if len(chosen[0].expect) == 0 {
			v.Problem("forbidden-pair", "\"expect\" beside \"wait\"", "nothing is seen while waiting", "move it to the next act")
			return
		}
		if expect, ok := v.Map(chosen[0].expect...); ok {
			a.want.read(expect)
		}
	})
	return a, true
}

// named1 reads an act that has nothing but a name.
func named1(set func(*probe.AMQPAct, string)) func(yamldoc.Value) (probe.AMQPAct, string) {
	return func(v yamldoc.Value) (probe.AMQPAct, string) {
		var a probe.AMQPAct
		name, _ := v.Text()
		set(&a, name)
		return a, name
	}
}

func readWait(v yamldoc.Value) (probe.AMQPAct, string) {
	d, _ := v.Duration(0, maxServiceTimeout)
	return probe.AMQPAct{Wait: d}, span(d)
}

func readDeclare(v yamldoc.Value) (probe.AMQPAct, string) {
	d := &probe.AMQPDeclare{}
	m, ok := v.Map("queue", "exchange", "type", "durable", "exclusive", "auto_delete", "arguments")
	if !ok {
		return probe.AMQPAct{Declare: d}, ""
	}
	optional(m, "queue", func(v yamldoc.Value) { d.Queue, _ = v.Text() })
	optional(m, "exchange", func(v yamldoc.Value) { d.Exchange, _ = v.Text() })
	optional(m, "type", func(v yamldoc.Value) { d.Type, _ = v.Choice("direct", "fanout", "topic", "headers") })
	optional(m, "durable", func(v yamldoc.Value) { d.Durable, _ = v.Bool() })
	optional(m, "exclusive", func(v yamldoc.Value) { d.Exclusive, _ = v.Bool() })
	optional(m, "auto_delete", func(v yamldoc.Value) { d.AutoDelete, _ = v.Bool() })
	optional(m, "arguments", func(v yamldoc.Value) { d.Arguments = arguments(v) })
	if m.Has("queue") == m.Has("exchange") {
		m.Problem("act", "\"queue\" and \"exchange\", or neither", "exactly one of the two", "declare one thing")
	}
	if m.Has("exchange") && !m.Has("queue") && !m.Has("type") {
		m.Problem("missing-key", "an exchange without a type", "direct, fanout, topic or headers", "add \"type: \"")
	}
	return probe.AMQPAct{Declare: d}, d.Queue + d.Exchange
}

// arguments reads plain values as what they are: numbers, true and false, text.
func arguments(v yamldoc.Value) map[string]any {
	m, ok := v.AnyMap()
	if !ok {
		return nil
	}
	for _, e := range m.Entries {
		if e.Value.IsList() || e.Value.IsMap() {
			e.Value.Problem("wrong-type", e.Value.Words(), "a number, true, false or text", "write a plain value")
		}
	}
	out, _ := v.Plain().(map[string]any)
	return out
}

func readBind(v yamldoc.Value) (probe.AMQPAct, string) {
	b := &probe.AMQPBind{}
	m, ok := v.Map("queue", "exchange", "key")
	if !ok {
		return probe.AMQPAct{Bind: b}, ""
	}
	if v, ok := m.Require("queue", "add \"queue: \""); ok {
		b.Queue, _ = v.Text()
	}
	if v, ok := m.Require("exchange", "add \"exchange: \""); ok {
		b.Exchange, _ = v.Text()
	}
	optional(m, "key", func(v yamldoc.Value) { b.Key, _ = v.Scalar() })
	return probe.AMQPAct{Bind: b}, b.Queue
}

func propertyNames() []string {
	return []string{
		"content_type", "content_encoding", "correlation_id", "reply_to", "expiration", "message_id",
		"type", "app_id", "delivery_mode", "priority",
	}
}

func readPublish(v yamldoc.Value) (probe.AMQPAct, string) {
	p := &probe.AMQPPublish{Count: 1}
	m, ok := v.Map("exchange", "key", "body", "count", "properties", "headers")
	if !ok {
		return probe.AMQPAct{Publish: p}, ""
	}
	optional(m, "exchange", func(v yamldoc.Value) { p.Exchange, _ = v.Scalar() })
	optional(m, "key", func(v yamldoc.Value) { p.Key, _ = v.Scalar() })
	optional(m, "body", func(v yamldoc.Value) { p.Body, _ = v.Scalar() })
	optional(m, "count", func(v yamldoc.Value) { p.Count, _ = v.Int(1, maxPublic) })
	optional(m, "properties", func(v yamldoc.Value) {
		if properties, ok := v.Map(propertyNames()...); ok {
			p.Properties = words(v)
			for _, name := range []string{"delivery_mode", "priority"} {
				optional(properties, name, func(v yamldoc.Value) { v.Int(0, 255) })
			}
		}
	})
	optional(m, "headers", func(v yamldoc.Value) { p.Headers = words(v) })
	if !m.Has("exchange") && !m.Has("key") {
		m.Problem("missing-key", "a message without exchange and key", "an exchange, or the name of a queue as key", "add \"key: QUEUE\" for the default exchange")
	}
	return probe.AMQPAct{Publish: p}, strings.TrimSpace(p.Exchange + " " + p.Key)
}

func readGet(v yamldoc.Value) (probe.AMQPAct, string) {
	g := &probe.AMQPGet{Settle: "ack", Within: time.Second}
	if !v.IsMap() {
		g.Queue, _ = v.Text()
		return probe.AMQPAct{Get: g}, g.Queue
	}
	m, ok := v.Map("queue", "settle", "within")
	if !ok {
		return probe.AMQPAct{Get: g}, ""
	}
	if v, ok := m.Require("queue", "add \"queue: \""); ok {
		g.Queue, _ = v.Text()
	}
	optional(m, "settle", func(v yamldoc.Value) { g.Settle, _ = v.Choice("ack", "reject", "requeue") })
	optional(m, "within", func(v yamldoc.Value) { g.Within, _ = v.Duration(0, maxServiceTimeout) })
	return probe.AMQPAct{Get: g}, g.Queue
}

func (a amqpProbe) expected() string {
	if len(a.acts) == 1 {
		return say(msgAMQPOff, a.acts[0].name, a.acts[0].words())
	}
	return say(msgAMQPWant, len(a.acts))
}

func (a amqpProbe) try(string) string { return "" } // No client of AMQP is at hand in every shell.

func (a amqpProbe) look(ctx context.Context, e *env) outcome {
	name := short(a.spec.Address, portAMQP)
	var seen probe.AMQPSeen
	if failed := e.ask(ctx, probe.KindAMQP, name, a.spec, a.spec.Timeout, &seen); failed != nil {
		return *failed
	}
	o := outcome{status: Passed}
	good := a.judge(&o, seen)
	o.observed = say(msgAMQPSeen, good, len(a.acts))
	if silent := silence(name, seen.Error, seen.Connected, a.spec.Timeout); silent != nil {
		silent.cases = o.cases
		silent.reasons = append(silent.reasons, e.othersDown()...)
		return *silent
	}
	return o
}

// judge compares every act and counts the good ones.
func (a amqpProbe) judge(o *outcome, seen probe.AMQPSeen) int {
	good := 0
	for i, act := range a.acts {
		row := Case{Name: act.name, Expected: act.words(), Observed: string(msgAMQPNot)}
		if i < len(seen.Acts) {
			r := seen.Acts[i]
			row.Observed = act.observed(r)
			unmet := act.unmet(r)
			row.OK = len(unmet) == 0
			for _, why := range unmet {
				o.fail(say(msgAMQPOff, act.name, why))
			}
			if r.Message != nil {
				o.text, o.truncated = r.Message.Body, r.Message.Truncated
			}
		}
		if row.OK {
			good++
		}
		o.cases = append(o.cases, row)
	}
	return good
}

package check

import (
	"strings"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// amqpWant is what is expected of an act. Nil and empty parts claim nothing.
type amqpWant struct {
	refusal     int // The code it is refused with; 0 when it must not be.
	exists      bool
	messages    *bound
	consumers   *bound
	routed      bool
	empty       bool
	body        *textWant
	key         *textWant
	exchange    *textWant
	fields      []headerWant // Properties and headers.
	redelivered *bool
	dead        *deadWant
}

// deadWant is how a message is expected to have been dead-lettered.
type deadWant struct {
	queue, reason string
	count         *bound
}

// headerPrefix tells a header from a property of the same name.
const headerPrefix = "header:"

func (w *amqpWant) read(m yamldoc.Map) {
	optional(m, "error", func(v yamldoc.Value) { w.refusal, _ = v.Int(300, 599) })
	optional(m, "exists", func(v yamldoc.Value) { w.exists, _ = v.Bool() })
	optional(m, "messages", func(v yamldoc.Value) { w.messages = optionalNumber(v) })
	optional(m, "consumers", func(v yamldoc.Value) { w.consumers = optionalNumber(v) })
	optional(m, "routed", func(v yamldoc.Value) { w.routed, _ = v.Bool() })
	optional(m, "empty", func(v yamldoc.Value) { w.empty, _ = v.Bool() })
	optional(m, "body", func(v yamldoc.Value) { w.body = optionalText(v, msgAMQPBody) })
	optional(m, "key", func(v yamldoc.Value) { w.key = optionalText(v, msgAMQPKey) })
	optional(m, "exchange", func(v yamldoc.Value) { w.exchange = optionalText(v, msgAMQPExchange) })
	optional(m, "properties", func(v yamldoc.Value) {
		if _, ok := v.Map(append(propertyNames(), "user_id")...); ok {
			w.fields = append(w.fields, named2(headerExpectations(v), "", msgAMQPProperty)...)
		}
	})
	optional(m, "headers", func(v yamldoc.Value) {
		w.fields = append(w.fields, named2(headerExpectations(v), headerPrefix, msgHeader)...)
	})
	optional(m, "redelivered", func(v yamldoc.Value) {
		if yes, ok := v.Bool(); ok {
			w.redelivered = &yes
		}
	})
	optional(m, "dead", func(v yamldoc.Value) { w.dead = readDead(v) })
	w.combinations(m)
}

// combinations reports claims about what is not there.
func (w *amqpWant) combinations(m yamldoc.Map) {
	if m.Has("messages") || m.Has("consumers") {
		if !w.exists {
			m.Key("exists").Problem("forbidden-pair", "\"exists: false\" beside a claim about the queue", "what is not there has nothing in it", "remove one of the two")
		}
	}
	if w.empty && len(m.Entries) > 1 {
		m.Key("empty").Problem("forbidden-pair", "\"empty: true\" beside a claim about the message", "without a message there is nothing to claim", "remove one of the two")
	}
	if w.refusal != 0 && len(m.Entries) > 1 {
		m.Key("error").Problem("forbidden-pair", "\"error\" beside other claims", "what is refused has no result", "remove one of the two")
	}
}

func optionalText(v yamldoc.Value, name message) *textWant {
	w := textExpectation(v, string(name))
	return &w
}

// named2 names claims about properties or headers.
func named2(all []headerWant, prefix string, m message) []headerWant {
	for i := range all {
		all[i].text.name = say(m, all[i].name)
		all[i].name = prefix + all[i].name
	}
	return all
}

// readDead reads true, or a map.
func readDead(v yamldoc.Value) *deadWant {
	if !v.IsMap() {
		if yes, ok := v.Bool(); ok && !yes {
			v.Problem("not-allowed", "false", "allowed: true, or a map of queue, reason, count", "claim \"headers: {x-death: {absent: true}}\" instead")
		}
		return &deadWant{}
	}
	m, ok := v.Map("queue", "reason", "count")
	if !ok {
		return nil
	}
	w := &deadWant{}
	optional(m, "queue", func(v yamldoc.Value) { w.queue, _ = v.Text() })
	optional(m, "reason", func(v yamldoc.Value) { w.reason, _ = v.Choice("rejected", "expired", "maxlen", "delivery_limit") })
	optional(m, "count", func(v yamldoc.Value) { w.count = optionalNumber(v) })
	return w
}

// words are what is expected of an act.
func (a amqpAct) words() string {
	w := a.want
	if w.refusal != 0 {
		return say(msgAMQPRefusedWant, w.refusal)
	}
	var out []string
	switch {
	case a.act.Queue != "", a.act.Exists != "":
		name := a.act.Queue + a.act.Exists
		if !w.exists {
			return say(msgAMQPNotThere, name)
		}
		out = append(out, say(msgAMQPThere, name))
	case a.act.Publish != nil && w.routed:
		out = append(out, string(msgAMQPRouted))
	case a.act.Publish != nil:
		out = append(out, string(msgAMQPUnrouted))
	case a.act.Get != nil && w.empty:
		return string(msgAMQPEmpty)
	case a.act.Get != nil:
		out = append(out, string(msgAMQPGot))
	default:
		return string(msgAMQPDone)
	}
	return strings.Join(append(out, w.words()...), "; ")
}

func (w amqpWant) words() []string {
	var out []string
	if w.messages != nil {
		out = append(out, say(msgAMQPMessages, *w.messages))
	}
	if w.consumers != nil {
		out = append(out, say(msgAMQPReaders, *w.consumers))
	}
	for _, text := range []*textWant{w.body, w.key, w.exchange} {
		if text != nil {
			out = append(out, text.words()...)
		}
	}
	for _, f := range w.fields {
		out = append(out, f.words()...)
	}
	switch {
	case w.redelivered == nil:
	case *w.redelivered:
		out = append(out, string(msgAMQPAgain))
	default:
		out = append(out, string(msgAMQPFirst))
	}
	if w.dead != nil {
		out = append(out, say(msgAMQPDead, w.dead.words()))
	}
	return out
}

func (w deadWant) words() string {
	var out []string
	if w.queue != "" {
		out = append(out, say(msgAMQPDeadQueue, w.queue))
	}
	if w.reason != "" {
		out = append(out, say(msgAMQPDeadReason, w.reason))
	}
	if w.count != nil {
		out = append(out, say(msgAMQPDeadCount, *w.count))
	}
	if len(out) == 0 {
		return ""
	}
	return say(msgAMQPDeadWhy, strings.Join(out, ", "))
}

// observed is what became of an act, in words.
func (a amqpAct) observed(r probe.AMQPResult) string {
	switch {
	case r.Code != 0:
		return say(msgAMQPRefused, r.Code, r.Reason)
	case a.act.Queue != "":
		return say(msgAMQPState, r.Messages, r.Consumers)
	case a.act.Exists != "":
		return say(msgAMQPThere, a.act.Exists)
	case a.act.Get != nil && r.Message == nil:
		return string(msgAMQPEmpty)
	case r.Message != nil:
		return say(msgAMQPGotSeen, quote(r.Message.Key), quote(r.Message.Body))
	case a.act.Publish != nil && r.Returned > 0:
		return string(msgAMQPUnrouted)
	}
	return string(msgAMQPDone)
}

// unmet are the claims that an act does not fulfil.
func (a amqpAct) unmet(r probe.AMQPResult) []string {
	w := a.want
	const notFound = 404
	switch {
	case w.refusal != 0 && r.Code == 0:
		return []string{say(msgAMQPRefusedNot, w.refusal)}
	case w.refusal != 0 && r.Code != w.refusal:
		return []string{say(msgAMQPRefusedOff, r.Code, r.Reason, w.refusal)}
	case w.refusal != 0:
		return nil
	case !w.exists && r.Code == 0:
		return []string{say(msgAMQPThere, a.act.Queue+a.act.Exists)}
	case !w.exists && r.Code == notFound:
		return nil
	case r.Code == notFound && a.act.Queue+a.act.Exists != "":
		return []string{say(msgAMQPNotThere, a.act.Queue+a.act.Exists)}
	case r.Code != 0:
		return []string{say(msgAMQPRefused, r.Code, r.Reason)}
	case a.act.Publish != nil:
		return w.unmetPublish(*a.act.Publish, r)
	case a.act.Get != nil:
		return w.unmetGet(*a.act.Get, r)
	}
	return w.unmetQueue(r)
}

func (w amqpWant) unmetQueue(r probe.AMQPResult) []string {
	var out []string
	if w.messages != nil && !w.messages.holds(float64(r.Messages)) {
		out = append(out, say(msgAMQPMessagesOff, r.Messages, *w.messages))
	}
	if w.consumers != nil && !w.consumers.holds(float64(r.Consumers)) {
		out = append(out, say(msgAMQPReadersOff, r.Consumers, *w.consumers))
	}
	return out
}

func (w amqpWant) unmetPublish(p probe.AMQPPublish, r probe.AMQPResult) []string {
	switch {
	case r.Nacked > 0:
		return []string{say(msgAMQPNacked, r.Nacked, p.Count)}
	case w.routed && r.Returned > 0:
		return []string{say(msgAMQPReturned, r.Returned, p.Count)}
	case !w.routed && r.Returned == 0:
		return []string{string(msgAMQPRoutedOff)}
	}
	return nil
}

func (w amqpWant) unmetGet(g probe.AMQPGet, r probe.AMQPResult) []string {
	m := r.Message
	switch {
	case w.empty && m != nil:
		return []string{say(msgAMQPEmptyOff, quote(m.Body))}
	case w.empty:
		return nil
	case m == nil:
		return []string{say(msgAMQPNone, g.Queue, span(g.Within))}
	}
	var out []string
	for _, t := range []struct {
		want *textWant
		got  string
	}{{w.body, m.Body}, {w.key, m.Key}, {w.exchange, m.Exchange}} {
		if t.want != nil {
			out = append(out, t.want.unmet(t.got)...)
		}
	}
	for _, f := range w.fields {
		out = append(out, f.unmetField(*m)...)
	}
	if w.redelivered != nil && *w.redelivered != m.Redelivered {
		out = append(out, map[bool]string{true: string(msgAMQPAgain), false: string(msgAMQPFirst)}[m.Redelivered])
	}
	if w.dead != nil {
		out = append(out, w.dead.unmet(m.Deaths)...)
	}
	return out
}

// unmetField compares a property, or a header.
func (h headerWant) unmetField(m probe.AMQPMessage) []string {
	value, there := m.Properties[h.name]
	if name, isHeader := strings.CutPrefix(h.name, headerPrefix); isHeader {
		value, there = m.Headers[name]
	}
	switch {
	case h.absent && there:
		return []string{say(msgAbsentNot, h.text.name)}
	case h.absent:
		return nil
	case !there:
		return []string{say(msgMissing, h.text.name)}
	}
	return h.text.unmet(value)
}

// unmet compares with the latest reason for which a message was dead-lettered.
func (w deadWant) unmet(deaths []probe.AMQPDeath) []string {
	if len(deaths) == 0 {
		return []string{string(msgAMQPDeadOff)}
	}
	d := deaths[0]
	if w.queue != "" && d.Queue != w.queue || w.reason != "" && d.Reason != w.reason || w.count != nil && !w.count.holds(float64(d.Count)) {
		return []string{say(msgAMQPDeadNot, d.Queue, d.Reason, int(d.Count), strings.Trim(w.words(), " ()"))}
	}
	return nil
}

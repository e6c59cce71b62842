package amqp

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"

	"pattarai/sandbox/probe"
)

// Bounds of what is kept of a message.
const (
	maxBody    = 4 << 10
	maxText    = 1 << 10
	maxHeaders = 50
	maxDeaths  = 10
)

// table is a map of plain values as AMQP writes it; JSON has only one kind of number.
func table(arguments map[string]any) amqp.Table {
	out := amqp.Table{}
	for name, value := range arguments {
		if f, ok := value.(float64); ok && f == math.Trunc(f) {
			value = int64(f)
		}
		out[name] = value
	}
	return out
}

// message is what is published.
func message(p probe.AMQPPublish) amqp.Publishing {
	m := amqp.Publishing{Body: []byte(p.Body), Headers: amqp.Table{}}
	for name, value := range p.Headers {
		m.Headers[name] = value
	}
	for name, to := range texts(&m) {
		*to = p.Properties[name]
	}
	m.DeliveryMode, m.Priority = small(p.Properties["delivery_mode"]), small(p.Properties["priority"])
	return m
}

func texts(m *amqp.Publishing) map[string]*string {
	return map[string]*string{
		"content_type": &m.ContentType, "content_encoding": &m.ContentEncoding, "correlation_id": &m.CorrelationId,
		"reply_to": &m.ReplyTo, "expiration": &m.Expiration, "message_id": &m.MessageId, "type": &m.Type, "app_id": &m.AppId,
	}
}

func small(text string) uint8 {
	n, _ := strconv.ParseUint(text, 10, 8) // Checked where it was written; none is 0.
	return uint8(n)
}

// kept is what is told of a message.
func kept(d amqp.Delivery) *probe.AMQPMessage {
	m := &probe.AMQPMessage{Exchange: d.Exchange, Key: d.RoutingKey, Redelivered: d.Redelivered}
	m.Body, m.Truncated = probe.Cut(string(d.Body), maxBody)
	m.Properties = properties(d)
	m.Headers = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		if len(m.Headers) == maxHeaders {
			m.Truncated = true
			break
		}
		m.Headers[name], _ = probe.Cut(fmt.Sprint(d.Headers[name]), maxText)
	}
	m.Deaths = deaths(d.Headers["x-death"])
	return m
}

// properties are those of a message that are set.
func properties(d amqp.Delivery) map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{
		"content_type": d.ContentType, "content_encoding": d.ContentEncoding, "correlation_id": d.CorrelationId,
		"reply_to": d.ReplyTo, "expiration": d.Expiration, "message_id": d.MessageId, "type": d.Type, "app_id": d.AppId,
		"delivery_mode": digits(d.DeliveryMode), "priority": digits(d.Priority), "user_id": d.UserId,
	} {
		if value != "" {
			out[name], _ = probe.Cut(value, maxText)
		}
	}
	return out
}

func digits(n uint8) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// deaths reads why a message was dead-lettered, from the header that RabbitMQ adds.
func deaths(header any) []probe.AMQPDeath {
	list, _ := header.([]any)
	var out []probe.AMQPDeath
	for _, item := range list[:min(len(list), maxDeaths)] {
		entry, ok := item.(amqp.Table)
		if !ok {
			continue
		}
		var d probe.AMQPDeath
		d.Queue, _ = entry["queue"].(string)
		d.Reason, _ = entry["reason"].(string)
		d.Count, _ = entry["count"].(int64)
		out = append(out, d)
	}
	return out
}

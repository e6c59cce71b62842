// Package amqp does things at a broker that speaks AMQP 0-9-1, such as RabbitMQ,
// and says what became of them. It judges nothing.
package amqp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"pattarai/sandbox/probe"
)

// pollEvery is how often a queue is asked for a message that is waited for.
const pollEvery = 50 * time.Millisecond

// Look connects, does one thing after the other and hangs up. What goes wrong on
// the way is part of what is seen.
func Look(ctx context.Context, spec probe.AMQPSpec) probe.AMQPSeen {
	ctx, cancel := context.WithTimeout(ctx, spec.Timeout)
	defer cancel()
	began := time.Now()
	var seen probe.AMQPSeen
	if err := converse(ctx, spec, &seen); err != nil {
		seen.Error = why(ctx, err, spec.Timeout)
	}
	seen.Elapsed = time.Since(began)
	return seen
}

func converse(ctx context.Context, spec probe.AMQPSpec, seen *probe.AMQPSeen) error {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", spec.Address)
	if err != nil {
		return err
	}
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	conn, err := amqp.Open(probe.Bounded(raw), amqp.Config{
		SASL:  []amqp.Authentication{&amqp.PlainAuth{Username: spec.User, Password: spec.Password}},
		Vhost: spec.VHost, Heartbeat: spec.Timeout, FrameSize: maxFrame, ChannelMax: 16, Locale: "en_US",
	})
	if err != nil {
		return err
	}
	seen.Connected = true
	s := &session{conn: conn}
	for _, act := range spec.Do {
		result, err := s.do(ctx, act)
		if err != nil {
			return err
		}
		seen.Acts = append(seen.Acts, result)
	}
	return nil
}

const maxFrame = 128 << 10

// session is a connection with its channel.
type session struct {
	conn     *amqp.Connection
	channel  *amqp.Channel // Nil after a refusal closed it.
	returned chan amqp.Return
	gone     chan *amqp.Error
}

// open makes the channel anew when a refusal has closed it.
func (s *session) open() error {
	if s.channel != nil && !s.channel.IsClosed() {
		return nil
	}
	channel, err := s.conn.Channel()
	if err != nil {
		return err
	}
	if err := channel.Confirm(false); err != nil {
		return err
	}
	s.channel, s.returned = channel, channel.NotifyReturn(make(chan amqp.Return, maxPublished))
	s.gone = channel.NotifyClose(make(chan *amqp.Error, 1))
	return nil
}

// maxPublished bounds how many messages one act publishes.
const maxPublished = 1000

// do does one thing. A refusal is a result.
func (s *session) do(ctx context.Context, act probe.AMQPAct) (probe.AMQPResult, error) {
	if err := ctx.Err(); err != nil {
		return probe.AMQPResult{}, err
	}
	if err := s.open(); err != nil {
		return probe.AMQPResult{}, err
	}
	var result probe.AMQPResult
	err := s.act(ctx, act, &result)
	if refused, ok := errors.AsType[*amqp.Error](err); ok && refused.Server && ctx.Err() == nil {
		result.Code = refused.Code
		result.Reason, _ = probe.Cut(refused.Reason, maxText)
		return result, nil
	}
	return result, err
}

func (s *session) act(ctx context.Context, act probe.AMQPAct, result *probe.AMQPResult) (err error) {
	switch {
	case act.Declare != nil && act.Declare.Queue != "":
		d := act.Declare
		_, err = s.channel.QueueDeclare(d.Queue, d.Durable, d.AutoDelete, d.Exclusive, false, table(d.Arguments))
	case act.Declare != nil:
		d := act.Declare
		err = s.channel.ExchangeDeclare(d.Exchange, d.Type, d.Durable, d.AutoDelete, false, false, table(d.Arguments))
	case act.Bind != nil:
		err = s.channel.QueueBind(act.Bind.Queue, act.Bind.Key, act.Bind.Exchange, false, nil)
	case act.Publish != nil:
		err = s.publish(ctx, *act.Publish, result)
	case act.Get != nil:
		err = s.get(ctx, *act.Get, result)
	case act.Queue != "":
		var q amqp.Queue
		q, err = s.channel.QueueDeclarePassive(act.Queue, false, false, false, false, nil)
		result.Messages, result.Consumers = q.Messages, q.Consumers
	case act.Exists != "":
		err = s.channel.ExchangeDeclarePassive(act.Exists, amqp.ExchangeDirect, false, false, false, false, nil)
	case act.Purge != "":
		result.Messages, err = s.channel.QueuePurge(act.Purge, false)
	default:
		err = sleep(ctx, act.Wait)
	}
	return err
}

// publish publishes and waits for the broker's confirmation.
func (s *session) publish(ctx context.Context, p probe.AMQPPublish, result *probe.AMQPResult) error {
	for range min(max(p.Count, 1), maxPublished) {
		confirmed, err := s.channel.PublishWithDeferredConfirmWithContext(ctx, p.Exchange, p.Key, true, false, message(p))
		if err != nil {
			return err
		}
		acked, err := confirmed.WaitContext(ctx)
		if err != nil {
			return err
		}
		if s.channel.IsClosed() { // An exchange that is not there closes the channel.
			return s.closed(ctx)
		}
		if !acked {
			result.Nacked++
		}
	}
	for {
		select {
		case <-s.returned: // A return comes before its confirmation.
			result.Returned++
		default:
			return nil
		}
	}
}

// closed is why the channel was closed.
func (s *session) closed(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err, ok := <-s.gone:
		if ok && err != nil {
			return err
		}
		return amqp.ErrClosed
	}
}

// get takes a message, waiting for one as long as asked.
func (s *session) get(ctx context.Context, g probe.AMQPGet, result *probe.AMQPResult) error {
	until := time.Now().Add(g.Within)
	for {
		delivery, ok, err := s.channel.Get(g.Queue, false)
		if err != nil {
			return err
		}
		if ok {
			result.Message = kept(delivery)
			result.Messages = int(delivery.MessageCount)
			return settle(delivery, g.Settle)
		}
		if !time.Now().Before(until) {
			return nil
		}
		if err := sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}

func settle(d amqp.Delivery, how string) error {
	switch how {
	case "reject":
		return d.Reject(false)
	case "requeue":
		return d.Reject(true)
	}
	return d.Ack(false)
}

// sleep waits; it ends with ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// why says why there were no more results.
func why(ctx context.Context, err error, timeout time.Duration) string {
	if ctx.Err() != nil {
		return fmt.Sprintf("timed out after %s", timeout)
	}
	if errors.Is(err, amqp.ErrCredentials) {
		return "the broker refused user and password"
	}
	if refused, ok := errors.AsType[*amqp.Error](err); ok {
		kept, _ := probe.Cut(fmt.Sprintf("%d %s", refused.Code, refused.Reason), maxText)
		return kept
	}
	if said := probe.Reason(err, timeout); said != "" {
		return said
	}
	return "the answer is not AMQP"
}

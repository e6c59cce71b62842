// Package redis sends commands to Redis and says what it replied. It judges
// nothing.
package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"pattarai/sandbox/probe"
)

// Bounds of what is kept.
const (
	maxText  = 16 << 10  // Of one text.
	maxItems = 1000      // Of one array.
	maxDepth = 6         // Of arrays in arrays.
	maxTotal = 256 << 10 // Of all replies together.
)

// Look connects, sends the commands one after the other and hangs up. What goes
// wrong on the way is part of what is seen.
func Look(ctx context.Context, spec probe.RedisSpec) probe.RedisSeen {
	ctx, cancel := context.WithTimeout(ctx, spec.Timeout)
	defer cancel()
	began := time.Now()
	seen := probe.RedisSeen{TTL: map[string]time.Duration{}}
	if err := converse(ctx, spec, &seen); err != nil {
		seen.Error = why(ctx, err, spec.Timeout)
	}
	seen.Elapsed = time.Since(began)
	return seen
}

func converse(ctx context.Context, spec probe.RedisSpec, seen *probe.RedisSeen) error {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", spec.Address)
	if err != nil {
		return err
	}
	defer raw.Close()
	deadline, _ := ctx.Deadline()
	if err := raw.SetDeadline(deadline); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	seen.Connected = true
	conn := redis.NewConn(probe.Bounded(raw), 0, 0)
	if err := prepare(conn, spec); err != nil {
		return err
	}
	k := keeper{left: maxTotal}
	for _, command := range spec.Commands {
		reply, err := send(conn, command)
		if err != nil {
			return err
		}
		seen.Replies = append(seen.Replies, k.keep(reply, 0))
	}
	seen.Truncated = k.truncated
	return times(conn, spec.TTL, seen)
}

// prepare signs in and chooses the database.
func prepare(conn redis.Conn, spec probe.RedisSpec) error {
	if spec.Password != "" {
		args := []any{spec.Password}
		if spec.User != "" {
			args = []any{spec.User, spec.Password}
		}
		if _, err := conn.Do("AUTH", args...); err != nil {
			return err
		}
	}
	if spec.DB != 0 {
		_, err := conn.Do("SELECT", spec.DB)
		return err
	}
	return nil
}

// send sends a command. Redis saying no is a reply.
func send(conn redis.Conn, command []string) (any, error) {
	args := make([]any, len(command)-1)
	for i, a := range command[1:] {
		args[i] = a
	}
	reply, err := conn.Do(command[0], args...)
	if refused, ok := errors.AsType[redis.Error](err); ok {
		return refused, nil
	}
	return reply, err
}

// times asks how long keys will stay.
func times(conn redis.Conn, keys []string, seen *probe.RedisSeen) error {
	for _, key := range keys {
		left, err := redis.Int64(conn.Do("PTTL", key))
		if err != nil {
			return err
		}
		if seen.TTL[key] = time.Duration(left); left > 0 {
			seen.TTL[key] = time.Duration(left) * time.Millisecond
		}
	}
	return nil
}

// keeper keeps replies up to a bound.
type keeper struct {
	left      int
	truncated bool
}

func (k *keeper) keep(reply any, depth int) probe.RedisReply {
	switch r := reply.(type) {
	case nil:
		return probe.RedisReply{Type: "null"}
	case int64:
		return probe.RedisReply{Type: "integer", Text: strconv.FormatInt(r, 10)}
	case string:
		return probe.RedisReply{Type: "status", Text: k.text(r)}
	case []byte:
		return probe.RedisReply{Type: "bulk", Text: k.text(string(r))}
	case redis.Error:
		return probe.RedisReply{Type: "error", Text: k.text(r.Error())}
	case []any:
		return k.array(r, depth)
	}
	return probe.RedisReply{Type: "bulk", Text: k.text(fmt.Sprint(reply))}
}

func (k *keeper) array(items []any, depth int) probe.RedisReply {
	out := probe.RedisReply{Type: "array"}
	for _, item := range items {
		if len(out.Items) == maxItems || depth == maxDepth || k.left <= 0 {
			k.truncated = true
			break
		}
		out.Items = append(out.Items, k.keep(item, depth+1))
	}
	return out
}

func (k *keeper) text(s string) string {
	kept, more := probe.Cut(s, min(maxText, max(k.left, 0)))
	k.truncated = k.truncated || more
	k.left -= len(kept) + 16
	return kept
}

// why says why there were no more replies.
func why(ctx context.Context, err error, timeout time.Duration) string {
	if ctx.Err() != nil {
		return fmt.Sprintf("timed out after %s", timeout)
	}
	if refused, ok := errors.AsType[redis.Error](err); ok {
		kept, _ := probe.Cut(refused.Error(), maxText)
		return kept
	}
	if said := probe.Reason(err, timeout); said != "" && !strings.HasPrefix(err.Error(), "redigo:") {
		return said
	}
	return "the answer is not what Redis says"
}

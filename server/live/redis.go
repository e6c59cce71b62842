package live

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Redis is what a Redis server says of itself.
type Redis struct {
	Memory    int64      `json:"memory"`     // Bytes used.
	MaxMemory int64      `json:"max_memory"` // 0 is no limit.
	Policy    string     `json:"policy"`     // What is evicted at the limit.
	Clients   int        `json:"clients"`    // Ours is not among them.
	Rate      int        `json:"rate"`       // Commands in the last second.
	Hits      int64      `json:"hits"`       // Without the view's own looks.
	Misses    int64      `json:"misses"`
	Expired   int64      `json:"expired"`
	Evicted   int64      `json:"evicted"`
	Size      int        `json:"size"` // Keys in all.
	Keys      []RedisKey `json:"keys"` // Some of them, sorted.
}

// RedisKey is a key and how long it stays.
type RedisKey struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	TTL    int64  `json:"ttl_ms"` // -1 is for ever.
	Memory int64  `json:"memory"`
}

const (
	redisAddress = "127.0.0.1:6379"
	redisTimeout = 3 * time.Second
	redisLooks   = 2 // Of those that Redis counts as hits, for each key shown.
)

//go:embed redis.lua
var redisScript string

// redisReader keeps one connection, and has Redis itself gather the figures.
type redisReader struct {
	conn net.Conn
	in   *bufio.Reader
	run  string // Which start of the server is counted.
	own  int64  // Hits that are ours.
}

type redisAnswer struct {
	Info string          `json:"info"`
	Size int             `json:"size"`
	Keys json.RawMessage `json:"keys"` // Lua's empty list looks like an object.
}

// Read implements [Reader].
func (r *redisReader) Read(ctx context.Context, node Node) (Report, error) {
	if r.conn == nil {
		conn, err := node.DialPort(ctx, "tcp", redisAddress)
		if err != nil {
			return Report{}, errors.New("nothing answers at Redis' port 6379")
		}
		r.conn, r.in = conn, bufio.NewReader(conn)
	}
	text, err := r.ask(ctx, "EVAL", redisScript, "0")
	if err != nil {
		r.Close()
		return Report{}, err
	}
	var a redisAnswer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return Report{}, fmt.Errorf("Redis answered something else than its figures: %w", err)
	}
	return Report{Redis: r.understand(a)}, nil
}

// Close implements [Reader].
func (r *redisReader) Close() {
	if r.conn != nil {
		r.conn.Close()
		r.conn = nil
	}
}

func (r *redisReader) understand(a redisAnswer) *Redis {
	info := map[string]string{}
	for line := range strings.Lines(a.Info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		info[name] = value
	}
	number := func(name string) int64 { n, _ := strconv.ParseInt(info[name], 10, 64); return n }
	if r.run != info["run_id"] {
		r.run, r.own = info["run_id"], 0
	}
	v := &Redis{
		Memory: number("used_memory"), MaxMemory: number("maxmemory"), Policy: info["maxmemory_policy"],
		Clients: max(0, int(number("connected_clients"))-1), Rate: int(number("instantaneous_ops_per_sec")),
		Hits: max(0, number("keyspace_hits")-r.own), Misses: number("keyspace_misses"),
		Expired: number("expired_keys"), Evicted: number("evicted_keys"), Size: a.Size, Keys: []RedisKey{},
	}
	_ = json.Unmarshal(a.Keys, &v.Keys) // An object is Lua's empty list.
	for i := range v.Keys {
		v.Keys[i].Name = clip(v.Keys[i].Name)
	}
	r.own += int64(redisLooks * len(v.Keys))
	return v
}

// ask sends one command in Redis' protocol and reads its answer, a text.
func (r *redisReader) ask(ctx context.Context, words ...string) (string, error) {
	stop := context.AfterFunc(ctx, func() { r.conn.Close() })
	defer stop()
	if err := r.conn.SetDeadline(time.Now().Add(redisTimeout)); err != nil { //nolint:forbidigo // The connection's clock.
		return "", err
	}
	var command strings.Builder
	fmt.Fprintf(&command, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&command, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(r.conn, command.String()); err != nil {
		return "", fmt.Errorf("Redis hung up: %w", err)
	}
	line, err := r.in.ReadSlice('\n')
	if err != nil {
		return "", fmt.Errorf("Redis did not answer: %w", err)
	}
	return r.text(strings.TrimSpace(string(line)))
}

// text reads the text that head announces; head may be Redis' error instead.
func (r *redisReader) text(head string) (string, error) {
	length, isText := strings.CutPrefix(head, "$")
	if !isText {
		return "", errors.New(clip(strings.TrimPrefix(head, "-")))
	}
	n, err := strconv.Atoi(length)
	switch {
	case err != nil || n < 0:
		return "", fmt.Errorf("Redis answered %q instead of its figures", clip(head))
	case n > maxAnswer:
		return "", tooLong("Redis")
	}
	text := make([]byte, n+len("\r\n"))
	if _, err := io.ReadFull(r.in, text); err != nil {
		return "", fmt.Errorf("Redis hung up: %w", err)
	}
	return string(text[:n]), nil
}

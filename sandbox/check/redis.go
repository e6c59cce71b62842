package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// The bounds of Redis.
const (
	portRedis   = 6379
	maxCommands = 50
	maxKeys     = 20
	anything    = "any"
)

// redisProbe sends commands to Redis.
type redisProbe struct {
	spec    probe.RedisSpec
	replies []replyWant // One per command; those not spoken of must not be errors.
	ttl     []ttlWant
	elapsed *bound
}

// ttlWant is how long a key is expected to stay.
type ttlWant struct {
	key    string
	stays  bool // For good.
	absent bool
	bound  bound
}

func redisKind() kind {
	return kind{
		name:   "redis",
		keys:   []string{"address", "user", "password", "db", "commands", "timeout"},
		expect: []string{"reply", "replies", "ttl", "elapsed"},
		parse:  parseRedis,
	}
}

func parseRedis(p *parser, m, expect yamldoc.Map) prober {
	r := redisProbe{spec: probe.RedisSpec{Timeout: serviceTimeout(m)}}
	r.spec.Address = p.service(m, portRedis)
	optional(m, "user", func(v yamldoc.Value) { r.spec.User, _ = v.Text() })
	optional(m, "password", func(v yamldoc.Value) { r.spec.Password, _ = v.Text() })
	optional(m, "db", func(v yamldoc.Value) { r.spec.DB, _ = v.Int(0, 1000) })
	if m.Has("user") && !m.Has("password") {
		m.Key("user").Problem("forbidden-pair", "\"user\" without \"password\"", "both or none", "add the password")
	}
	if v, ok := m.Require("commands", "add \"commands: [GET name]\""); ok {
		for _, item := range v.OneOrMore() {
			r.spec.Commands = append(r.spec.Commands, redisCommand(item))
		}
		counted(v, len(r.spec.Commands), maxCommands, "commands", "split the check")
	}
	r.replies = make([]replyWant, len(r.spec.Commands))
	r.expectations(expect)
	return r
}

func (r *redisProbe) expectations(expect yamldoc.Map) {
	optional(expect, "reply", func(v yamldoc.Value) {
		if n := len(r.replies); n > 0 {
			r.replies[n-1] = readReply(v)
		}
	})
	optional(expect, "replies", func(v yamldoc.Value) {
		items, ok := v.List()
		if ok && len(items) != len(r.replies) {
			v.Problem("count", fmt.Sprintf("%d replies of %d commands", len(items), len(r.replies)), "one for each", "write \"any\" for those that do not matter")
			return
		}
		for i, item := range items {
			r.replies[i] = readReply(item)
		}
	})
	if expect.Has("reply") && expect.Has("replies") {
		expect.Key("reply").Problem("forbidden-pair", "\"reply\" beside \"replies\"", "reply is that of the last command", "keep replies")
	}
	optional(expect, "ttl", func(v yamldoc.Value) { r.times(v) })
	optional(expect, "elapsed", func(v yamldoc.Value) { r.elapsed = optionalDuration(v) })
}

// redisCommand reads a command: a line parted at blanks, or a list of words.
func redisCommand(v yamldoc.Value) []string {
	if !v.IsList() {
		text, ok := v.Text()
		words := strings.Fields(text)
		if ok && strings.ContainsAny(text, `"'`) {
			v.Problem("quotes", "quotes in a command", "a line is parted at blanks and nothing else", "write it as a list: [SET, name, \"two words\"]")
		}
		return blocking(v, words)
	}
	items, _ := v.List()
	var words []string
	for _, item := range items {
		word, _ := item.Scalar()
		words = append(words, word)
	}
	return blocking(v, words)
}

// blocking reports commands whose answers are not replies.
func blocking(v yamldoc.Value, words []string) []string {
	if len(words) == 0 || words[0] == "" {
		v.Problem("empty", "an empty command", "at least its name", "write it like GET name")
		return []string{"PING"}
	}
	if slices.Contains([]string{"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "QUIT", "HELLO", "SYNC", "PSYNC"}, strings.ToUpper(words[0])) {
		v.Problem("not-allowed", "the command "+yamldoc.Shorten(words[0]), "commands with one reply", "look at what it does by another command")
	}
	return words
}

// times reads how long keys stay.
func (r *redisProbe) times(v yamldoc.Value) {
	m, ok := v.AnyMap()
	if !ok {
		return
	}
	counted(v, len(m.Entries), maxKeys, "keys", "choose the telling ones")
	for _, e := range m.Entries {
		w := ttlWant{key: e.Name()}
		switch {
		case e.Value.IsMap():
			if b, ok := secondsBound(e.Value); ok {
				w.bound = b
			}
		case e.Value.Raw() == "none":
			w.stays = true
		case e.Value.Raw() == "absent":
			w.absent = true
		default:
			e.Value.Problem("ttl", e.Value.Words(), "none (the key stays for good), absent, or bounds like {at_least: 50s, at_most: 60s}", "write what is meant")
		}
		r.ttl = append(r.ttl, w)
		r.spec.TTL = append(r.spec.TTL, e.Name())
	}
}

// secondsBound reads bounds of a time that may be long.
func secondsBound(v yamldoc.Value) (bound, bool) {
	m, ok := v.Map("at_least", "at_most", "below", "above")
	if !ok {
		return bound{}, false
	}
	const most = 400 * 24 * time.Hour
	return bounds(m, func(f float64) string { return span(time.Duration(f)) }, func(v yamldoc.Value) (float64, bool) {
		d, ok := v.Duration(0, most)
		return float64(d), ok
	})
}

func (r redisProbe) expected() string {
	var claims []string
	for i, w := range r.replies {
		if w.claims() {
			claims = append(claims, say(msgRedisReply, commandWords(r.spec.Commands[i]), w.words()))
		}
	}
	for _, w := range r.ttl {
		claims = append(claims, w.words())
	}
	if r.elapsed != nil {
		claims = append(claims, say(msgDuration, "elapsed", *r.elapsed))
	}
	if len(claims) == 0 {
		return string(msgRedisDefault)
	}
	return strings.Join(claims, "; ")
}

func (w ttlWant) words() string {
	switch {
	case w.stays:
		return say(msgRedisForever, w.key)
	case w.absent:
		return say(msgRedisGone, w.key)
	}
	return say(msgRedisTTL, w.key, w.bound)
}

// commandWords is a command as redis-cli takes it.
func commandWords(words []string) string {
	return strings.TrimSpace(yamldoc.Shorten(quoteShell(words)))
}

func (r redisProbe) try(shell string) string {
	if shell == "" || len(r.spec.Commands) == 0 {
		return ""
	}
	return r.typed(len(r.spec.Commands) - 1)
}

// typed is a command as one would type it.
func (r redisProbe) typed(i int) string {
	line := "redis-cli -h " + short(r.spec.Address, portRedis)
	if host, port, ok := strings.Cut(short(r.spec.Address, portRedis), ":"); ok {
		line = "redis-cli -h " + host + " -p " + port
	}
	if r.spec.DB != 0 {
		line += " -n " + strconv.Itoa(r.spec.DB)
	}
	return line + " " + quoteShell(r.spec.Commands[i])
}

func (r redisProbe) look(ctx context.Context, e *env) outcome {
	name := short(r.spec.Address, portRedis)
	var seen probe.RedisSeen
	if failed := e.ask(ctx, probe.KindRedis, name, r.spec, r.spec.Timeout, &seen); failed != nil {
		return *failed
	}
	if o := silence(name, seen.Error, seen.Connected, r.spec.Timeout); o != nil {
		o.reasons = append(o.reasons, e.othersDown()...)
		return *o
	}
	o := outcome{status: Passed, truncated: seen.Truncated}
	r.judge(&o, seen)
	return o
}

// judge compares every reply and time.
func (r redisProbe) judge(o *outcome, seen probe.RedisSeen) {
	good := 0
	for i, command := range r.spec.Commands {
		words := commandWords(command)
		row := Case{Name: words, Expected: r.replies[i].words(), Input: r.typed(i)}
		if i >= len(seen.Replies) {
			o.fail(say(msgRedisNone, words))
			o.cases = append(o.cases, row)
			continue
		}
		reply := seen.Replies[i]
		row.Observed = replyWords(reply)
		unmet := r.replies[i].unmet(words, reply)
		if row.OK = len(unmet) == 0; row.OK {
			good++
		} else if o.try == "" {
			o.try = r.typed(i)
		}
		o.fail(unmet...)
		o.cases = append(o.cases, row)
		o.text = replyText(reply)
	}
	o.observed = say(msgRedisSeen, good, len(r.spec.Commands))
	if len(r.spec.Commands) == 1 && len(seen.Replies) == 1 {
		o.observed = replyWords(seen.Replies[0])
		o.cases = nil
	}
	for _, w := range r.ttl {
		o.fail(w.unmet(seen.TTL[w.key])...)
	}
	if r.elapsed != nil && !r.elapsed.holds(float64(seen.Elapsed)) {
		o.fail(say(msgDurationOff, "elapsed", span(seen.Elapsed), *r.elapsed))
	}
}

// Redis says -1 of a key that stays for good and -2 of one that is not there.
const (
	ttlStays  = -1
	ttlAbsent = -2
)

func (w ttlWant) unmet(left time.Duration) []string {
	got, want := span(left), w.bound.String()
	switch {
	case left == ttlAbsent && w.absent:
		return nil
	case left == ttlAbsent:
		return []string{say(msgRedisGone, w.key)}
	case left == ttlStays:
		got = string(msgRedisStays)
	}
	switch {
	case w.absent:
		return []string{say(msgRedisTTLOff, w.key, got, say(msgRedisGone, w.key))}
	case w.stays:
		if left == ttlStays {
			return nil
		}
		return []string{say(msgRedisTTLOff, w.key, got, string(msgRedisStays))}
	case left == ttlStays || !w.bound.holds(float64(left)):
		return []string{say(msgRedisTTLOff, w.key, got, want)}
	}
	return nil
}

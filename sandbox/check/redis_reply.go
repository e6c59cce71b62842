package check

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// replyWant is what a reply is expected to be. The zero value claims that it is no
// error.
type replyWant struct {
	any     bool
	null    bool
	items   []replyWant // With list.
	list    bool
	text    *textWant
	number  *bound
	length  *bound
	refused *textWant // The reply is an error with this text.
}

// replyKeys are those of a reply written as a map; "equals" is a text.
func replyKeys() []string {
	keys := append([]string{"error", "length"}, textKeys()...)
	return append(keys, slices.DeleteFunc(boundKeys(), func(k string) bool { return k == "equals" })...)
}

// readReply reads a text, nothing (~), any, a list, or a map of claims.
func readReply(v yamldoc.Value) replyWant {
	switch {
	case v.IsNull():
		return replyWant{null: true}
	case v.IsList():
		items, _ := v.List()
		w := replyWant{list: true}
		for _, item := range items {
			w.items = append(w.items, readReply(item))
		}
		return w
	case !v.IsMap() && v.Raw() == anything:
		return replyWant{any: true}
	case !v.IsMap():
		text := textExpectation(v, "")
		return replyWant{text: &text}
	}
	return readReplyMap(v)
}

func readReplyMap(v yamldoc.Value) replyWant {
	var w replyWant
	m, ok := v.Map(replyKeys()...)
	if !ok {
		return w
	}
	if len(m.Entries) == 0 {
		m.Problem("empty", "an empty map", "at least one of "+strings.Join(replyKeys(), ", "), "add one of them")
	}
	optional(m, "error", func(v yamldoc.Value) {
		text := textExpectation(v, string(msgRedisErrorIs))
		w.refused = &text
	})
	optional(m, "length", func(v yamldoc.Value) { w.length = optionalNumber(v) })
	text := textWant{}
	text.read(m)
	if text.claims() {
		w.text = &text
	}
	if slices.ContainsFunc([]string{"at_least", "at_most", "below", "above"}, m.Has) {
		if b, ok := bounds(withoutEquals(m), number, func(v yamldoc.Value) (float64, bool) { return v.Number(math.Inf(-1), math.Inf(1)) }); ok {
			w.number = &b
		}
	}
	if w.refused != nil && len(m.Entries) > 1 {
		m.Key("error").Problem("forbidden-pair", "\"error\" beside other claims", "an error is nothing else", "remove one of the two")
	}
	return w
}

func withoutEquals(m yamldoc.Map) yamldoc.Map {
	m.Entries = slices.DeleteFunc(slices.Clone(m.Entries), func(e yamldoc.Entry) bool { return e.Name() == "equals" })
	return m
}

// claims tells whether anything particular is expected.
func (w replyWant) claims() bool {
	return w.null || w.list || w.text != nil || w.number != nil || w.length != nil || w.refused != nil
}

func (w replyWant) words() string {
	var out []string
	switch {
	case w.null:
		return string(msgRedisNull)
	case w.list:
		for _, item := range w.items {
			out = append(out, item.words())
		}
		return "[" + strings.Join(out, ", ") + "]"
	case w.refused != nil:
		if !w.refused.claims() {
			return string(msgRedisError)
		}
		return strings.Join(w.refused.words(), "; ")
	}
	if w.text != nil && w.text.equals != nil {
		out = append(out, quote(*w.text.equals))
	} else if w.text != nil {
		named := *w.text
		named.name = ""
		for _, claim := range named.words() {
			out = append(out, strings.TrimSpace(claim))
		}
	}
	if w.number != nil {
		out = append(out, w.number.String())
	}
	if w.length != nil {
		out = append(out, say(msgRedisLength, *w.length))
	}
	if len(out) == 0 {
		return string(msgRedisAny)
	}
	return strings.Join(out, "; ")
}

// unmet are the claims that the reply to a command does not fulfil.
func (w replyWant) unmet(command string, r probe.RedisReply) []string {
	switch {
	case w.any:
		return nil
	case r.Type == "error" && w.refused == nil:
		return []string{say(msgRedisRefused, command, r.Text)}
	case w.refused != nil && r.Type == "error":
		return w.refused.unmet(r.Text)
	case w.text != nil && !plain(r), w.text != nil && w.text.equals == nil && len(w.text.unmet(r.Text)) > 0:
		named := *w.text
		named.name = say(msgRedisIs, command)
		if plain(r) {
			return named.unmet(r.Text)
		}
		return []string{say(msgRedisOff, command, replyWords(r), w.words())}
	case !w.fits(r):
		return []string{say(msgRedisOff, command, replyWords(r), w.words())}
	}
	return nil
}

// fits tells whether a reply is as expected.
func (w replyWant) fits(r probe.RedisReply) bool {
	switch {
	case w.any:
		return true
	case w.refused != nil:
		return r.Type == "error" && len(w.refused.unmet(r.Text)) == 0
	case w.null:
		return r.Type == "null"
	case r.Type == "error":
		return false
	case w.list:
		return r.Type == "array" && slices.EqualFunc(w.items, r.Items, replyWant.fits)
	}
	if w.text != nil && (!plain(r) || len(w.text.unmet(r.Text)) > 0) {
		return false
	}
	if n, err := strconv.ParseFloat(r.Text, 64); w.number != nil && (err != nil || !w.number.holds(n)) {
		return false
	}
	return w.length == nil || r.Type == "array" && w.length.holds(float64(len(r.Items)))
}

// plain tells whether a reply is a text or a number.
func plain(r probe.RedisReply) bool {
	return r.Type == "bulk" || r.Type == "status" || r.Type == "integer"
}

// replyWords shows a reply inside a sentence.
func replyWords(r probe.RedisReply) string {
	const most = 20
	switch r.Type {
	case "null":
		return string(msgRedisNull)
	case "integer", "status":
		return r.Text
	case "array":
		var items []string
		for _, item := range r.Items[:min(len(r.Items), most)] {
			items = append(items, replyWords(item))
		}
		if len(r.Items) > most {
			items = append(items, "…")
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return quote(r.Text)
}

// replyText is a reply as text, an array's items in lines.
func replyText(r probe.RedisReply) string {
	if r.Type != "array" {
		return r.Text
	}
	var lines []string
	for _, item := range r.Items {
		lines = append(lines, replyText(item))
	}
	return strings.Join(lines, "\n")
}

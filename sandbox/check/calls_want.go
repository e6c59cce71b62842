package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
)

var functionPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// callWant is what a call is expected to give.
type callWant struct {
	result    any // As JSON knows values, numbers as json.Number.
	within    float64
	unordered bool
	raises    *raiseWant
	stdout    *textWant
	silent    bool // Only what it prints is expected.
}

// raiseWant is the exception that is expected.
type raiseWant struct {
	kind    string // Its class, or one that it belongs to.
	message textWant
}

func readCallWant(m yamldoc.Map) callWant {
	var w callWant
	if v := m.Get("result"); v.Present() {
		w.result = v.Plain()
	}
	optional(m, "within", func(v yamldoc.Value) { w.within, _ = v.Number(0, math.Inf(1)) })
	optional(m, "unordered", func(v yamldoc.Value) { w.unordered, _ = v.Bool() })
	optional(m, "raises", func(v yamldoc.Value) { w.raises = readRaises(v) })
	optional(m, "stdout", func(v yamldoc.Value) { w.stdout = optionalText(v, msgCallStdout) })
	w.silent = !m.Has("result") && !m.Has("raises") && m.Has("stdout")
	switch {
	case m.Has("result") && m.Has("raises"):
		m.Key("raises").Problem("forbidden-pair", "\"raises\" beside \"result\"", "a call gives one of the two", "remove one")
	case !m.Has("result") && !m.Has("raises") && !m.Has("stdout"):
		m.Problem("missing-key", "a case without an expectation", "result, raises or stdout", "add \"result: \"; ~ is None")
	}
	for _, key := range []string{"within", "unordered"} {
		if m.Has(key) && !m.Has("result") {
			m.Key(key).Problem("forbidden-pair", fmt.Sprintf("%q without \"result\"", key), "it tells how the result is compared", "remove it")
		}
	}
	return w
}

func readRaises(v yamldoc.Value) *raiseWant {
	w := &raiseWant{message: textWant{name: string(msgCallMessage)}}
	name := v
	if v.IsMap() {
		m, ok := v.Map("type", "message")
		if !ok {
			return nil
		}
		optional(m, "message", func(v yamldoc.Value) { w.message = textExpectation(v, string(msgCallMessage)) })
		if name, ok = m.Require("type", "add \"type: ValueError\""); !ok {
			return nil
		}
	}
	text, ok := name.Text()
	if ok && !functionPattern.MatchString(text) {
		name.Problem("name", "the exception "+name.Words(), "the name of its class", "write it like ValueError")
	}
	w.kind = text
	return w
}

func (w callWant) words() string {
	var out []string
	switch {
	case w.raises != nil:
		out = append([]string{w.raises.kind}, w.raises.message.words()...)
	case w.silent:
	case w.within > 0:
		out = append(out, say(msgCallWithin, python(w.result), number(w.within)))
	default:
		out = append(out, python(w.result))
	}
	if w.stdout != nil {
		out = append(out, w.stdout.words()...)
	}
	return strings.Join(out, "; ")
}

// words is what came of a call.
func (r returned) words() string {
	switch {
	case r.Timeout:
		return ""
	case r.Load != "":
		return r.Load + ": " + r.Message
	case r.Raises != "":
		return r.Raises + ": " + r.Message
	case r.Died != nil:
		return say(msgExit, strconv.Itoa(*r.Died))
	}
	return quoteless(r.Shown)
}

// quoteless bounds what the learner's code says of a value.
func quoteless(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "\uFFFD")); len(r) > maxTitle {
		return string(r[:maxTitle]) + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// unmet are the claims that a call does not fulfil.
func (w callWant) unmet(call, file string, r returned) []string {
	where := ""
	if r.Line > 0 {
		where = say(msgCallLine, r.Line)
	}
	switch {
	case r.Load != "":
		return []string{say(msgCallLoad, file, quoteless(r.Load+where+": "+r.Message))}
	case r.Died != nil:
		return []string{say(msgCallDied, call, say(msgExit, strconv.Itoa(*r.Died)))}
	case r.Large:
		return []string{say(msgCallLarge, call, yamldoc.Bytes(256<<10))}
	case w.raises != nil && r.Raises == "":
		return []string{say(msgCallNoRaise, call, quoteless(r.Shown), w.raises.kind)}
	case w.raises != nil && !slices.Contains(r.Kinds, w.raises.kind):
		return []string{say(msgCallOtherErr, call, quoteless(r.Raises), where, w.raises.kind)}
	case w.raises != nil:
		return append(w.raises.message.unmet(r.Message), w.unmetPrinted(r)...)
	case r.Raises != "":
		return []string{say(msgCallRaised, call, quoteless(r.Raises+": "+r.Message), where, w.words())}
	case !w.silent && !w.same(r.Value):
		return append([]string{say(msgCallOff, call, quoteless(r.Shown), w.words())}, w.unmetPrinted(r)...)
	}
	return w.unmetPrinted(r)
}

func (w callWant) unmetPrinted(r returned) []string {
	switch {
	case w.stdout == nil:
		return nil
	case r.More:
		return []string{say(msgServiceMore, string(msgCallStdout), yamldoc.Bytes(4<<10))}
	}
	return w.stdout.unmet(r.Printed)
}

// same compares a result as it came with the one that is due.
func (w callWant) same(raw json.RawMessage) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var got any
	return d.Decode(&got) == nil && w.equal(w.result, got)
}

// equal compares values. A set equals a list whatever the order.
func (w callWant) equal(want, got any) bool {
	switch want := want.(type) {
	case json.Number:
		n, ok := got.(json.Number)
		return ok && w.near(want, n)
	case []any:
		unordered := w.unordered
		if m, ok := got.(map[string]any); ok && m["$set"] != nil {
			got, unordered = m["$set"], true
		}
		list, ok := got.([]any)
		return ok && w.equalList(want, list, unordered)
	case map[string]any:
		m, ok := got.(map[string]any)
		return ok && w.equalMap(want, m)
	}
	return want == got
}

func (w callWant) equalList(want, got []any, unordered bool) bool {
	if !unordered {
		return slices.EqualFunc(want, got, w.equal)
	}
	left := slices.Clone(got)
	for _, item := range want {
		i := slices.IndexFunc(left, func(g any) bool { return w.equal(item, g) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return len(left) == 0
}

// equalMap compares maps; keys that are no text in the learner's language are
// written as text in the exercise.
func (w callWant) equalMap(want, got map[string]any) bool {
	if pairs, ok := got["$dict"].([]any); ok {
		got = map[string]any{}
		for _, p := range pairs {
			if pair, ok := p.([]any); ok && len(pair) == 2 {
				got[python(pair[0])] = pair[1]
			}
		}
	}
	if len(want) != len(got) {
		return false
	}
	for key, value := range want {
		other, there := got[key]
		if !there || !w.equal(value, other) {
			return false
		}
	}
	return true
}

// maxDigits bounds numbers that are compared exactly: a huge exponent would make a
// huge number.
const maxDigits = 400

// near compares numbers, whole ones of any size exactly.
func (w callWant) near(want, got json.Number) bool {
	a, errA := want.Float64()
	b, errB := got.Float64()
	if w.within > 0 {
		return errA == nil && errB == nil && math.Abs(a-b) <= w.within
	}
	x, okX := whole(want)
	y, okY := whole(got)
	if okX && okY {
		return x.Cmp(y) == 0
	}
	return errA == nil && errB == nil && a == b
}

func whole(n json.Number) (*big.Int, bool) {
	if len(n) > maxDigits {
		return nil, false
	}
	return new(big.Int).SetString(string(n), 10)
}

// python is a value as Python writes it.
func python(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(v) + "'"
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, python(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var items []string
		for _, key := range sortedKeys(v) {
			items = append(items, python(key)+": "+python(v[key]))
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	return fmt.Sprint(v)
}

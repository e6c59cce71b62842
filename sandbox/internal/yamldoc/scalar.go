package yamldoc

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Raw is the text of any scalar as written, without complaint.
func (v Value) Raw() string {
	if v.node == nil || v.node.Kind != yaml.ScalarNode {
		return ""
	}
	return v.node.Value
}

// Scalar reads any scalar as the text it was written as.
func (v Value) Scalar() (string, bool) {
	if v.node.Kind != yaml.ScalarNode || v.IsNull() {
		v.wrong("one value", "write a single word, number or quoted text")
		return "", false
	}
	return v.node.Value, true
}

// Text reads text that is not empty.
func (v Value) Text() (string, bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!str" {
		fix := "write text"
		if v.node.Kind == yaml.ScalarNode && !v.IsNull() {
			fix = fmt.Sprintf("quote it: %q", v.node.Value)
		}
		v.wrong("text", fix)
		return "", false
	}
	if strings.TrimSpace(v.node.Value) == "" {
		v.Problem("empty", "empty text found", "text is expected", "write it, or remove the key")
		return "", false
	}
	return v.node.Value, true
}

// Bool reads true or false.
func (v Value) Bool() (bool, bool) {
	var b bool
	if v.node.ShortTag() != "!!bool" || v.node.Decode(&b) != nil {
		v.wrong("true or false", "write true or false, without quotes")
		return false, false
	}
	return b, true
}

// Int reads a whole number between low and high.
func (v Value) Int(low, high int) (int, bool) {
	n, err := strconv.Atoi(v.Raw())
	if v.node.ShortTag() != "!!int" || err != nil {
		v.wrong(fmt.Sprintf("a whole number from %d to %d", low, high), "write digits only, without quotes")
		return 0, false
	}
	if n < low || n > high {
		v.Problem("out-of-range", fmt.Sprintf("the number %d", n), fmt.Sprintf("%d to %d is allowed", low, high), "choose a number in this range")
		return 0, false
	}
	return n, true
}

// Number reads a number between low and high, which may be infinite.
func (v Value) Number(low, high float64) (float64, bool) {
	f, err := strconv.ParseFloat(v.Raw(), 64)
	if !v.IsNumber() || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		v.wrong("a number", "write a number, without quotes")
		return 0, false
	}
	if f < low || f > high {
		v.Problem("out-of-range", fmt.Sprintf("the number %g", f), fmt.Sprintf("%g to %g is allowed", low, high), "choose a number in this range")
		return 0, false
	}
	return f, true
}

// Duration reads a time such as 500ms or 3s between low and high.
func (v Value) Duration(low, high time.Duration) (time.Duration, bool) {
	d, err := time.ParseDuration(v.Raw())
	if err != nil || v.IsNumber() {
		v.Problem("duration", v.Words()+" is no duration", "a number with ms, s or m is expected", "write it like 500ms, 3s or 2m")
		return 0, false
	}
	if d < low || d > high {
		v.Problem("out-of-range", "the duration "+v.Raw(), fmt.Sprintf("%s to %s is allowed", brief(low), brief(high)), "choose a duration in this range")
		return 0, false
	}
	return d, true
}

// brief is a duration without empty units: "2m", not "2m0s".
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return s
}

// Percent reads "3%" (or 3 %) as 0.03.
func (v Value) Percent() (float64, bool) {
	digits, marked := strings.CutSuffix(strings.TrimSpace(v.Raw()), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !marked || err != nil || math.IsNaN(f) {
		v.Problem("percentage", v.Words()+" is no percentage", "a number with % is expected", "write it like 3%")
		return 0, false
	}
	if f < 0 || f > 100 {
		v.Problem("out-of-range", "the percentage "+v.Raw(), "0% to 100% is allowed", "choose a percentage in this range")
		return 0, false
	}
	return f / 100, true
}

// Regexp reads an RE2 regular expression.
func (v Value) Regexp() (*regexp.Regexp, bool) {
	text, ok := v.Text()
	if !ok {
		return nil, false
	}
	re, err := regexp.Compile(text)
	if err != nil {
		v.Problem("regexp", strings.TrimPrefix(err.Error(), "error parsing regexp: "), "RE2 syntax is allowed (no look-around, no back-references)",
			"correct the expression; single quotes keep its backslashes")
		return nil, false
	}
	return re, true
}

// Choice reads one of the allowed words.
func (v Value) Choice(allowed ...string) (string, bool) {
	text, ok := v.Scalar()
	if !ok {
		return "", false
	}
	if !slices.Contains(allowed, text) {
		v.Problem("not-allowed", strconv.Quote(Shorten(text)), "allowed: "+strings.Join(allowed, ", "), Suggest(text, allowed))
		return "", false
	}
	return text, true
}

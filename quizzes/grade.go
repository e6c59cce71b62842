package quizzes

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Grade marks an answer. The error is for answers that do not fit the question
// (unknown option, two values for a single choice); its text is for the person.
// The score is always within 0..q.Points, and Right exactly when it is all of them.
func Grade(q Question, a Answer) (Score, error) {
	if err := bounded(a); err != nil {
		return Score{}, err
	}
	graders := map[Kind]func(Question, []string) (float64, error){
		Single: gradeSingle, Multi: gradeMulti, Number: gradeNumber, Text: gradeText, Order: gradeOrder,
		Match: gradeMatch, Cloze: gradeCloze, Parsons: gradeParsons, Predict: gradePredict,
	}
	grade, ok := graders[q.Kind]
	if !ok {
		return Score{}, fmt.Errorf("question %q is of the unknown kind %q", q.ID, q.Kind)
	}
	share, err := grade(q, a.Values)
	if err != nil {
		return Score{}, err
	}
	return Score{Right: share >= 1, Points: q.Points * share, Parts: parts(q, a.Values), Feedback: feedback(q, a.Values, share >= 1)}, nil
}

// parts tells which values of an answer that fits a match or cloze are right.
func parts(q Question, values []string) []bool {
	if q.Kind != Match && q.Kind != Cloze {
		return nil
	}
	out := make([]bool, len(values))
	for i, v := range values {
		if q.Kind == Match {
			out[i] = q.Key[i] == v
		} else {
			out[i] = fills(q, i, v)
		}
	}
	return out
}

// fills tells whether a text is right in the i-th blank.
func fills(q Question, i int, text string) bool {
	return strings.TrimSpace(text) != "" && accepts(strings.Split(q.Accept[i], " | "), text)
}

func bounded(a Answer) error {
	total := 0
	for _, v := range a.Values {
		total += len(v)
	}
	if total > MaxAnswer {
		return fmt.Errorf("the answer has %d bytes, at most %d are allowed", total, MaxAnswer)
	}
	if len(a.Values) > MaxOptions {
		return fmt.Errorf("the answer has %d values, at most %d are allowed", len(a.Values), MaxOptions)
	}
	return nil
}

// feedback is what is said about the options that were chosen. What is said of the
// item as a whole often names the answer, so it waits for a right one.
func feedback(q Question, values []string, right bool) map[string]template.HTML {
	out := map[string]template.HTML{}
	if right && q.Why != "" {
		out[""] = q.Why
	}
	if why := foreseen(q, values); !right && why != "" {
		out[""] = why
	}
	for i, o := range q.Options {
		chosen := slices.Contains(values, o.ID)
		if q.Kind == Match {
			chosen = i < len(values) && values[i] != ""
		}
		if chosen && o.Why != "" {
			out[o.ID] = o.Why
		}
	}
	return out
}

// foreseen is what the author says about a wrong answer they expected.
func foreseen(q Question, values []string) template.HTML {
	if len(q.Wrong) == 0 || len(values) != 1 {
		return ""
	}
	number, err := parseNumber(values[0])
	for _, w := range q.Wrong {
		switch {
		case q.Kind == Number && err == nil && near(number, w.Value, w.Tolerance):
			return w.Why
		case q.Kind == Text && accepts([]string{w.Form}, values[0]):
			return w.Why
		}
	}
	return ""
}

// near compares numbers; 0.1 ± 0.2 must take 0.3.
func near(value, want, tolerance float64) bool {
	return math.Abs(value-want) <= tolerance+math.Abs(want)*1e-12
}

// one is the single value of an answer.
func one(values []string) (string, error) {
	if len(values) != 1 || strings.TrimSpace(values[0]) == "" {
		if len(values) > 1 {
			return "", fmt.Errorf("one answer is expected, %d were given", len(values))
		}
		return "", errors.New("no answer was given")
	}
	return values[0], nil
}

// known refuses ids that are not options of the question, and ids given twice.
func known(options []Option, values []string) error {
	seen := map[string]bool{}
	for _, v := range values {
		if !slices.ContainsFunc(options, func(o Option) bool { return o.ID == v }) {
			return fmt.Errorf("%q is not an option of this question", clip(v))
		}
		if seen[v] {
			return fmt.Errorf("option %q was given twice", v)
		}
		seen[v] = true
	}
	return nil
}

func gradeSingle(q Question, values []string) (float64, error) {
	chosen, err := one(values)
	if err != nil {
		return 0, err
	}
	if err := known(q.Options, values); err != nil {
		return 0, err
	}
	return share(slices.ContainsFunc(q.Options, func(o Option) bool { return o.ID == chosen && o.Right })), nil
}

// gradeMulti gives each right option its part and takes as much for each wrong one.
func gradeMulti(q Question, values []string) (float64, error) {
	if len(values) == 0 {
		return 0, errors.New("no answer was given")
	}
	if err := known(q.Options, values); err != nil {
		return 0, err
	}
	right, balance := 0, 0
	for _, o := range q.Options {
		chosen := slices.Contains(values, o.ID)
		switch {
		case o.Right && chosen:
			right, balance = right+1, balance+1
		case o.Right:
			right++
		case chosen:
			balance--
		}
	}
	return ratio(balance, right), nil
}

func gradeNumber(q Question, values []string) (float64, error) {
	text, err := one(values)
	if err != nil {
		return 0, err
	}
	value, err := parseNumber(text)
	if err != nil {
		return 0, err
	}
	return share(near(value, q.Value, q.Tolerance)), nil
}

func gradeText(q Question, values []string) (float64, error) {
	text, err := one(values)
	if err != nil {
		return 0, err
	}
	return share(accepts(q.Accept, text)), nil
}

// accepts tells whether one of the forms is the answer; letter case, width of
// white space and the composition of letters do not matter.
func accepts(forms []string, answer string) bool {
	answer = normal(answer)
	return slices.ContainsFunc(forms, func(form string) bool {
		pattern, ok := isPattern(form)
		if !ok {
			return strings.EqualFold(normal(form), answer)
		}
		re, err := compile(norm.NFC.String(pattern))
		return err == nil && re.MatchString(answer) // Parse refused what does not compile.
	})
}

// normal is NFC with white space collapsed.
func normal(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// gradeOrder counts how many entries need not be moved: the longest part that is
// already in the right order.
func gradeOrder(q Question, values []string) (float64, error) {
	if err := known(q.Options, values); err != nil {
		return 0, err
	}
	if len(values) != len(q.Options) {
		return 0, fmt.Errorf("%d entries are to be ordered, %d were given", len(q.Options), len(values))
	}
	return ratio(longestInOrder(q.Key, values)-1, len(q.Key)-1), nil
}

// longestInOrder is the length of the longest common subsequence.
func longestInOrder(key, values []string) int {
	row := make([]int, len(values)+1)
	for _, k := range key {
		diagonal := 0
		for j, v := range values {
			above := row[j+1]
			if k == v {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(values)]
}

// gradeParsons counts as gradeOrder does; each line that does not belong takes one away.
func gradeParsons(q Question, values []string) (float64, error) {
	if len(values) == 0 {
		return 0, errors.New("no line was used")
	}
	if err := known(q.Options, values); err != nil {
		return 0, err
	}
	if slices.Equal(q.Key, values) {
		return 1, nil
	}
	extra := 0
	for _, v := range values {
		if !slices.Contains(q.Key, v) {
			extra++
		}
	}
	return ratio(longestInOrder(q.Key, values)-1-extra, len(q.Key)-1), nil
}

func gradeMatch(q Question, values []string) (float64, error) {
	if len(values) != len(q.Options) {
		return 0, fmt.Errorf("%d pairs are expected, %d were given", len(q.Options), len(values))
	}
	right := 0
	for i, v := range values {
		if v == "" {
			continue
		}
		if err := known(q.Targets, []string{v}); err != nil {
			return 0, err
		}
		if q.Key[i] == v {
			right++
		}
	}
	return ratio(right, len(q.Options)), nil
}

func gradeCloze(q Question, values []string) (float64, error) {
	if len(values) != q.Gaps {
		return 0, fmt.Errorf("%d blanks are to be filled, %d values were given", q.Gaps, len(values))
	}
	right := 0
	for i, v := range values {
		if fills(q, i, v) {
			right++
		}
	}
	return ratio(right, q.Gaps), nil
}

func gradePredict(q Question, values []string) (float64, error) {
	text, err := one(values)
	if err != nil {
		return 0, err
	}
	return share(slices.ContainsFunc(q.Accept, func(want string) bool { return MatchOutput(want, text) })), nil
}

// MatchOutput tells whether got is what an output block says: "…" matches
// anything, white space at the end of lines and of the text does not matter.
func MatchOutput(want, got string) bool {
	parts := strings.Split(trimLines(want), "…")
	rest, ok := strings.CutPrefix(trimLines(got), parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, parts[last])
}

func trimLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(norm.NFC.String(line), unicode.IsSpace)
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

func share(right bool) float64 {
	if right {
		return 1
	}
	return 0
}

// ratio is part of whole within 0..1.
func ratio(part, whole int) float64 {
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, float64(part)/float64(whole)))
}

// plainDigit turns the digits of any script into those of ASCII, and the
// typographic minus into a hyphen.
func plainDigit(r rune) rune {
	if r == '−' {
		return '-'
	}
	if r < unicode.MaxASCII || !unicode.Is(unicode.Nd, r) {
		return r
	}
	zero := r
	for unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
		zero--
	}
	return '0' + (r - zero)
}

package quizzes_test

import (
	"html/template"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pattarai/quizzes"
)

func entries(texts ...string) []quizzes.Choice {
	var out []quizzes.Choice
	for i, text := range texts {
		right := strings.HasPrefix(text, "*")
		text = strings.TrimPrefix(text, "*")
		label := strings.ReplaceAll(template.HTMLEscapeString(text), "&#34;", `"`)
		out = append(out, quizzes.Choice{Line: 10 + i, Checked: right, Source: text, Label: template.HTML(label), Why: template.HTML("why " + text)})
	}
	return out
}

func item(kind quizzes.Kind) quizzes.Item {
	return quizzes.Item{File: "lesson.md", Line: 5, Kind: string(kind), Attrs: map[string]string{"id": "q-1", "points": "2"}, Title: "T"}
}

// items is one good item of every kind.
func items() map[quizzes.Kind]quizzes.Item {
	out := map[quizzes.Kind]quizzes.Item{}
	for _, kind := range quizzes.Kinds() {
		i := item(kind)
		switch kind {
		case quizzes.Single:
			i.Choices = entries("one", "*two", "three")
		case quizzes.Multi:
			i.Choices = entries("*one", "*two", "three", "four")
		case quizzes.Number:
			i.Entries = entries("42 ± 0.5")
		case quizzes.Text:
			i.Entries = entries("round robin", "/round[- ]?robin(s)?/")
		case quizzes.Order:
			i.Entries = entries("drain", "wait", "stop", "start")
		case quizzes.Match:
			i.Entries = entries("a → first", "b -> second", "c → first", "→ extra")
		case quizzes.Cloze:
			i.Entries, i.Gaps = entries("three | 3", "/app\\d/"), 2
		case quizzes.Parsons:
			i.Choices = entries("*def f():", "*    return 1", "    print(1)")
		case quizzes.Predict:
			i.Outputs = []string{"app1\napp…\n"}
		}
		out[kind] = i
	}
	return out
}

func parse(t testing.TB, i quizzes.Item) quizzes.Question {
	t.Helper()
	q, problems := quizzes.Parse(i)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return q
}

// label finds the id of the option with a label.
func label(t testing.TB, options []quizzes.Option, want string) string {
	t.Helper()
	for _, o := range options {
		if strings.TrimSpace(string(o.Label)) == strings.TrimSpace(want) {
			return o.ID
		}
	}
	t.Fatalf("no option %q in %+v", want, options)
	return ""
}

func TestGrade(t *testing.T) {
	all := items()
	ids := func(kind quizzes.Kind, labels ...string) []string {
		q := parse(t, all[kind])
		var out []string
		for _, l := range labels {
			out = append(out, label(t, q.Options, l))
		}
		return out
	}
	match := func(labels ...string) []string {
		q := parse(t, all[quizzes.Match])
		var out []string
		for _, l := range labels {
			if l != "" {
				l = label(t, q.Targets, l)
			}
			out = append(out, l)
		}
		return out
	}
	tests := map[string]struct {
		kind   quizzes.Kind
		values []string
		points float64
	}{
		"single right":          {quizzes.Single, []string{"b"}, 2},
		"single wrong":          {quizzes.Single, []string{"a"}, 0},
		"multi all":             {quizzes.Multi, []string{"b", "a"}, 2},
		"multi half":            {quizzes.Multi, []string{"a"}, 1},
		"multi one wrong":       {quizzes.Multi, []string{"a", "b", "c"}, 1},
		"multi everything":      {quizzes.Multi, []string{"a", "b", "c", "d"}, 0},
		"number exact":          {quizzes.Number, []string{" 42 "}, 2},
		"number edge":           {quizzes.Number, []string{"42.5"}, 2},
		"number beyond":         {quizzes.Number, []string{"42.51"}, 0},
		"number in Tamil":       {quizzes.Number, []string{"௪௨"}, 2},
		"text":                  {quizzes.Text, []string{"  Round   ROBIN "}, 2},
		"text by pattern":       {quizzes.Text, []string{"round-robins"}, 2},
		"text part of pattern":  {quizzes.Text, []string{"a round-robin"}, 0},
		"order right":           {quizzes.Order, ids(quizzes.Order, "drain", "wait", "stop", "start"), 2},
		"order one out":         {quizzes.Order, ids(quizzes.Order, "wait", "drain", "stop", "start"), 4.0 / 3},
		"order reversed":        {quizzes.Order, ids(quizzes.Order, "start", "stop", "wait", "drain"), 0},
		"match right":           {quizzes.Match, match("first", "second", "first"), 2},
		"match part":            {quizzes.Match, match("first", "extra", ""), 2.0 / 3},
		"cloze right":           {quizzes.Cloze, []string{"3", "app7"}, 2},
		"cloze half":            {quizzes.Cloze, []string{"", "App1"}, 1},
		"parsons right":         {quizzes.Parsons, ids(quizzes.Parsons, "def f():", "    return 1"), 2},
		"parsons distractor":    {quizzes.Parsons, ids(quizzes.Parsons, "def f():", "    print(1)"), 0},
		"parsons with too much": {quizzes.Parsons, ids(quizzes.Parsons, "def f():", "    return 1", "    print(1)"), 0},
		"predict":               {quizzes.Predict, []string{"app1  \r\napp2\n\n"}, 2},
		"predict wrong":         {quizzes.Predict, []string{"app2\napp1"}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			score, err := quizzes.Grade(parse(t, all[test.kind]), quizzes.Answer{Values: test.values})
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(score.Points-test.points) > 1e-9 || score.Right != (test.points == 2) {
				t.Errorf("got %+v, want %v points", score, test.points)
			}
		})
	}
}

func TestGradeRefuses(t *testing.T) {
	tests := map[string]struct {
		kind   quizzes.Kind
		values []string
		want   string
	}{
		"nothing":             {quizzes.Single, nil, "no answer was given"},
		"two for one":         {quizzes.Single, []string{"a", "b"}, "one answer is expected, 2 were given"},
		"unknown option":      {quizzes.Single, []string{"z"}, `"z" is not an option of this question`},
		"no option":           {quizzes.Multi, nil, "no answer was given"},
		"option twice":        {quizzes.Multi, []string{"a", "a"}, `option "a" was given twice`},
		"not a number":        {quizzes.Number, []string{"many"}, `"many" is not a decimal number`},
		"infinite":            {quizzes.Number, []string{"Inf"}, `"Inf" is not a decimal number`},
		"hexadecimal":         {quizzes.Number, []string{"0x2a"}, `"0x2a" is not a decimal number`},
		"large":               {quizzes.Number, []string{"1e999"}, `"1e999" is too large`},
		"order incomplete":    {quizzes.Order, []string{"a"}, "4 entries are to be ordered, 1 were given"},
		"match incomplete":    {quizzes.Match, []string{"1"}, "3 pairs are expected, 1 were given"},
		"match unknown":       {quizzes.Match, []string{"1", "9", ""}, `"9" is not an option of this question`},
		"cloze incomplete":    {quizzes.Cloze, []string{"3"}, "2 blanks are to be filled, 1 values were given"},
		"parsons nothing":     {quizzes.Parsons, nil, "no line was used"},
		"a very long answer":  {quizzes.Text, []string{strings.Repeat("x", 1<<20)}, "the answer has 1048576 bytes, at most 65536 are allowed"},
		"thousands of values": {quizzes.Multi, slices.Repeat([]string{"a"}, 5000), "the answer has 5000 values, at most 20 are allowed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := quizzes.Grade(parse(t, items()[test.kind]), quizzes.Answer{Values: test.values})
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestMatchOutput(t *testing.T) {
	tests := []struct {
		want, got string
		ok        bool
	}{
		{"a\nb\n", "a \nb", true},
		{"a…c", "abbbc", true},
		{"a…c", "ac", true},
		{"a…c…c", "abc", false},
		{"…", "", true},
		{"", "", true},
		{"", "a", false},
		{"HTTP/1.1 200 OK\n…\nbody", "HTTP/1.1 200 OK\nDate: now\n\nbody\n", true},
		{"a.c", "abc", false},
		{"ab…bc", "abc", false},
	}
	for _, test := range tests {
		if got := quizzes.MatchOutput(test.want, test.got); got != test.ok {
			t.Errorf("MatchOutput(%q, %q) = %t", test.want, test.got, got)
		}
	}
}

// TestFeedback checks that a learner hears of what they chose, and of nothing else.
func TestFeedback(t *testing.T) {
	score, err := quizzes.Grade(parse(t, items()[quizzes.Single]), quizzes.Answer{Values: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(score.Feedback) != 1 || score.Feedback["a"] != "why one" {
		t.Errorf("feedback %v", score.Feedback)
	}
}

// TestOrderIsNotGivenAway checks that what is shown neither stands in the right
// order nor differs between two readings.
func TestOrderIsNotGivenAway(t *testing.T) {
	for n := 2; n <= quizzes.MaxOptions; n++ {
		i := item(quizzes.Order)
		for k := range n {
			i.Entries = append(i.Entries, entries(strings.Repeat("x", k+1))...)
		}
		first, second := parse(t, i), parse(t, i)
		if slices.IsSorted(first.Key) {
			t.Errorf("%d entries are shown in the right order", n)
		}
		if first.Hash != second.Hash || !slices.Equal(first.Key, second.Key) {
			t.Errorf("%d entries: two readings differ", n)
		}
	}
}

// TestScoreBounds gives thousands of random answers to every kind.
func TestScoreBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pool := []string{"", "a", "b", "c", "d", "1", "2", "3", "42", "41.7", "three", "app1", "round robin", "\x00", "…"}
	for kind, i := range items() {
		q := parse(t, i)
		graded := 0
		for range 5000 {
			var values []string
			for range random.IntN(6) {
				values = append(values, pool[random.IntN(len(pool))])
			}
			if random.IntN(2) == 0 {
				values = nil
				for _, k := range random.Perm(len(q.Options)) {
					values = append(values, q.Options[k].ID)
				}
			}
			score, err := quizzes.Grade(q, quizzes.Answer{Values: values})
			if err != nil {
				continue
			}
			graded++
			if !(score.Points >= 0 && score.Points <= q.Points) || score.Right != (score.Points == q.Points) {
				t.Fatalf("%s %q: %+v", kind, values, score)
			}
		}
		if graded == 0 {
			t.Errorf("%s: no answer was graded", kind)
		}
	}
}

func FuzzParseGrade(f *testing.F) {
	for _, kind := range quizzes.Kinds() {
		f.Add(string(kind), "a → b", "/x+/", "1", true)
	}
	f.Fuzz(func(t *testing.T, kind, one, two, answer string, checked bool) {
		i := item(quizzes.Kind(kind))
		list := []quizzes.Choice{{Line: 1, Source: one, Label: template.HTML(one), Checked: checked}, {Line: 2, Source: two, Label: template.HTML(two)}}
		for _, shape := range []func(){func() { i.Choices = list }, func() { i.Choices, i.Entries, i.Gaps = nil, list, 2 }, func() { i.Entries, i.Outputs = nil, []string{one} }} {
			shape()
			q, problems := quizzes.Parse(i)
			if problems.HasErrors() {
				continue
			}
			for _, values := range [][]string{{answer}, {answer, answer}, {"a", "b"}, {"b", "a"}, {"1", "2"}} {
				if score, err := quizzes.Grade(q, quizzes.Answer{Values: values}); err == nil && !(score.Points >= 0 && score.Points <= q.Points) {
					t.Fatalf("%+v of %v", score, q.Points)
				}
			}
		}
	})
}

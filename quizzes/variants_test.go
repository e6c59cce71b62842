package quizzes_test

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"testing"

	"pattarai/quizzes"
)

// variedItem asks for a * b in 12 variants.
func variedItem() quizzes.Item {
	i := item(quizzes.Number)
	i.Variables = []quizzes.Variable{{Name: "a", Source: "2..5", Line: 6}, {Name: "b", Source: "[3, 0.1, 10]", Line: 7}, {Name: "product", Source: "a * b", Line: 8}}
	i.Expressions = []string{"a", "product", "b"}
	i.Prompt = template.HTML("<p>" + quizzes.Mark(0) + " times " + quizzes.Mark(2) + "</p>")
	i.Choices = []quizzes.Choice{
		{Line: 10, Checked: true, Source: quizzes.Mark(1), Why: template.HTML("<p>It is " + quizzes.Mark(1) + ".</p>")},
		{Line: 11, Source: quizzes.Mark(0) + " ± 0", Why: "<p>That is only a.</p>"},
	}
	return i
}

func TestVariants(t *testing.T) {
	t.Parallel()
	q := parse(t, variedItem())
	if q.Variants != 12 {
		t.Fatalf("%d variants, want 12", q.Variants)
	}
	seen := map[template.HTML]bool{}
	for seed := range uint64(200) {
		v := q.For(seed)
		if again := q.For(seed); again.Prompt != v.Prompt || again.Hash != v.Hash {
			t.Fatalf("seed %d gives %q and then %q", seed, v.Prompt, again.Prompt)
		}
		seen[v.Prompt] = true
		right, ok := v.RightAnswer()
		if !ok {
			t.Fatal("no plain answer")
		}
		if s, err := quizzes.Grade(v, right); err != nil || !s.Right || !strings.Contains(string(s.Feedback[""]), right.Values[0]) {
			t.Errorf("%s: %v gives %+v, %v", v.Prompt, right, s, err)
		}
		if strings.Contains(string(v.Prompt), "00000000") || strings.Contains(string(v.Prompt), "74091") {
			t.Errorf("prompt %q", v.Prompt)
		}
	}
	if len(seen) != 12 {
		t.Errorf("200 seeds show %d of 12 variants", len(seen))
	}
	if n := len(q.Sample(5)); n != 5 {
		t.Errorf("a sample of 5 has %d", n)
	}
	if n := len(q.Sample(99)); n != 12 {
		t.Errorf("a sample of 99 has %d", n)
	}
	other := variedItem()
	other.Variables[0].Source = "2..6"
	if o := parse(t, other); o.Hash == q.Hash || q.SameKey(o) {
		t.Error("other variables are the same key")
	}
	if !q.SameKey(parse(t, variedItem())) {
		t.Error("the same item is another key")
	}
}

// TestForeseen hears what an author has to say about a wrong answer.
func TestForeseen(t *testing.T) {
	t.Parallel()
	v := parse(t, variedItem()).For(3)
	var a string
	if _, err := fmt.Sscanf(string(v.Prompt), "<p>%s times", &a); err != nil {
		t.Fatal(err)
	}
	s, err := quizzes.Grade(v, quizzes.Answer{Values: []string{a}})
	if err != nil || s.Right || s.Feedback[""] != "<p>That is only a.</p>" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := quizzes.Grade(v, quizzes.Answer{Values: []string{"-77"}}); err != nil || s.Feedback[""] != "" {
		t.Errorf("an unforeseen answer hears %q, %v", s.Feedback[""], err)
	}
}

// TestSpecialValues puts what means something in HTML into a text.
func TestSpecialValues(t *testing.T) {
	t.Parallel()
	i := item(quizzes.Text)
	i.Variables = []quizzes.Variable{{Name: "x", Source: `["<b>&", "a\"b"]`, Line: 6}}
	i.Expressions = []string{"x"}
	i.Prompt = template.HTML("Type " + quizzes.Mark(0))
	i.Entries = []quizzes.Choice{{Line: 9, Source: quizzes.Mark(0)}}
	q := parse(t, i)
	for seed := range uint64(4) {
		v := q.For(seed)
		if strings.Contains(string(v.Prompt), "<b>") {
			t.Errorf("not escaped: %q", v.Prompt)
		}
		if s, err := quizzes.Grade(v, quizzes.Answer{Values: []string{v.Accept[0]}}); err != nil || !s.Right {
			t.Errorf("%q: %+v, %v", v.Accept, s, err)
		}
	}
}

// TestOrders shows options in many orders, but never the key, and keeps those that
// are fixed.
func TestOrders(t *testing.T) {
	t.Parallel()
	all := items()
	for _, kind := range []quizzes.Kind{quizzes.Single, quizzes.Multi, quizzes.Order, quizzes.Parsons, quizzes.Match} {
		q, seen := parse(t, all[kind]), map[string]bool{}
		for seed := range uint64(300) {
			v := q.For(seed)
			seen[strings.Join(v.Order(), "")] = true
			key := slices.DeleteFunc(v.Order(), func(id string) bool { return !slices.Contains(v.Key, id) })
			if (kind == quizzes.Order || kind == quizzes.Parsons) && slices.Equal(key, v.Key) {
				t.Errorf("%s, seed %d: shown in the right order", kind, seed)
			}
			if v.Hash != q.Hash {
				t.Errorf("%s: the order changes the hash", kind)
			}
			right, ok := v.RightAnswer()
			if s, err := quizzes.Grade(v, right); ok && (err != nil || !s.Right) {
				t.Errorf("%s, seed %d: %+v, %v", kind, seed, s, err)
			}
		}
		if len(seen) < 2 {
			t.Errorf("%s has only the orders %v", kind, seen)
		}
	}
	fixed := all[quizzes.Single]
	fixed.Attrs = map[string]string{"id": "q-1", "shuffle": "no"}
	for seed := range uint64(20) {
		if got := strings.Join(parse(t, fixed).For(seed).Order(), ""); got != "abc" {
			t.Errorf("fixed options are shown as %s", got)
		}
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	if quizzes.Seed("ann", "haproxy/one", "q1") != 0x89216ac7510c2797 {
		t.Errorf("a seed is %#x: every learner would get other variants", quizzes.Seed("ann", "haproxy/one", "q1"))
	}
	if quizzes.Seed("a", "bc") == quizzes.Seed("ab", "c") {
		t.Error("names run into each other")
	}
}

// TestPartialPuzzles gives a puzzle of lines its part of the points.
func TestPartialPuzzles(t *testing.T) {
	t.Parallel()
	i := item(quizzes.Parsons)
	i.Choices = entries("*one", "*two", "*three", "*four", "*five", "extra")
	q := parse(t, i)
	ids := func(labels ...string) (out []string) {
		for _, l := range labels {
			out = append(out, label(t, q.Options, l))
		}
		return out
	}
	for _, tt := range []struct {
		lines []string
		want  float64
	}{
		{[]string{"one", "two", "three", "four", "five"}, 2},
		{[]string{"one", "two", "three", "five", "four"}, 1.5},
		{[]string{"one", "two", "three", "four", "five", "extra"}, 1.5},
		{[]string{"one", "two", "three"}, 1},
		{[]string{"extra"}, 0},
		{[]string{"five", "four", "three", "two", "one"}, 0},
	} {
		s, err := quizzes.Grade(q, quizzes.Answer{Values: ids(tt.lines...)})
		if err != nil || s.Points != tt.want || s.Right != (tt.want == 2) {
			t.Errorf("%v: %+v, %v; want %g points", tt.lines, s, err, tt.want)
		}
	}
}

// TestParts tells which blanks and pairs are right.
func TestParts(t *testing.T) {
	t.Parallel()
	all := items()
	s, err := quizzes.Grade(parse(t, all[quizzes.Cloze]), quizzes.Answer{Values: []string{"three", "web1"}})
	if err != nil || !slices.Equal(s.Parts, []bool{true, false}) {
		t.Errorf("cloze: %+v, %v", s, err)
	}
	q := parse(t, all[quizzes.Match])
	s, err = quizzes.Grade(q, quizzes.Answer{Values: []string{q.Key[0], "", q.Key[1]}})
	if err != nil || !slices.Equal(s.Parts, []bool{true, false, false}) {
		t.Errorf("match: %+v, %v", s, err)
	}
}

// TestRan marks a prediction by what was really printed.
func TestRan(t *testing.T) {
	t.Parallel()
	q := parse(t, items()[quizzes.Predict]) // Written: app1, app…
	for _, tt := range []struct {
		printed, answer string
		want            bool
	}{
		{"app1\napp3\n", "app1\napp3", true},
		{"app1\napp3\n", "app1\napp2", true}, // The author left that open.
		{"nothing at all\n", "app1\napp3", false},
		{"nothing at all\n", "nothing at all", true},
	} {
		s, err := quizzes.Grade(q.Ran(tt.printed), quizzes.Answer{Values: []string{tt.answer}})
		if err != nil || s.Right != tt.want {
			t.Errorf("%q printed, %q answered: %+v, %v", tt.printed, tt.answer, s, err)
		}
	}
}

// FuzzVariables feeds expressions to an item: they end soon, and what is taken has a
// key in every variant.
func FuzzVariables(f *testing.F) {
	for _, source := range []string{"2..9", "[3, 5]", "a * b", `"x" + string(a)`, "1/0", "1..1e9", "a ?? 2", "{a: 1}.a", "let x = 1; x", "[[1]]", "2 ** 2 ** 9"} {
		f.Add(source, "a")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		i := item(quizzes.Number)
		i.Variables = []quizzes.Variable{{Name: "a", Source: first, Line: 6}, {Name: "b", Source: second, Line: 7}}
		i.Expressions = []string{"b"}
		i.Entries = []quizzes.Choice{{Line: 9, Source: quizzes.Mark(0)}}
		q, problems := quizzes.Parse(i)
		if problems.HasErrors() {
			return
		}
		for _, v := range q.Sample(10) {
			right, ok := v.RightAnswer()
			if s, err := quizzes.Grade(v, right); ok && (err != nil || !s.Right) {
				t.Errorf("%q, %q: %v gives %+v, %v", first, second, right, s, err)
			}
		}
	})
}

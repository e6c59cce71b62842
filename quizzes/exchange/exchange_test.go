package exchange_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pattarai/lessons/markdown"
	"pattarai/quizzes"
	"pattarai/quizzes/exchange"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

// TestRead reads every file of testdata and compares the Markdown and the problems
// with what stands below it. Rewrite with -update and read the diff.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 45 {
		t.Fatalf("%d cases (%v), want at least 45", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, want, ok := strings.Cut(string(source), "-- want --\n")
			if !ok {
				t.Fatal("no -- want --")
			}
			got := read(t, head)
			if *update {
				if err := os.WriteFile(file, []byte(head+"-- want --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// read reads "-- FORMAT --" and what follows, and lints what came of it.
func read(t *testing.T, head string) string {
	t.Helper()
	name, body, _ := strings.Cut(strings.TrimPrefix(head, "-- "), " --\n")
	items, problems := exchange.Read(exchange.Format(name), "in", []byte(body))
	var out strings.Builder
	for _, p := range problems {
		if p.Found == "" || p.Code == "" {
			t.Errorf("incomplete: %+v", p)
		}
		out.WriteString("! " + p.String() + "\n")
	}
	text := exchange.Markdown(items)
	out.WriteString(text)
	for _, p := range lint(text) {
		out.WriteString("lint: " + p + "\n")
	}
	if out.Len() == 0 {
		t.Error("nothing came of it, and nothing was said")
	}
	return out.String()
}

// lint renders items as a lesson and returns what is wrong with them.
func lint(text string) []string {
	_, problems := markdown.Render(markdown.Input{File: "items.md", Source: []byte(text), Line: 1, Base: "/lessons/c/a", Dir: "c/01-a"})
	var out []string
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out
}

// bank is an item of every kind that travels.
func bank() []exchange.Item {
	return []exchange.Item{
		{ID: "one", Kind: quizzes.Single, Title: "Which?", Points: 2, Fixed: true, Prompt: "A **bold** question: `a = {b}`?\n\n```cfg\nbackend x\n  server ~a : b # c\n```",
			Entries: []exchange.Entry{{Text: "no", Why: "Not *this*."}, {Right: true, Text: "yes = 1:2", Why: "Right."}}, Why: "Two\n\nparagraphs.", Hints: []string{"Think.", "Harder."}},
		{ID: "many", Kind: quizzes.Multi, Title: "Which ones?", Points: 1, Entries: []exchange.Entry{{Right: true, Text: "a"}, {Right: true, Text: "b"}, {Text: "c", Why: "No."}}},
		{ID: "num", Kind: quizzes.Number, Title: "How many?", Points: 1, Prompt: "Count.", Entries: []exchange.Entry{{Right: true, Text: "42 ± 0.5", Why: "Six times seven."}, {Text: "13", Why: "That is the sum."}}},
		{ID: "txt", Kind: quizzes.Text, Title: "What is it called?", Points: 1, Prompt: "Say.", Entries: []exchange.Entry{{Right: true, Text: "round robin"}, {Right: true, Text: "rr"}}},
		{ID: "pairs", Kind: quizzes.Match, Title: "Match", Points: 1, Prompt: "Pair.", Entries: []exchange.Entry{{Right: true, Text: "one", Pair: "1"}, {Right: true, Text: "two", Pair: "2"}}},
		{ID: "gap", Kind: quizzes.Cloze, Title: "Fill in", Points: 1, Prompt: "The weight is ____ here.", Entries: []exchange.Entry{{Right: true, Text: "3 | three"}}},
		{ID: "gaps", Kind: quizzes.Cloze, Title: "Fill in both", Points: 1, Prompt: "Between ____ and ____.", Entries: []exchange.Entry{{Right: true, Text: "1"}, {Right: true, Text: "2 | two"}}},
		{ID: "row", Kind: quizzes.Order, Title: "Order", Points: 1, Prompt: "Sort.", Entries: []exchange.Entry{{Right: true, Text: "first"}, {Right: true, Text: "second"}, {Right: true, Text: "third"}}},
		{ID: "tamil", Kind: quizzes.Single, Title: "எது?", Points: 1, Prompt: "தமிழ்", Entries: []exchange.Entry{{Text: "இடது", Why: "இல்லை"}, {Right: true, Text: "வலது"}}},
	}
}

var sameItem = cmp.Options{cmpopts.IgnoreFields(exchange.Item{}, "Line"), cmpopts.EquateEmpty()}

// TestMarkdownRoundTrip writes every kind as a lesson has it, lints that, and reads it.
func TestMarkdownRoundTrip(t *testing.T) {
	text := exchange.Markdown(bank())
	if problems := lint(text); len(problems) > 0 {
		t.Errorf("%s\n%q", text, problems)
	}
	got, problems := exchange.ReadMarkdown("items.md", text)
	if len(problems) > 0 {
		t.Error(problems)
	}
	want := bank()
	for i := range want {
		if want[i].Points == 1 {
			want[i].Points = 0
		}
	}
	if diff := cmp.Diff(want, got, sameItem); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

// TestRoundTrips writes items in a format and reads them again.
func TestRoundTrips(t *testing.T) {
	for format, left := range map[exchange.Format][]string{
		exchange.GIFT:   {"gaps", "row"},
		exchange.Moodle: nil,
	} {
		t.Run(string(format), func(t *testing.T) {
			data, written := exchange.Write(format, "items", bank())
			for _, id := range left {
				if !strings.Contains(fmt.Sprint(written), `"`+id+`"`) {
					t.Errorf("nothing is said about %s: %v", id, written)
				}
			}
			got, problems := exchange.Read(format, "file", data)
			if len(problems) > 0 {
				t.Errorf("%v\n%s", problems, data)
			}
			var want []exchange.Item
			for _, item := range bank() {
				if slices.Contains(left, item.ID) {
					continue
				}
				if format == exchange.GIFT {
					item.Points, item.Fixed, item.Hints = 0, false, nil // Named in written.
				}
				want = append(want, item)
			}
			if diff := cmp.Diff(want, got, sameItem); diff != "" {
				t.Errorf("(-written +read):\n%s\n%s", diff, data)
			}
		})
	}
}

// TestUnsupportedIsNamed writes what the formats have no words for.
func TestUnsupportedIsNamed(t *testing.T) {
	items := []exchange.Item{
		{ID: "re", Kind: quizzes.Text, Title: "T", Line: 7, Entries: []exchange.Entry{{Right: true, Text: "/a+/"}}},
		{ID: "reg", Kind: quizzes.Cloze, Title: "T", Line: 8, Prompt: "a ____ b", Entries: []exchange.Entry{{Right: true, Text: "x | /a+/"}}},
		{ID: "code", Kind: quizzes.Parsons, Title: "T", Line: 9},
		{ID: "run", Kind: quizzes.Predict, Title: "T", Line: 10},
	}
	for _, format := range []exchange.Format{exchange.GIFT, exchange.Moodle, exchange.QTI} {
		_, problems := exchange.Write(format, "lesson.md", items)
		if format == exchange.QTI {
			if len(problems) != 1 || problems[0].Code != "exchange-format" {
				t.Errorf("%s: %v", format, problems)
			}
			continue
		}
		if len(problems) != len(items) {
			t.Fatalf("%s: %v", format, problems)
		}
		for i, p := range problems {
			if p.Line != items[i].Line || p.Code != "exchange-unsupported" {
				t.Errorf("%s: %s", format, p)
			}
		}
	}
	_, problems := exchange.ReadMarkdown("lesson.md", "### V\n<!-- q:number id=v\na: 1..3\n-->\n\n- {{a}}\n\n### P\n<!-- q:predict id=p -->\n\n```bash run\necho\n```\n\n```output\n\n```\n")
	if len(problems) != 2 || problems[0].Line != 2 || problems[1].Line != 9 {
		t.Errorf("from a lesson: %v", problems)
	}
}

func fuzz(f *testing.F, format exchange.Format) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		head, _, _ := strings.Cut(string(source), "-- want --\n")
		if body, ok := strings.CutPrefix(head, "-- "+string(format)+" --\n"); ok {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		items, problems := exchange.Read(format, "in", []byte(source))
		if len(items) > exchange.MaxItems {
			t.Errorf("%d items", len(items))
		}
		for _, p := range problems {
			if p.Found == "" {
				t.Errorf("incomplete: %+v", p)
			}
		}
		text := exchange.Markdown(items)
		read, _ := exchange.ReadMarkdown("in", text)
		if len(items) > 0 && len(read) == 0 {
			t.Errorf("%d items were written and none was found again:\n%s", len(items), text)
		}
	})
}

func FuzzGIFT(f *testing.F)   { fuzz(f, exchange.GIFT) }
func FuzzMoodle(f *testing.F) { fuzz(f, exchange.Moodle) }
func FuzzQTI(f *testing.F)    { fuzz(f, exchange.QTI) }

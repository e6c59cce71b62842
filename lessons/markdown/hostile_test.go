package markdown_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"pattarai/lessons/markdown"
)

func render(t testing.TB, source string) (markdown.Document, []string) {
	t.Helper()
	document, problems := markdown.Render(markdown.Input{File: "lesson.md", Source: []byte(source), Line: 1, Title: "T",
		Dir: "c/01-a", Base: "/lessons/c/a"})
	var codes []string
	for _, p := range problems {
		codes = append(codes, p.Code)
	}
	return document, codes
}

// TestHostile renders what takes other parsers minutes or gigabytes: it is
// refused, or done within the time bound.
func TestHostile(t *testing.T) {
	repeat := strings.Repeat
	tests := map[string]struct{ source, refused string }{
		"over the source limit":       {repeat("[a](<b", 50_000), "too-large"},
		"unclosed links":              {repeat("[a](<b", 2_000), "?"},
		"unclosed links on lines":     {repeat("[a](<b\n", 35_000), "?"},
		"tall table":                  {repeat("|a", 400) + "\n" + repeat("|-", 400) + "\n" + repeat("|\n", 19_000), "table-too-large"},
		"wide table":                  {repeat("|a", 8000) + "\n" + repeat("|-", 8000) + "\n" + repeat("|\n", 30), "table-too-large"},
		"quoted table":                {"> " + repeat("|a", 400) + "\n> " + repeat("|-", 400) + "\n" + repeat("> |\n", 9_000), "table-too-large"},
		"quotes on a line":            {repeat(">", 10_000), "too-deep"},
		"lists on a line":             {repeat("- ", 5_000) + "x", "too-deep"},
		"nested lists":                {nestedList(480), "?"},
		"long line":                   {repeat("x", 20_000), "line-too-long"},
		"open brackets":               {repeat(repeat("[", 1000)+"\n", 250), "?"},
		"brackets":                    {repeat(repeat("[a]", 1000)+"\n", 80), "?"},
		"stars":                       {repeat(repeat("*a_", 1000)+"\n", 80), "?"},
		"backticks":                   {backticks(500), "?"},
		"references":                  {"[a]: /" + repeat("x", 1900) + "\n\n" + repeat("[a] ", 3000) + "\n" + repeat("[a]\n", 4000), "output-too-large"},
		"footnotes":                   {repeat("[^1]\n", 20_000) + "\n[^1]: x\n", "?"},
		"html comments":               {repeat("<!-- \n", 40_000), "?"},
		"entities":                    {repeat(repeat("&amp;", 1000)+"\n", 50), "?"},
		"autolinks":                   {repeat(repeat("http://a.b/", 1000)+"\n", 20), "?"},
		"mail addresses":              {repeat(repeat("a@b.", 1000)+"\n", 50), "?"},
		"strikethrough":               {repeat(repeat("~~a", 1000)+"\n", 80), "?"},
		"long code":                   {"```bash\n" + repeat("echo $(($(($((1\n", 15_000) + "```\n", "?"},
		"emphasis nested":             {repeat(repeat("**a ", 500)+"\n", 120), "?"},
		"link labels":                 {repeat("[x][", 4000), "?"},
		"many headings":               {repeat("## a\n", 50_000), "?"},
		"thousands of footnote names": {footnotes(10_000), "?"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			start := processorTime(t)
			document, codes := render(t, test.source)
			took := processorTime(t) - start
			if took > markdown.MaxTime+10*time.Second { // Much more than the bound: renderings that were given up still end.
				t.Errorf("took %s", took)
			}
			t.Logf("%d bytes: %s, %d steps, %v", len(test.source), took, len(document.Steps), first(codes))
			if test.refused != "?" && (len(codes) == 0 || codes[0] != test.refused && codes[0] != "too-slow") {
				t.Errorf("problems %v, want %s", first(codes), test.refused)
			}
			total := 0
			for _, s := range document.Steps {
				total += len(s.HTML)
			}
			if total > 2*markdown.MaxOutput {
				t.Errorf("%d bytes of HTML", total)
			}
		})
	}
}

func first(codes []string) []string { return codes[:min(3, len(codes))] }

func nestedList(depth int) string {
	var out strings.Builder
	for i := range depth {
		out.WriteString(strings.Repeat(" ", 2*i) + "- x\n")
	}
	return out.String()
}

func backticks(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.Repeat("`", i+1) + "a\n")
	}
	return out.String()
}

func footnotes(n int) string {
	var out strings.Builder
	for i := range n {
		name := strings.Repeat("a", i%7+1) + string(rune('a'+i%26))
		out.WriteString("[^" + name + "]\n\n[^" + name + "]: x\n\n")
	}
	return out.String()
}

// processorTime is what this process has used. Unlike the clock it does not go on
// while a busy machine runs something else.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

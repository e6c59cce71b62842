// Package problemtest compares what is said about bad input with golden files, in
// which a reader can judge every message beside what caused it.
package problemtest

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const (
	titleMark = "=== "
	saidMark  = "\n>>>"
)

// Golden gives the text of every case of a file to say and compares what it says
// with what stands in the file, word by word. A case is a title after ===, its
// text and, below >>>, what is said; lines before the first case are a comment.
// There must be at least so many cases. With update the file is rewritten instead.
//
// In a text <TAB>, <NUL> and <BAD> (a byte that is no UTF-8) stand for what no
// editor shows, and <70000×x> for so many of what follows.
func Golden(t *testing.T, file string, least int, update bool, say func(t *testing.T, title, text string) string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	comment, rest, found := strings.Cut("\n"+string(data), "\n"+titleMark)
	if !found {
		t.Fatalf("%s has no cases", file)
	}
	cases := strings.Split(rest, "\n"+titleMark)
	if len(cases) < least {
		t.Errorf("%s has only %d cases, want %d", file, len(cases), least)
	}
	var out strings.Builder
	if comment != "" {
		out.WriteString(strings.TrimPrefix(comment, "\n") + "\n")
	}
	for _, c := range cases {
		title, text, _ := strings.Cut(c, "\n")
		text, _, _ = strings.Cut("\n"+text, saidMark)
		text = strings.TrimPrefix(text, "\n")
		said := say(t, title, expand(text))
		if said == "" {
			t.Errorf("%s: %s: nothing was said", file, title)
		}
		out.WriteString(titleMark + title + "\n" + text + saidMark + "\n" + strings.TrimRight(said, "\n") + "\n")
	}
	if update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil { //nolint:gosec // A file of the repository.
			t.Fatal(err)
		}
		return
	}
	if want, got := strings.TrimRight(string(data), "\n"), strings.TrimRight(out.String(), "\n"); got != want {
		t.Errorf("the messages differ from %s; look at what -update makes of them. The first difference:\n%s", file, firstDifference(want, got))
	}
}

var many = regexp.MustCompile(`<(\d+)×([^>]+)>`)

// expand puts in what a golden file cannot show.
func expand(text string) string {
	text = strings.NewReplacer("<TAB>", "\t", "<NUL>", "\x00", "<BAD>", "\xff").Replace(text)
	return many.ReplaceAllStringFunc(text, func(found string) string {
		m := many.FindStringSubmatch(found)
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return found
		}
		return strings.Repeat(m[2], n)
	})
}

// firstDifference shows the first lines that differ.
func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "line " + strconv.Itoa(i+1) + "\n- " + a[i] + "\n+ " + b[i]
		}
	}
	return "one is longer than the other"
}

package web_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestScripts runs the web scripts of testdata. A script is a file of requests,
// each followed by what its answer must be:
//
//	as ada                       further requests come from this person's browser
//	POST /api/… {"json": true}   a request; indented "Key: value" lines are its headers
//	code == 200
//	header Location == /x        also: contains, !contains, missing
//	body contains text           also: !contains, ~ (a regular expression)
//	regrade                      what failed passes, with mended checks
//	finish passed                everything handed in is graded with that verdict
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.web")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".web"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			run := &script{t: t, site: newSite(t), people: map[string]*http.Client{}, file: file}
			run.as("nobody")
			for i, line := range strings.Split(string(text)+"\n#", "\n") {
				run.step(i+1, line)
			}
		})
	}
}

type script struct {
	t       *testing.T
	site    *site
	people  map[string]*http.Client
	who     *http.Client
	file    string
	line    int
	pending []string // Method, path, body, then headers in pairs.
	got     answer
}

var requestLine = regexp.MustCompile(`^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE) (\S+) ?(.*)$`)

func (s *script) step(number int, line string) {
	s.t.Helper()
	if strings.HasPrefix(line, "\t") {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		s.pending = append(s.pending, key, value)
		return
	}
	if len(s.pending) > 0 {
		p := s.pending
		s.pending = nil
		s.got = s.site.do(s.t, s.who, p[0], p[1], p[2], p[3:]...)
	}
	s.line = number
	words := strings.SplitN(line, " ", 4)
	switch {
	case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
	case words[0] == "as":
		s.as(words[1])
	case words[0] == "finish":
		s.site.work.finish(verdictNamed(words[1]))
	case words[0] == "regrade":
		s.site.work.regrade()
	case words[0] == "code":
		s.check(strconv.Itoa(s.got.status), words[1], strings.Join(words[2:], " "))
	case words[0] == "header":
		s.check(strings.Join(s.got.header.Values(words[1]), ", "), words[2], strings.Join(words[3:], " "))
	case words[0] == "body":
		s.check(s.got.body, words[1], strings.Join(words[2:], " "))
	default:
		m := requestLine.FindStringSubmatch(line)
		if m == nil {
			s.t.Fatalf("%s:%d: not understood: %s", s.file, number, line)
		}
		s.pending = m[1:4]
	}
}

func (s *script) as(name string) {
	if s.people[name] == nil {
		s.people[name] = s.site.browser(s.t)
	}
	s.who = s.people[name]
}

func (s *script) check(got, operator, want string) {
	s.t.Helper()
	ok := false
	switch operator {
	case "==":
		ok = got == want
	case "contains":
		ok = strings.Contains(got, want)
	case "!contains":
		ok = !strings.Contains(got, want)
	case "missing":
		ok = got == ""
	case "~":
		ok = regexp.MustCompile(want).MatchString(got)
	default:
		s.t.Fatalf("%s:%d: no operator %s", s.file, s.line, operator)
	}
	if !ok {
		s.t.Errorf("%s:%d: want %s %s, got\n%s", s.file, s.line, operator, want, got)
	}
}

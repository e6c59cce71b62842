package lessons

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"pattarai/lessons/problem"
)

const courseFile = "course.yaml"

var language = regexp.MustCompile(`^[a-z]{2,3}$`)

// readCourse reads a course.yaml.
func readCourse(fsys fs.FS, slug string) (*Course, problem.List) {
	file := path.Join(slug, courseFile)
	source, err := readBounded(fsys, file, maxYAML)
	if err != nil {
		return nil, problem.List{{File: file, Code: "unreadable", Severity: problem.Error, Found: err.Error(), Fix: "check the file"}}
	}
	s := newSheet(file, source, 0, "title", "summary", "order", "languages")
	course := &Course{Slug: slug, Languages: s.languages()}
	if s.problems.HasErrors() {
		return nil, s.problems
	}
	course.Title = s.texts("title", course.Languages, true, maxTitle)
	course.Summary = s.texts("summary", course.Languages, false, maxSummary)
	course.Order = s.number("order", 0, 10_000, 1000)
	return course, s.problems
}

// languages is the list of languages, the default first.
func (s *sheet) languages() []string {
	nodes := s.list("languages", 10)
	for _, n := range nodes {
		if !language.MatchString(n.Value) {
			s.problem(n, "language", fmt.Sprintf("the language %q", clip(n.Value)), "a code of two or three small letters", "write en or ta")
		}
	}
	if len(nodes) == 0 {
		return []string{"en"}
	}
	return values(nodes)
}

// texts is a text by language; one text alone is the default language's.
func (s *sheet) texts(key string, languages []string, required bool, most int) map[string]string {
	out := map[string]string{}
	n, ok := s.keys[key]
	if !ok || n.Kind != yaml.MappingNode {
		if text := s.text(key, required, most); text != "" {
			out[languages[0]] = text
		}
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		lang := n.Content[i].Value
		if !slices.Contains(languages, lang) {
			s.problem(n.Content[i], "language", fmt.Sprintf("%s in the language %q", key, clip(lang)), fmt.Sprintf("the course's languages are %q", languages), "add it to languages, or remove it")
			continue
		}
		out[lang] = s.textNode(n.Content[i+1], key, true, most)
	}
	if required && out[languages[0]] == "" {
		s.problem(n, "missing-key", fmt.Sprintf("there is no %s in the default language %q", key, languages[0]), "", "write it")
	}
	return out
}

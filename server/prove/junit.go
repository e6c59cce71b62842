package prove

import (
	"encoding/xml"
	"strings"
)

// The elements of JUnit XML that CI systems read.
type (
	suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Time     float64  `xml:"time,attr"`
		Suites   []suite  `xml:"testsuite"`
	}
	suite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Time     float64    `xml:"time,attr"`
		Cases    []testCase `xml:"testcase"`
	}
	testCase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Time    float64  `xml:"time,attr"`
		Failure *failure `xml:"failure,omitempty"`
		Skipped *skipped `xml:"skipped,omitempty"`
	}
	failure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	skipped struct {
		Message string `xml:"message,attr"`
	}
)

// junit renders a summary: a suite per lesson, a case per step, and a suite for
// problems that keep lessons from loading.
func junit(s Summary) ([]byte, error) {
	out := suites{Time: s.Took.Seconds()}
	for _, l := range s.Lessons {
		out.Suites = append(out.Suites, lessonSuite(l))
	}
	if len(s.Problems) > 0 {
		problems := suite{Name: "problems", Tests: len(s.Problems), Failures: len(s.Problems)}
		for _, p := range s.Problems {
			problems.Cases = append(problems.Cases, testCase{Class: "problems", Name: firstLine(p), Failure: &failure{firstLine(p), p}})
		}
		out.Suites = append(out.Suites, problems)
	}
	for _, suite := range out.Suites {
		out.Tests += suite.Tests
		out.Failures += suite.Failures
	}
	data, err := xml.MarshalIndent(out, "", "  ")
	return append([]byte(xml.Header), append(data, '\n')...), err
}

func lessonSuite(l Lesson) suite {
	out := suite{Name: l.ID, Tests: len(l.Steps), Failures: l.Failed(), Time: l.Labs}
	for _, step := range l.Steps {
		c := testCase{Class: l.ID, Name: step.Name, Time: step.Took.Seconds()}
		if !step.OK {
			c.Failure = &failure{firstLine(step.Reason), step.Reason}
		}
		if step.Skipped != "" {
			c.Skipped = &skipped{step.Skipped}
			out.Skipped++
		}
		out.Cases = append(out.Cases, c)
	}
	return out
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

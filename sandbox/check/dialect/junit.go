package dialect

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth bounds how deep suites stand in suites.
const maxDepth = 20

// junit reads test cases wherever they stand.
type junit struct {
	results Results
	test    *Test           // The case that is open.
	reason  strings.Builder // Text inside its failure.
	inside  bool            // A failure, error or skipped is open.
	root    bool            // A testsuites or testsuite was opened.
}

func readJUnit(data []byte) (Results, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the encoding %q; only UTF-8 is read", charset)
	}
	var j junit
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Results{}, fmt.Errorf("it is not XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return Results{}, fmt.Errorf("elements more than %d deep", maxDepth)
			}
			j.open(t)
		case xml.EndElement:
			depth--
			j.close(t.Name.Local)
		case xml.CharData:
			if j.inside && j.reason.Len() < 4*maxMessage {
				j.reason.Write(t)
			}
		}
		if len(j.results.Tests) > MaxTests {
			break
		}
	}
	if !j.root {
		return Results{}, errors.New("there is no testsuites and no testsuite in it")
	}
	return j.results, nil
}

func (j *junit) open(e xml.StartElement) {
	switch e.Name.Local {
	case "testsuites", "testsuite":
		j.root = true
	case "testcase":
		name := attribute(e, "name")
		if class := attribute(e, "classname"); class != "" {
			name = class + ": " + name
		}
		j.test = &Test{Name: name, Status: Passed}
	case "failure", "error", "skipped":
		if j.test == nil || j.inside {
			return
		}
		j.inside = true
		j.reason.Reset()
		if j.test.Status = Failed; e.Name.Local == "skipped" {
			j.test.Status = Skipped
		}
		j.test.Message = attribute(e, "message")
	}
}

func (j *junit) close(name string) {
	switch {
	case name == "testcase" && j.test != nil:
		j.results.Tests = append(j.results.Tests, *j.test)
		j.test = nil
	case j.inside && (name == "failure" || name == "error" || name == "skipped"):
		j.inside = false
		j.test.Message = join(j.test.Message, j.reason.String())
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

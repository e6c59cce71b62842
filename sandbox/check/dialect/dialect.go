// Package dialect reads the results that other people's test tools write. What it
// reads may be hostile: input, number and length of everything are bounded, and
// nothing in it is carried out.
package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// The bounds of results.
const (
	MaxInput   = 1 << 20 // Bytes of a result file.
	MaxTests   = 500     // Tests kept; more are an error.
	maxName    = 200     // Runes of a name.
	maxMessage = 1000    // Runes of a message.
)

// The dialects.
const (
	JUnit        = "junit"        // XML as JUnit, pytest, go-junit-report and many others write it.
	Check50      = "check50"      // JSON of check50 -o json.
	Exercism     = "exercism"     // results.json of an Exercism test runner, version 2 or 3.
	PrairieLearn = "prairielearn" // results.json of a PrairieLearn external grader.
)

// Names are the dialects that [Read] knows.
func Names() []string { return []string{JUnit, Check50, Exercism, PrairieLearn} }

// Status is how a test ended.
type Status string

// The statuses.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Test is one test.
type Test struct {
	Name    string
	Status  Status
	Message string // Why it did not pass; may be empty.
}

// Results are the results of a run.
type Results struct {
	Tests   []Test
	Message string   // About the run as a whole: that it could not be compiled, say.
	Score   *float64 // Between 0 and 1, where the tool gives one.
}

// Passed counts the tests that passed.
func (r Results) Passed() int {
	n := 0
	for _, t := range r.Tests {
		if t.Status == Passed {
			n++
		}
	}
	return n
}

// Read reads results in one of the dialects. The error is a sentence about what is
// wrong with the text.
func Read(name string, data []byte) (Results, error) {
	readers := map[string]func([]byte) (Results, error){
		JUnit: readJUnit, Check50: readCheck50, Exercism: readExercism, PrairieLearn: readPrairieLearn,
	}
	read, ok := readers[name]
	if !ok {
		return Results{}, fmt.Errorf("results called %q; allowed: %s", name, strings.Join(Names(), ", "))
	}
	if len(data) > MaxInput {
		return Results{}, fmt.Errorf("%d bytes of results; at most %d are read", len(data), MaxInput)
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return Results{}, errors.New("there is nothing in it")
	}
	r, err := read(data)
	if err == nil && len(r.Tests) > MaxTests {
		err = fmt.Errorf("%d tests; at most %d are read", len(r.Tests), MaxTests)
	}
	if err != nil {
		return Results{}, err
	}
	return r.bounded(), nil
}

// bounded shortens texts and mends a score that is none.
func (r Results) bounded() Results {
	for i := range r.Tests {
		t := &r.Tests[i]
		t.Name, t.Message = clip(t.Name, maxName), clip(t.Message, maxMessage)
		if t.Name == "" {
			t.Name = fmt.Sprintf("test %d", i+1)
		}
	}
	r.Message = clip(r.Message, maxMessage)
	if r.Score != nil && (math.IsNaN(*r.Score) || *r.Score < 0 || *r.Score > 1) {
		r.Score = nil
	}
	return r
}

// clip is a text of at most most runes without blanks round it, as valid UTF-8.
func clip(s string, most int) string {
	runes := []rune(strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD")))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}

// decode reads JSON and says in a sentence what is wrong with it.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("it is not the JSON that was meant: %s found at %q", wrong.Value, wrong.Field)
	}
	if err != nil {
		return fmt.Errorf("it is not the JSON that was meant: %w", err)
	}
	return nil
}

// join is two texts in lines, where both are there.
func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n")
}

func passedIf(ok bool) Status {
	if ok {
		return Passed
	}
	return Failed
}

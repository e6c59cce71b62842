package dialect

import (
	"errors"
	"fmt"
)

// readCheck50 reads what check50 -o json writes. A check that was not run, because
// another one did not pass, is skipped.
func readCheck50(data []byte) (Results, error) {
	var in struct {
		Error *struct {
			Type  string `json:"type"`
			Value string `json:"value"`
		} `json:"error"`
		Results *[]struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			Passed      *bool  `json:"passed"`
			Cause       *struct {
				Rationale string `json:"rationale"`
				Help      string `json:"help"`
			} `json:"cause"`
		} `json:"results"`
	}
	if err := decode(data, &in); err != nil {
		return Results{}, err
	}
	if in.Error != nil {
		return Results{}, fmt.Errorf("check50 itself failed: %s", clip(join(in.Error.Type, in.Error.Value), maxMessage))
	}
	if in.Results == nil {
		return Results{}, errors.New("there is no \"results\" in it")
	}
	var out Results
	for _, r := range *in.Results {
		t := Test{Name: r.Description, Status: Skipped}
		if t.Name == "" {
			t.Name = r.Name
		}
		if r.Passed != nil {
			t.Status = passedIf(*r.Passed)
		}
		if r.Cause != nil {
			t.Message = join(r.Cause.Rationale, r.Cause.Help)
		}
		out.Tests = append(out.Tests, t)
	}
	return out, nil
}

// readExercism reads results.json of a test runner, version 2 or 3.
func readExercism(data []byte) (Results, error) {
	var in struct {
		Version int    `json:"version"`
		Status  string `json:"status"`
		Message string `json:"message"`
		Tests   []struct {
			Name    string `json:"name"`
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"tests"`
	}
	if err := decode(data, &in); err != nil {
		return Results{}, err
	}
	switch {
	case in.Version != 2 && in.Version != 3:
		return Results{}, fmt.Errorf("version %d of results; 2 and 3 are read", in.Version)
	case in.Status != "pass" && in.Status != "fail" && in.Status != "error":
		return Results{}, fmt.Errorf("the status %q; allowed: pass, fail, error", clip(in.Status, maxName))
	}
	out := Results{Message: in.Message}
	for _, t := range in.Tests {
		out.Tests = append(out.Tests, Test{Name: t.Name, Status: passedIf(t.Status == "pass"), Message: t.Message})
	}
	if in.Status != "pass" && out.Passed() == len(out.Tests) { // It could not even begin.
		out.Tests = append(out.Tests, Test{Name: "all tests", Status: Failed, Message: in.Message})
	}
	return out, nil
}

// readPrairieLearn reads results.json of an external grader. A test passed when it
// has all its points.
func readPrairieLearn(data []byte) (Results, error) {
	var in struct {
		Gradable *bool    `json:"gradable"`
		Score    *float64 `json:"score"`
		Message  string   `json:"message"`
		Tests    []struct {
			Name        string  `json:"name"`
			Description string  `json:"description"`
			Points      float64 `json:"points"`
			MaxPoints   float64 `json:"max_points"`
			Message     string  `json:"message"`
		} `json:"tests"`
	}
	if err := decode(data, &in); err != nil {
		return Results{}, err
	}
	out := Results{Message: in.Message, Score: in.Score}
	for _, t := range in.Tests {
		out.Tests = append(out.Tests, Test{Name: t.Name, Status: passedIf(t.Points >= t.MaxPoints), Message: join(t.Description, t.Message)})
	}
	switch {
	case in.Gradable != nil && !*in.Gradable:
		out.Tests = append(out.Tests, Test{Name: "format", Status: Failed, Message: in.Message})
		out.Score = new(float64)
	case in.Score == nil && in.Tests == nil:
		return Results{}, errors.New("there is neither \"score\" nor \"tests\" in it")
	case in.Tests == nil:
		out.Tests = []Test{{Name: "score", Status: passedIf(*in.Score >= 1), Message: in.Message}}
	}
	return out, nil
}

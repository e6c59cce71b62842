package main

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"pattarai/lessons/problem/problemtest"
)

// TestBadConfiguration compares what is said about faulty command lines and
// environments. The first line of a case are the arguments, the others the
// environment.
func TestBadConfiguration(t *testing.T) {
	problemtest.Golden(t, "testdata/bad-config.golden", 40, *update, func(t *testing.T, _, text string) string {
		t.Helper()
		line, environment, _ := strings.Cut(text, "\n")
		for setting := range strings.Lines(environment) {
			name, value, _ := strings.Cut(strings.TrimSuffix(setting, "\n"), "=")
			t.Setenv(name, value)
			defer os.Unsetenv(name) // The other cases are of the same test.
		}
		var read commands
		_, err := parse(t.Context(), &read, arguments(line))
		if err == nil && strings.HasPrefix(line, "serve") {
			err = read.Serve.Validate()
		}
		if err == nil {
			err = errors.New("nothing is wrong with it")
			t.Errorf("%s: %v", text, err)
		}
		return err.Error()
	})
}

var argument = regexp.MustCompile(`"([^"]*)"|\S+`)

// arguments splits a line as a shell would, as far as the cases need it.
func arguments(line string) []string {
	var out []string
	for _, m := range argument.FindAllStringSubmatch(line, -1) {
		out = append(out, strings.Trim(m[0], `"`))
	}
	return out
}

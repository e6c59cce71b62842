package check_test

import (
	"strings"
	"testing"
)

// TestNothingIsLeft makes every attempt of testdata/program/leaks.py to leave
// something behind, and looks in the next run for it: forks of one warm parent, and
// fresh runs in one container.
func TestNothingIsLeft(t *testing.T) {
	r := newRunner(t, 1)
	leaks := program(t, "leaks.py")
	attempts := strings.Fields(string(r.run(t, python(false, leaks, "list")).Stdout))
	if len(attempts) < 50 {
		t.Fatalf("%d attempts", len(attempts))
	}
	for _, warm := range []bool{true, false} {
		for _, attempt := range attempts {
			t.Run(map[bool]string{true: "warm/", false: "fresh/"}[warm]+attempt, func(t *testing.T) {
				leave := python(warm, leaks, "leave", attempt)
				leave.Stdin = []byte("input of the first run\n")
				if left := r.run(t, leave); left.Warm != warm || left.TimedOut {
					t.Fatalf("leaving: %+v", left)
				}
				look := r.run(t, python(warm, leaks, "look", attempt))
				if got := string(look.Stdout); got != "clean\n" || look.Exit != 0 || look.Warm != warm {
					t.Errorf("%q, exit %d, warm %v\n%s", got, look.Exit, look.Warm, look.Stderr)
				}
			})
		}
	}
}

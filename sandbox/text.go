package sandbox

import (
	"strings"
	"time"
)

// moment is when something happened, to be told and subtracted. What ends by the
// clock has a context or a timer.
func moment() time.Time { return time.Now() } //nolint:forbidigo // The one place.

// lastLines returns the last n lines of a text.
func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// lastWords appends the last line of a program's output to a sentence.
func lastWords(output string) string {
	line := strings.TrimSpace(lastLines(strings.TrimSpace(output), 1))
	if line == "" {
		return ""
	}
	return ": " + line
}

// clip bounds a text, keeping its beginning.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "\n… (cut here)"
}

package check

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// message is a sentence with places for numbers and names. Every sentence that a
// learner reads stands
// in this file or one beside it called messages_…, so that another language is
// another set of files.
type message string

// say fills a sentence.
func say(m message, args ...any) string { return fmt.Sprintf(string(m), args...) }

// What concerns whole checks.
const (
	msgSkipped       message = "not tried, because “%s” did not pass"
	msgNotTried      message = "not tried, because something of ours had failed before"
	msgRunEnded      message = "the run was ended before this check was decided"
	msgCheckTimedOut message = "the check took longer than its limit of %s"
	msgOurs          message = "something of ours failed while looking at %s: %v"
	msgUnreadable    message = "the answer of our probe could not be read: %v"
	msgStep          message = "step %d: %s"
	msgStepTitled    message = "step %d (%s): %s"
	msgWaited        message = "waited %s in vain for this: %s; last seen: %s"
)

// What concerns nodes.
const (
	msgStopped     message = "%s is not running (stopped %s ago): start it with its button"
	msgExited      message = "%s is not running (it ended %s ago%s): start it with its button"
	msgFrozen      message = "%s is frozen (since %s): thaw it with its button"
	msgNotYet      message = "%s has not started yet: wait until it has, then check again"
	msgNotRunning  message = "%s is not running: start it with its button"
	msgNoRestart   message = "%s did not serve again after the test had broken and restored it: %s"
	msgStillFrozen message = "it was not healthy within %s"
)

// What concerns text and numbers.
const (
	msgTextIs         message = "%s is %s"
	msgTextIsNot      message = "%s is not %s but %s"
	msgTextContains   message = "%s contains %s"
	msgTextLacks      message = "%s does not contain %s"
	msgTextNot        message = "%s does not contain %s"
	msgTextHas        message = "%s contains %s, which should not be there: %s"
	msgTextMatches    message = "%s matches %s"
	msgTextMatchesNot message = "%s does not match %s"
	msgTextLines      message = "%s has %s lines"
	msgTextLinesOff   message = "%s has %d lines; expected %s"
	msgNumber         message = "the number after %s is %s"
	msgNumberOff      message = "the number after %s is %s; expected %s"
	msgNumberNone     message = "%s has no number where %s looks for one"
	msgAbsent         message = "%s is absent"
	msgPresent        message = "%s is there"
	msgAbsentNot      message = "%s is there; it should be absent"
	msgMissing        message = "%s is missing"
	msgAtLeast        message = "at least %s"
	msgAtMost         message = "at most %s"
	msgNone           message = "none"
	msgBelow          message = "below %s"
	msgAbove          message = "above %s"
	msgUnchanged      message = "%s stays as it was"
	msgUnchangedOff   message = "%s was %s and is %s now; it should have stayed"
	msgChanged        message = "%s is another one than before"
	msgChangedOff     message = "%s is still %s; it should have changed"
	msgNotFound       message = "%s was not found with %s in: %s"
	msgEmptyText      message = "(nothing)"
	msgNoServer       message = "a server without a name"
	msgAnd            message = " and "
)

// number is a number without needless digits.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// percent is a fraction of 1 as a percentage with one decimal, without its sign.
func percent(f float64) string { return strconv.FormatFloat(f*100, 'f', 1, 64) }

// ago is a duration for people: "12 s", "3 min".
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(math.Round(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(math.Round(d.Minutes())))
	}
	return fmt.Sprintf("%d h", int(math.Round(d.Hours())))
}

// span is a measured duration for people: "1.25 s", "40 ms".
func span(d time.Duration) string {
	switch {
	case d >= time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*100)/100, 'f', -1, 64) + " s"
	case d >= time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}

// quote shows text inside a sentence: short, with line ends visible.
func quote(s string) string {
	const most = 200
	if s == "" {
		return string(msgEmptyText)
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return "“" + strings.NewReplacer("\n", "⏎", "\r", "␍", "\t", "→").Replace(strings.TrimSuffix(s, "\n")) + "”"
}

// list joins words: "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + string(msgAnd) + words[len(words)-1]
}

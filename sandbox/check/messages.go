package check

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// message is a sentence with places for numbers and names. Every sentence that a
// learner reads stands in this file, so that another language is another file.
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

// What concerns applied files.
const (
	msgAcceptWanted   message = "your files are accepted"
	msgRefusalWanted  message = "your files are refused"
	msgAcceptWarnings message = "your files are accepted, with %s warnings"
	msgAccepted       message = "%s accepted your files"
	msgAcceptedWith   message = "%s accepted your files with %d warnings"
	msgRefused        message = "%s refused your files and goes on with the old ones"
	msgWarningsOff    message = "%d warnings; expected %s"
	msgNotHandedIn    message = "%s was not handed in"
)

// What concerns HTTP.
const (
	msgShareExact     message = "%s = %s exactly, of %d requests"
	msgShareWithin    message = "%s = %s, within %s %%, of %d requests"
	msgShareChance    message = "%s = %s by chance, within %s %%, of %d requests"
	msgShareOff       message = "%s answered %d of %d requests (%s %%); expected %s %% ± %s"
	msgShareOffExact  message = "%s answered %d of %d requests; expected %s"
	msgShareStranger  message = "%s answered %d of %d requests; no answer was expected from it"
	msgShareNameless  message = "%d of %d answers did not say which server gave them"
	msgNoAnswers      message = "none of %d requests was answered"
	msgOfRequests     message = "%s of %d requests"
	msgFailedMost     message = "%s of %d requests fail"
	msgFailedCount    message = "%d of %d requests failed; expected %s"
	msgFailedWhy      message = "%d of %d requests failed; expected %s (%s)"
	msgStatusAll      message = "status %s"
	msgStatusOne      message = "status %d; expected %s"
	msgStatusEach     message = "status %d came in %d of %d answers; expected only %s"
	msgStatusCount    message = "status %s: %s answers"
	msgStatusCountOff message = "status %s came %d times; expected %s"
	msgNoStatus       message = "%d requests got no answer at all%s"
	msgServersWant    message = "answers from exactly %s"
	msgServerMissing  message = "%s gave no answer"
	msgServerExtra    message = "%s answered %d times; only %s should"
	msgCyclic         message = "the servers take turns, %d in a round"
	msgCyclicCount    message = "%d servers answered (%s); expected %d, one after the other"
	msgCyclicBroken   message = "answer %d came from %s, where %s was next in turn: … %s …"
	msgPeriod         message = "the order repeats after %d answers"
	msgPeriodBroken   message = "answer %d came from %s; %d answers before it was %s: … %s …"
	msgRun            message = "no server answers more than %d times in a row"
	msgRunLong        message = "%s answered %d times in a row, from answer %d on; at most %d are expected"
	msgTooFew         message = "only %d answers came; that is too few to judge their order"
	msgDuration       message = "%s %s"
	msgDurationOff    message = "%s was %s; expected %s"
	msgAnswered       message = "status %d"
	msgUnanswered     message = "no answer: %s"
	msgProgress       message = "%d of %d requests"
	msgHeader         message = "header %s"
	msgServerIs       message = "answered by %s"
	msgServerOff      message = "answered by %s; expected %s"
	msgTableWant      message = "%d requests, each answered as the table says"
	msgTableSeen      message = "%d of %d as expected"
	msgTableOff       message = "%s: %s"
	msgHTTPDefault    message = "every request is answered"
	msgRate           message = "%s answers a second"
	msgRateOff        message = "%s answers a second were given; expected %s"
	msgRateSeen       message = "%s answers a second"
	msgRedirects      message = "led on by way of %s"
	msgRedirectsNone  message = "led nowhere else"
	msgRedirectsOff   message = "it was led by way of %s; expected %s"
	msgRedirectHop    message = "%s %d -> %s"
	msgNowhere        message = "no redirect"
)

// What concerns clients that come again.
const (
	msgStickyCookie  message = "each of %d clients stays with its server by its cookies"
	msgStickySource  message = "each of %d clients stays with its server by its address"
	msgStickyHeader  message = "each of %d clients stays with its server by its header %s"
	msgStickyServers message = "together they have %s servers"
	msgStickyLeft    message = "client %d was answered by %s and then, with request %d, by %s"
	msgStickyNone    message = "client %d got no answer with request %d"
	msgStickyFew     message = "the clients have %d servers together; expected %s"
	msgStickySeen    message = "%d of %d clients stayed with their server"
	msgStickyClient  message = "client %d"
	msgStickyTimes   message = "%s × %d"
	msgSources       message = "requests come from %d addresses"
	msgSourcesNone   message = "the engine could not give the probe node %d addresses: %v"
)

// What concerns TLS.
const (
	msgTLSVersion    message = "TLS version %s"
	msgTLSVersionOff message = "TLS version %s was agreed on; expected %s"
	msgTLSALPN       message = "the protocol %s"
	msgTLSALPNOff    message = "the protocol %s was agreed on; expected %s"
	msgTLSName       message = "a certificate for %s"
	msgTLSNameOff    message = "the certificate is not for %s but for %s"
	msgTLSDays       message = "a certificate that is good for %s days"
	msgTLSDaysOff    message = "the certificate is good for %s days; expected %s"
	msgTLSTrusted    message = "a certificate that is trusted"
	msgTLSUntrusted  message = "a certificate that is not trusted"
	msgTLSTrustedOff message = "the certificate is trusted; it should not be"
	msgTLSNotTrusted message = "the certificate is not trusted: %s"
	msgTLSNone       message = "no TLS connection was made"
	msgTLSSeen       message = "TLS %s, certificate for %s by %s, until %s"
	msgSubject       message = "subject"
	msgIssuer        message = "issuer"
	msgNobody        message = "nobody"
)

// What concerns commands, files and programs.
const (
	msgExit          message = "exit status %s"
	msgExitOff       message = "it ended with exit status %d; expected %s"
	msgExitAny       message = "any exit status"
	msgCommandLong   message = "the command took longer than its limit of %s and was ended"
	msgCommandMemory message = "the command used more memory than its limit%s and was ended"
	msgCommandOutput message = "the command printed more than %s to %s; the rest was cut off"
	msgNoStart       message = "the command could not be started: %s"
	msgEnded         message = "exit status %d after %s"
	msgFileExists    message = "%s exists"
	msgFileAbsent    message = "%s does not exist"
	msgFileMissing   message = "%s does not exist"
	msgFileThere     message = "%s exists (%s)"
	msgFileTooLarge  message = "%s is larger than %s"
	msgFileFailed    message = "%s could not be read: %s"
	msgNoFile        message = "%s is not among your files"
	msgConnected     message = "%s accepts a connection"
	msgNotConnected  message = "%s does not accept a connection: %s"
	msgReceived      message = "received %s"
	msgTCPError      message = "the conversation ended early: %s"
	msgCasesWant     message = "%d runs, each as expected"
	msgCasesHidden   message = "%d runs, each as expected; %d of them with data you do not see"
	msgCasesSeen     message = "%d of %d runs as expected"
	msgCaseOff       message = "%s: %s"
	msgHiddenOutput  message = "with data that is hidden, its output is not what was expected"
	msgHiddenExit    message = "with data that is hidden, it did not end as expected"
	msgHiddenName    message = "hidden run %d"
)

// What concerns services that are spoken to in their own protocol.
const (
	msgServiceGone   message = "%s could not be asked: %s"
	msgServiceLimit  message = "%s did not answer within its limit of %s"
	msgServiceAnswer message = "what %s answered could not be understood, and ended our client"
	msgServiceMore   message = "%s answered more than %s; the rest was cut off"
)

// What concerns PostgreSQL.
const (
	msgSQLDefault    message = "the query succeeds"
	msgSQLRows       message = "the result has these %d rows"
	msgSQLRowsOrder  message = "the result has these %d rows in this order"
	msgSQLRowsNone   message = "the result has no rows"
	msgSQLColumns    message = "the result has the columns %s"
	msgSQLColumnsOff message = "the result has the columns %s; expected %s"
	msgSQLColumnOff  message = "the result has no column %s; it has %s"
	msgSQLCount      message = "%s rows"
	msgSQLCountOff   message = "%d rows came; expected %s"
	msgSQLChanged    message = "%s rows are changed"
	msgSQLChangedOff message = "%d rows were changed; expected %s"
	msgSQLError      message = "PostgreSQL refuses it with the error %s"
	msgSQLErrorOff   message = "PostgreSQL refused it with the error %s (%s); expected %s"
	msgSQLErrorNone  message = "PostgreSQL did not refuse it; expected the error %s"
	msgSQLFailed     message = "PostgreSQL refused it with the error %s: %s"
	msgSQLMissing    message = "%d of the expected rows are missing"
	msgSQLExtra      message = "%d rows are not expected"
	msgSQLMany       message = "%d rows came, too many to compare; the first %d were read"
	msgSQLOrder      message = "the rows are right, but row %d is not in its place"
	msgSQLSeen       message = "%s, %d rows in %s"
	msgSQLPlan       message = "plan"
	msgSQLMessage    message = "the message"
	msgSQLTable      message = "rows"
)

// What concerns Redis.
const (
	msgRedisDefault message = "every command is carried out"
	msgRedisReply   message = "%s replies %s"
	msgRedisIs      message = "the reply to %s"
	msgRedisOff     message = "%s replied %s; expected %s"
	msgRedisRefused message = "%s was refused: %s"
	msgRedisNone    message = "%s got no reply"
	msgRedisCount   message = "%d replies came; expected %d"
	msgRedisNull    message = "nothing (nil)"
	msgRedisError   message = "an error"
	msgRedisErrorIs message = "the error"
	msgRedisAny     message = "anything"
	msgRedisItems   message = "a list of %s"
	msgRedisLength  message = "a list with %s items"
	msgRedisTTL     message = "%s stays for %s"
	msgRedisTTLOff  message = "%s stays for %s; expected %s"
	msgRedisForever message = "%s stays for good"
	msgRedisGone    message = "%s is not there"
	msgRedisStays   message = "ever"
	msgRedisSeen    message = "%d of %d commands as expected"
)

// What concerns message brokers.
const (
	msgAMQPWant        message = "%d acts, each as expected"
	msgAMQPSeen        message = "%d of %d acts as expected"
	msgAMQPOff         message = "%s: %s"
	msgAMQPNot         message = "it was not done"
	msgAMQPDone        message = "done"
	msgAMQPRefused     message = "the broker refused it with %d: %s"
	msgAMQPRefusedNot  message = "the broker did not refuse it; expected the refusal %d"
	msgAMQPRefusedWant message = "refused with %d"
	msgAMQPRefusedOff  message = "the broker refused it with %d (%s); expected the refusal %d"
	msgAMQPThere       message = "%s exists"
	msgAMQPNotThere    message = "%s does not exist"
	msgAMQPMessages    message = "%s messages wait"
	msgAMQPMessagesOff message = "%d messages wait; expected %s"
	msgAMQPReaders     message = "%s consumers"
	msgAMQPReadersOff  message = "it has %d consumers; expected %s"
	msgAMQPRouted      message = "a queue takes it"
	msgAMQPUnrouted    message = "no queue takes it"
	msgAMQPReturned    message = "%d of %d messages were taken by no queue: no binding leads from there with this key"
	msgAMQPRoutedOff   message = "a queue took the message; none should"
	msgAMQPNacked      message = "the broker did not take %d of %d messages (the queue is full, say)"
	msgAMQPEmpty       message = "no message comes"
	msgAMQPEmptyOff    message = "a message came: %s"
	msgAMQPNone        message = "no message came from %s within %s"
	msgAMQPGot         message = "a message comes"
	msgAMQPGotSeen     message = "a message with the key %s: %s"
	msgAMQPAgain       message = "it comes for the second time"
	msgAMQPFirst       message = "it comes for the first time"
	msgAMQPDead        message = "it was dead-lettered%s"
	msgAMQPDeadOff     message = "it was not dead-lettered"
	msgAMQPDeadWhy     message = " (%s)"
	msgAMQPDeadNot     message = "it was dead-lettered from %s because it was %s, %d times; expected %s"
	msgAMQPState       message = "%d messages, %d consumers"
	msgAMQPProperty    message = "property %s"
	msgAMQPBody        message = "body"
	msgAMQPKey         message = "key"
	msgAMQPExchange    message = "exchange"
	msgAMQPDeadQueue   message = "from %s"
	msgAMQPDeadReason  message = "because it was %s"
	msgAMQPDeadCount   message = "%s times"
)

// What concerns calls of functions.
const (
	msgCallsWant    message = "%d calls, each as expected"
	msgCallsHidden  message = "%d calls, each as expected; %d of them with arguments you do not see"
	msgCallsSeen    message = "%d of %d calls as expected"
	msgCallReturns  message = "%s returns %s"
	msgCallRaises   message = "%s raises %s"
	msgCallOff      message = "%s returned %s; expected %s"
	msgCallRaised   message = "%s raised %s%s; expected %s"
	msgCallNoRaise  message = "%s returned %s; expected it to raise %s"
	msgCallOtherErr message = "%s raised %s%s; expected it to raise %s"
	msgCallLong     message = "%s took longer than its limit of %s and was ended"
	msgCallDied     message = "%s ended the program (%s)"
	msgCallNone     message = "%s was not called: %s"
	msgCallDiscreet message = "with arguments that are hidden, the result is not what was expected"
	msgCallLine     message = " in line %d"
	msgCallMessage  message = "the message of the exception"
	msgCallStdout   message = "what it printed"
	msgCallWithin   message = "%s, within %s"
	msgCallLoad     message = "%s could not be loaded: %s"
	msgCallBroken   message = "the calls did not come to their end: %s"
	msgCallHiddenN  message = "hidden call %d"
	msgCallLarge    message = "%s returned more than %s"
)

// What concerns the author's own programs.
const (
	msgScriptWant    message = "every test of the author's program passes"
	msgScriptPassed  message = "%s tests pass"
	msgScriptFailed  message = "%s tests fail"
	msgScriptTests   message = "these tests pass: %s"
	msgScriptSeen    message = "%d of %d tests passed"
	msgScriptOff     message = "%s: %s"
	msgScriptNoWhy   message = "it did not pass"
	msgScriptSkipped message = "it was skipped"
	msgScriptNone    message = "the author's program told no results: %s"
	msgScriptFew     message = "%d tests passed; expected %s"
	msgScriptMany    message = "%d tests failed; expected %s"
	msgScriptMissing message = "no test is called %s"
	msgScriptMore    message = "%d more tests did not pass"
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

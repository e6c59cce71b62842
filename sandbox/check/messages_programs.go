package check

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

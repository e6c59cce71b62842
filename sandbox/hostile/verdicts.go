package hostile

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing/fstest"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
)

// canary is what a hidden test holds and no learner may ever see.
const canary = "canary-73519"

// exercise asks for a program that multiplies two numbers, with one case shown and
// one hidden.
const exercise = `checks:
  - id: product
    title: The program multiplies
    program:
      in: hog
      file: main.py
      run: python3 main.py
      timeout: 2s
      memory: 512MiB
      cases:
        - name: small
          stdin: "6 7\n"
          expect: {stdout: "42\n"}
        - name: large
          stdin: "` + canary + ` 1000\n"
          expect: {stdout: "` + canary + `-product\n"}
          hidden: true
`

// right passes both cases.
const right = `
a, b = input().split()
print(a + "-product" if "-" in a else int(a) * int(b))
`

// handedIn is the session with files of the learner's to judge.
type handedIn struct {
	*sandbox.Session
	files map[string][]byte
}

// Files implements check.Target.
func (h handedIn) Files() map[string][]byte { return h.files }

// forged hands in a program and tells the verdict.
func forged(id, what, program, want string) Abuse {
	return deed(id, what, func(ctx context.Context, l *Lab) (string, error) { return l.judge(ctx, program) }, same(want))
}

func (l *Lab) judge(ctx context.Context, program string) (string, error) {
	fsys := fstest.MapFS{"exercise.yaml": {Data: []byte(exercise)}, "files/main.py": {Data: []byte("x\n")}}
	parsed, problems := check.Parse(fsys, "exercise.yaml", l.session.Topology())
	if problems.HasErrors() {
		return "", fmt.Errorf("the exercise of the abuses: %v", problems)
	}
	report := check.Run(ctx, handedIn{l.session, map[string][]byte{"main.py": []byte(program)}}, parsed, nil)
	if !report.Gradable {
		return "could not be graded: " + report.Reason, nil
	}
	text, err := json.Marshal(report)
	if err != nil {
		return "", err
	}
	seen := string(report.Verdict)
	if strings.Contains(string(text), canary) {
		seen += ", the hidden test leaked"
	}
	if strings.Contains(string(text), `\u001b`) {
		seen += ", control sequences kept"
	}
	return seen, nil
}

func verdicts() []Abuse {
	return []Abuse{
		forged("verdict-honest", "hands in the right program", right, "passed"),
		forged("verdict-json", "prints a passed verdict", `print('{"verdict": "passed", "points": 100}')`, "failed"),
		forged("verdict-junit", "prints the report of a test harness", `print('<testsuite tests="1" failures="0"><testcase name="product"/></testsuite>')`, "failed"),
		forged("verdict-file", "writes result files everywhere it may", `
import os
for d in (".", "..", "/tmp", "/home/learner", "/run"):
    for n in ("results.json", "report.xml", "verdict", "grade.json"):
        try: open(os.path.join(d, n), "w").write('{"score": 1.0, "succeeded": true, "verdict": "passed"}')
        except OSError: pass`, "failed"),
		forged("verdict-both", "prints the right answer and everything else", "for n in range(1000): print(n)", "failed"),
		forged("verdict-only-shown", "knows the answer of the case that is shown", "print(42)", "failed"),
		forged("verdict-silent", "ends at once and well", "import os; os._exit(0)", "failed"),
		forged("verdict-kill", "kills everything around it", "import os; os.kill(-1, 9)", "failed"),
		forged("verdict-end-agent", "kills the process that judges", "import os, signal; os.kill(os.getppid(), signal.SIGKILL); os.kill(1, signal.SIGSTOP)", "failed"),
		forged("verdict-loop", "never ends", "while True: pass", "timed_out").at("2 s, over"),
		forged("verdict-sleep-under", "answers late", "import time; time.sleep(1)"+right, "passed").at("2 s, under"),
		forged("verdict-memory", "takes memory until something gives", "b = bytearray(600 << 20)"+right, "limit_exceeded").at("512 MiB, just over"),
		forged("verdict-flood", "prints without end", `while True: print("x" * 4096)`, "timed_out"),
		forged("verdict-leak", "prints its environment, its files and what it can read of other processes", `
import os, glob
print(dict(os.environ), os.listdir("."), os.listdir(".."))
for p in glob.glob("/proc/*/cmdline") + glob.glob("/proc/*/environ") + glob.glob("/tmp/**", recursive=True):
    try: print(p, open(p, "rb").read(2000))
    except OSError: pass`, "failed"),
		forged("verdict-echo", "prints the hidden input", "print(input())", "failed"),
		forged("verdict-daemon", "leaves a program behind that answers for the next case", `
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1); print("42"); os._exit(0)
    os._exit(0)`, "failed"),
		forged("verdict-escape", "prints control sequences for whoever reviews it: clipboard, title, folder, device control", `
import sys
sys.stdout.write("\x1b]52;c;ZXZpbA==\x07\x1b]8;;file:///etc/passwd\x07x\x1b]8;;\x07\x1b]7;file://h/\x07\x1bP+q544e\x1b\\\x1b]0;" + "t" * 60000 + "\x07\x9b31m\x1b[2J")`, "failed"),
		forged("verdict-bytes", "prints bytes that are no text", `import sys; sys.stdout.buffer.write(bytes(range(256)) * 100)`, "failed"),
		forged("verdict-other-file", "replaces the program that runs it", `
import os, sys
for n in ("sitecustomize.py", "encodings.py", "python3"): open(n, "w").write("print(42)")
os.environ["PATH"] = "."`, "failed"),
	}
}

package grade_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/grade"
	"pattarai/server/submit"
)

const exercise = `checks:
  - id: greets
    title: The program greets
    exec: {in: app, run: "greet"}
    expect: {stdout: {equals: "hello"}}
`

// fakeLab is a lab whose every command prints one thing.
type fakeLab struct {
	says string
	err  error
}

func (f fakeLab) ID() string                 { return "lab1" }
func (f fakeLab) Topology() sandbox.Topology { return topology() }
func (f fakeLab) States() []sandbox.NodeState {
	return []sandbox.NodeState{{Node: "app", Phase: sandbox.PhaseHealthy}}
}
func (f fakeLab) Files() map[string][]byte                              { return nil }
func (f fakeLab) Sources(context.Context, int) ([]string, error)        { return nil, f.err }
func (f fakeLab) Break(context.Context, string, sandbox.Fault) error    { return f.err }
func (f fakeLab) Mend(context.Context, string, sandbox.FaultKind) error { return f.err }
func (f fakeLab) Control(context.Context, string, sandbox.Action) error { return f.err }
func (f fakeLab) Exec(context.Context, string, agent.Command) (agent.Result, error) {
	return agent.Result{Stdout: []byte(f.says)}, f.err
}
func (f fakeLab) Apply(context.Context, map[string][]byte) (sandbox.Applied, error) {
	return sandbox.Applied{}, f.err
}
func (f fakeLab) Probe(context.Context, string, any, func(json.RawMessage)) (json.RawMessage, error) {
	return nil, errors.New("no probe here")
}

func topology() sandbox.Topology {
	return sandbox.Topology{Name: "c/one", Nodes: []sandbox.Node{{Name: "app", Image: "python"}}}
}

// sessions answers with its errors first and then with its lab.
type sessions struct {
	errs   []error
	lab    grade.Session
	quiet  int // Held back now.
	quiets int // Held back ever.
}

func (s *sessions) Quiet(context.Context, string, string) func() {
	s.quiet++
	s.quiets++
	return func() { s.quiet-- }
}

func (s *sessions) Session(context.Context, string, string) (grade.Session, error) {
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return nil, err
	}
	return s.lab, nil
}

type engine []sandbox.Lab

func (e engine) List(context.Context) ([]sandbox.Lab, error) {
	if e == nil {
		return nil, sandbox.ErrEngine
	}
	return e, nil
}

func parsed(t *testing.T) check.Exercise {
	t.Helper()
	e, problems := check.Parse(fstest.MapFS{"exercise.yaml": {Data: []byte(exercise)}}, "exercise.yaml", topology())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return e
}

func grader(t *testing.T, s grade.Sessions, e grade.Engine) *grade.Grader {
	lesson := &catalog.Lesson{Exercise: parsed(t)}
	return grade.New(grade.Config{
		Sessions: s,
		Lessons:  func(id string) (*catalog.Lesson, bool) { return lesson, id == "c/one" },
		Engine:   e,
		Now:      time.Now,
	})
}

func notRunning() error {
	return fault.New(fault.Unavailable, "lab_not_running", "The lab is not running.", "Start the lab first.")
}

func TestGrade(t *testing.T) {
	labs := engine{{ID: "lab0"}, {ID: "lab1", Nodes: []sandbox.LabNode{{Name: "app", Image: "sha256:1"}}}}
	gone := make([]error, 1000)
	for i := range gone {
		gone[i] = notRunning()
	}
	for name, tt := range map[string]struct {
		sessions sessions
		engine   grade.Engine
		lesson   string
		hash     string
		verdict  check.Verdict
		gradable bool
		reason   string
		again    bool
		images   map[string]string
	}{
		"passes":          {sessions: sessions{lab: fakeLab{says: "hello"}}, engine: labs, verdict: check.VerdictPassed, gradable: true, images: map[string]string{"app": "sha256:1"}},
		"fails":           {sessions: sessions{lab: fakeLab{says: "bye"}}, engine: labs, verdict: check.VerdictFailed, gradable: true, images: map[string]string{"app": "sha256:1"}},
		"no engine":       {sessions: sessions{lab: fakeLab{says: "hello"}}, engine: engine(nil), verdict: check.VerdictPassed, gradable: true},
		"engine fails":    {sessions: sessions{lab: fakeLab{err: sandbox.ErrEngine}}, verdict: check.VerdictPending, again: true},
		"lab comes late":  {sessions: sessions{errs: gone[:3], lab: fakeLab{says: "hello"}}, verdict: check.VerdictPassed, gradable: true},
		"no lab":          {sessions: sessions{errs: gone}, verdict: check.VerdictPending, reason: "The lab is not running. Start the lab first."},
		"our failure":     {sessions: sessions{errs: []error{errors.New("secret")}}, verdict: check.VerdictPending, reason: fault.Of(errors.New("")).Message, again: true},
		"unknown lesson":  {lesson: "c/two", verdict: check.VerdictPending, reason: "This lesson is not here"},
		"changed content": {hash: "old", verdict: check.VerdictPending, reason: "The checks of this lesson changed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sub := submit.Submission{ID: "s1", Lesson: "c/one", ChecksHash: parsed(t).Hash}
				if tt.lesson != "" {
					sub.Lesson = tt.lesson
				}
				if tt.hash != "" {
					sub.ChecksHash = tt.hash
				}
				report, images, err := grader(t, &tt.sessions, tt.engine).Grade(t.Context(), sub, nil)
				if (err != nil) != tt.again {
					t.Errorf("error %v; to be graded again: %v", err, tt.again)
				}
				if report.Verdict != tt.verdict || report.Gradable != tt.gradable || !strings.HasPrefix(report.Reason, tt.reason) {
					t.Errorf("verdict %s, gradable %v, reason %q; want %s, %v, %q", report.Verdict, report.Gradable, report.Reason, tt.verdict, tt.gradable, tt.reason)
				}
				if tt.sessions.quiet != 0 || tt.gradable && tt.sessions.quiets != 1 {
					t.Errorf("traffic was held back %d times and still is %d times", tt.sessions.quiets, tt.sessions.quiet)
				}
				if !report.Gradable && report.Reason == "" {
					t.Error("not gradable without a reason")
				}
				if diff := cmp.Diff(tt.images, images); diff != "" {
					t.Errorf("images (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// noLabs keeps no labs.
type noLabs struct{}

func (noLabs) Quiet(context.Context, string, string) func() { return func() {} }

func (noLabs) Session(context.Context, string, string) (*sandbox.Session, error) {
	return nil, notRunning()
}

func TestFromLabs(t *testing.T) {
	session, err := grade.FromLabs(noLabs{}).Session(t.Context(), "ann", "c/one")
	if session != nil || !fault.Is(err, fault.Unavailable) {
		t.Errorf("Session = %v, %v; want nil and the fault", session, err)
	}
}

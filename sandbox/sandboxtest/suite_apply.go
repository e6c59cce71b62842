package sandboxtest

import (
	"strings"
	"testing"

	"pattarai/sandbox"
)

// configured is a node whose check refuses files that say "bad", and whose reload
// notes what it loaded.
func (s *suite) configured() sandbox.Node {
	n := s.node("one", "cp @/srv/one.txt @/tmp/loaded; sleep 100")
	n.Apply = &sandbox.Apply{
		Check:  s.line("! grep -n bad @/srv/one.txt"),
		Reload: s.line("! grep stubborn @/srv/one.txt && cp @/srv/one.txt @/tmp/loaded"),
	}
	return n
}

func (s *suite) apply(t *testing.T) {
	session := s.open(t, s.spec(s.configured(), s.node("two", "")), map[string][]byte{"one.txt": []byte("first")})
	c, err := session.Agent(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		file     string
		accepted bool
		output   string
		now      string
	}{
		{"second", true, "", "second"},
		{"bad thing", false, "1:bad thing", "second"},
		{"stubborn", false, "stubborn", "second"},
		{"third", true, "", "third"},
	} {
		got, err := session.Apply(t.Context(), map[string][]byte{"one.txt": []byte(step.file)})
		if err != nil {
			t.Fatalf("%s: %v", step.file, err)
		}
		if got.Accepted != step.accepted || !strings.Contains(got.Output, step.output) || len(got.Nodes) != 1 || got.Took <= 0 {
			t.Errorf("%s: %+v", step.file, got)
		}
		if out := sh(t, c, s.line("cat @/srv/one.txt; echo; cat @/tmp/loaded")); out != step.now+"\n"+step.now {
			t.Errorf("%s: file and service hold %q", step.file, out)
		}
		if kept := string(session.Files()["one.txt"]); kept != step.now {
			t.Errorf("%s: the session keeps %q", step.file, kept)
		}
		if phase := session.States()[0].Phase; phase != sandbox.PhaseHealthy {
			t.Errorf("%s: the node is %s", step.file, phase)
		}
	}
	got, err := session.Apply(t.Context(), map[string][]byte{"notes.md": []byte("x")})
	if err != nil || !got.Accepted || len(got.Nodes) != 0 {
		t.Errorf("a file that no node maps: %+v, %v", got, err)
	}
}

func (s *suite) applyAsleep(t *testing.T) {
	session := s.open(t, s.spec(s.configured()), map[string][]byte{"one.txt": []byte("first")})
	if err := session.Control(t.Context(), "one", sandbox.Kill); err != nil {
		t.Fatal(err)
	}
	got, err := session.Apply(t.Context(), map[string][]byte{"one.txt": []byte("second")})
	if err != nil || !got.Accepted || !strings.Contains(got.Output, "when it starts") {
		t.Errorf("Apply: %+v, %v", got, err)
	}
	if err := session.Control(t.Context(), "one", sandbox.Start); err != nil {
		t.Fatal(err)
	}
	c, err := session.Agent(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if out := sh(t, c, s.line("cat @/srv/one.txt")); out != "second" {
		t.Errorf("after the start the node holds %q", out)
	}
}

// applyRestart edits a program that has no check and no reload.
func (s *suite) applyRestart(t *testing.T) {
	n := s.node("one", ". @/srv/one.txt; echo $word > @/tmp/loaded; sleep 100")
	n.Health = s.healthy("test -s @/tmp/loaded")
	session := s.open(t, s.spec(n), map[string][]byte{"one.txt": []byte("word=first")})
	c, err := session.Agent(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		file     string
		accepted bool
		now      string
	}{
		{"word=second", true, "second"},
		{"echo broken on line 1; exit 7", false, "second"},
		{"word=third", true, "third"},
	} {
		sh(t, c, s.line("rm -f @/tmp/loaded"))
		got, err := session.Apply(t.Context(), map[string][]byte{"one.txt": []byte(step.file)})
		if err != nil {
			t.Fatalf("%s: %v", step.file, err)
		}
		if got.Accepted != step.accepted || !step.accepted && !strings.Contains(got.Output, "broken on line 1") {
			t.Errorf("%s: %+v", step.file, got)
		}
		awaitPhase(t, session, sandbox.PhaseHealthy)
		if out := sh(t, c, s.line("cat @/tmp/loaded")); out != step.now {
			t.Errorf("%s: the service runs with %q", step.file, out)
		}
	}
}

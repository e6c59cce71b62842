package host_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/host"
)

func TestRegisterRuntime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, want, problem string }{
		"no file":    {"", `{"runtimes": {"runsc": {"path": "/x"}}}`, ""},
		"other keys": {`{"data-root": "/d", "runtimes": {"kata": {"path": "/k"}}}`, `{"data-root": "/d", "runtimes": {"kata": {"path": "/k"}, "runsc": {"path": "/x"}}}`, ""},
		"again":      {`{"runtimes": {"runsc": {"path": "/old"}}}`, `{"runtimes": {"runsc": {"path": "/x"}}}`, ""},
		"damaged":    {`{"data-root": `, `{"data-root": `, "not JSON"},
		"no map":     {`{"runtimes": 3}`, `{"runtimes": 3}`, "is no map"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "docker", "daemon.json")
			if c.before != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := host.RegisterRuntime(&host.Machine{Out: io.Discard, EngineConfig: path}, "runsc", "/x")
			if c.problem == "" && err != nil || c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
				t.Fatalf("%v, want %q", err, c.problem)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if c.problem != "" {
				if string(text) != c.before {
					t.Errorf("a damaged file was changed to %s", text)
				}
				return
			}
			if diff := cmp.Diff(value(t, []byte(c.want)), value(t, text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func value(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// bare is an engine with or without gVisor.
type bare struct {
	host.Engine
	gvisor bool
}

func (b bare) HasRuntime(_ context.Context, name string) (bool, error) {
	return b.gvisor && name == "runsc", nil
}

func TestHardened(t *testing.T) {
	t.Parallel()
	for _, has := range []bool{false, true} {
		m := &host.Machine{Engine: bare{gvisor: has}, Out: io.Discard}
		step := m.Hardened("runsc")[0]
		if _, err := step.Check(t.Context()); (err == nil) != has {
			t.Errorf("gVisor there: %v, found: %v", has, err)
		}
		if !strings.Contains(step.Hint, host.GVisor) || !strings.Contains(step.Hint, "CGO_ENABLED=0") {
			t.Errorf("the hint is no command to install it with: %s", step.Hint)
		}
	}
}

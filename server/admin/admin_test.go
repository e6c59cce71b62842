package admin_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/check"
	"pattarai/server/admin"
	"pattarai/server/fault"
	"pattarai/server/regrade"
)

// regrades answers with what it has.
type regrades struct {
	proposed regrade.Regrade
	allowed  []string
}

var item = regrade.Item{
	Submission: "s1", Learner: "ann", State: regrade.Proposed,
	Old: regrade.Grade{Gradable: true, Verdict: check.VerdictPassed, Points: 2, MaxPoints: 2},
	New: regrade.Grade{Gradable: true, Verdict: check.VerdictFailed, Points: 1, MaxPoints: 2},
}

func (r *regrades) Propose(_ context.Context, what regrade.Regrade) (regrade.Regrade, error) {
	r.proposed = what
	what.ID = "r1"
	return what, nil
}

func (r *regrades) Regrade(_ context.Context, id string) (regrade.Regrade, []regrade.Item, error) {
	if id != "r1" {
		return regrade.Regrade{}, nil, fault.New(fault.NotFound, "no_regrade", "There is no such regrade.", "Look again.")
	}
	return regrade.Regrade{ID: "r1"}, []regrade.Item{item}, nil
}

func (r *regrades) Regrades(context.Context) ([]regrade.Regrade, error) {
	return []regrade.Regrade{{ID: "r1"}}, nil
}

func (r *regrades) Apply(_ context.Context, _ string, allow []string) (regrade.Outcome, error) {
	r.allowed = allow
	return regrade.Outcome{Held: []string{"s1"}}, nil
}

func (r *regrades) Quarantined(context.Context) ([]regrade.Quarantined, error) {
	return []regrade.Quarantined{{Submission: "s9", Reason: "The engine is gone."}}, nil
}

func serve(t *testing.T, data string, r admin.Regrades) (client *admin.Client, stop func()) {
	t.Helper()
	s, err := admin.Listen(t.Context(), data, r, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(context.Background()) }()
	client = admin.Open(data)
	return client, func() {
		client.Close()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	r, data := new(regrades), t.TempDir()
	client, stop := serve(t, data, r)
	defer stop()
	if info, err := os.Stat(filepath.Join(data, "admin.sock")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v; nobody else may ask", info, err)
	}
	asked := regrade.Regrade{Lesson: "c/one", Exercise: "checks", Since: time.Unix(100, 0).UTC(), Quarantined: true}
	if got, err := client.Propose(t.Context(), asked); err != nil || got.ID != "r1" {
		t.Errorf("Propose = %+v, %v", got, err)
	}
	same(t, "asked for", asked, r.proposed)
	job, err := client.Job(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "items", []admin.Row{{Item: item, Change: regrade.Lose}}, job.Items)
	outcome, err := client.Apply(t.Context(), "r1", []string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "outcome", regrade.Outcome{Held: []string{"s1"}}, outcome)
	same(t, "allowed", []string{"all"}, r.allowed)
	listed, err := client.Quarantined(t.Context())
	if err != nil || len(listed) != 1 || listed[0].Reason != "The engine is gone." {
		t.Errorf("Quarantined = %+v, %v", listed, err)
	}
	if all, err := client.Regrades(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("Regrades = %+v, %v", all, err)
	}
	if _, err := client.Job(t.Context(), "r2"); !fault.Is(err, fault.NotFound) || fault.Of(err).Fix != "Look again." {
		t.Errorf("an unknown regrade: %v", err)
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	client := admin.Open(data)
	defer client.Close()
	ask := func(when string) {
		t.Helper()
		if _, err := client.Regrades(t.Context()); err == nil || !strings.Contains(err.Error(), "no server runs") || !strings.Contains(err.Error(), data) {
			t.Errorf("%s: %v", when, err)
		}
	}
	ask("never served")
	_, stop := serve(t, data, new(regrades))
	stop()
	ask("ended")
	if err := os.WriteFile(filepath.Join(data, "admin.sock"), nil, 0o600); err != nil { // As a kill leaves it.
		t.Fatal(err)
	}
	ask("killed")
	_, stop = serve(t, data, new(regrades))
	stop()
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	_, err := admin.Listen(t.Context(), "/"+strings.Repeat("long/", 30), new(regrades), slog.New(slog.DiscardHandler))
	if !errors.Is(err, admin.ErrPath) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a path that no socket can have: %v", err)
	}
}

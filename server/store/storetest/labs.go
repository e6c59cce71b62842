package storetest

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pattarai/server/fault"
	"pattarai/server/labs"
	"pattarai/server/store"
)

func lab(learner, id string) labs.Record {
	return labs.Record{ID: id, Learner: learner, Lesson: "haproxy/one", State: labs.Queued, Hash: "h", Created: start, Expires: start.Add(time.Hour)}
}

func mustInsertLab(t *testing.T, s *store.Store, r labs.Record) {
	t.Helper()
	if err := s.InsertLab(t.Context(), r); err != nil {
		t.Fatalf("InsertLab %s: %v", r.ID, err)
	}
}

func labRecords(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	r := lab("ann", "l1")
	mustInsertLab(t, s, r)
	r.State, r.Started, r.Lease, r.Active, r.Took = labs.Running, start.Add(time.Second), start.Add(time.Minute), start.Add(2*time.Second), 1500*time.Millisecond
	if err := s.UpdateLab(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got, err := s.OpenLab(t.Context(), "ann", "haproxy/one")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "open lab", r, got)

	r.State, r.Reason, r.Ended = labs.Ended, "Its time is over.", start.Add(time.Hour)
	if err := s.UpdateLab(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenLab(t.Context(), "ann", "haproxy/one"); !fault.Is(err, fault.NotFound) {
		t.Errorf("OpenLab of a lab that is over: %v", err)
	}
	for open, want := range map[bool][]labs.Record{true: nil, false: {r}} {
		got, err := s.Labs(t.Context(), open)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("Labs(%v)", open), want, got)
	}
	if err := s.UpdateLab(t.Context(), lab("ann", "nothing")); !fault.Is(err, fault.NotFound) {
		t.Errorf("UpdateLab of nothing: %v", err)
	}
}

func oneOpenLab(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	learner(t, s, "bob")
	mustInsertLab(t, s, lab("bob", "l0"))
	for i, state := range []labs.State{labs.Queued, labs.Creating, labs.Running, labs.Ending, labs.Ended, labs.Failed} {
		r := lab("ann", fmt.Sprintf("first-%d", i))
		r.State = state
		mustInsertLab(t, s, r)
		second := lab("ann", fmt.Sprintf("second-%d", i))
		err := s.InsertLab(t.Context(), second)
		if over := state == labs.Ended || state == labs.Failed; over != (err == nil) || (!over && !fault.Is(err, fault.Conflict)) {
			t.Errorf("second lab beside one that is %s: %v", state, err)
		}
		r.State, second.State = labs.Ended, labs.Ended
		if err := s.UpdateLab(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := s.UpdateLab(t.Context(), second); err != nil && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
	}
}

func startTimes(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	for i := range 5 {
		r := lab("ann", fmt.Sprintf("l%d", i))
		r.State, r.Created, r.Took = labs.Ended, start.Add(time.Duration(i)*time.Minute), time.Duration(i)*time.Second
		mustInsertLab(t, s, r)
	}
	got, err := s.StartTimes(t.Context(), "haproxy/one", 3)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "start times", []time.Duration{4 * time.Second, 3 * time.Second, 2 * time.Second}, got)
}

func save(t *testing.T, s *store.Store, path, content string, version int) labs.File {
	t.Helper()
	f, err := s.SaveFile(t.Context(), "ann", "haproxy/one", labs.File{Path: path, Content: []byte(content), Version: version, Saved: start})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func files(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	b := save(t, s, "b", "one", 0)
	same(t, "saved", labs.File{Path: "b", Content: []byte("one"), Version: 1, Saved: start}, b)
	b = save(t, s, "b", "two", 1)
	a := save(t, s, "a", "", 0)
	for _, stale := range []int{0, 1, 3} {
		_, err := s.SaveFile(t.Context(), "ann", "haproxy/one", labs.File{Path: "b", Content: []byte("lost"), Version: stale})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("saving on version %d of 2: %v", stale, err)
		}
	}
	got, err := s.Files(t.Context(), "ann", "haproxy/one")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "files", []labs.File{a, b}, got)
	if other, err := s.Files(t.Context(), "ann", "haproxy/two"); err != nil || len(other) > 0 {
		t.Errorf("files of another lesson: %v, %v", other, err)
	}
}

func fileHistory(t *testing.T, s *store.Store) {
	learner(t, s, "ann")
	save(t, s, "a", "before the reset", 0)
	save(t, s, "b", "of another file", 0)
	if err := s.ResetFiles(t.Context(), "ann", "haproxy/one"); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Files(t.Context(), "ann", "haproxy/one"); err != nil || len(left) > 0 {
		t.Errorf("after the reset: %v, %v", left, err)
	}
	save(t, s, "a", "after the reset", 0)
	same(t, "history", []string{"after the reset", "before the reset"}, contents(t, s, "a"))

	for i := 1; i < 200; i++ {
		save(t, s, "a", strconv.Itoa(i), i)
	}
	kept := contents(t, s, "a")
	if len(kept) != 200 || kept[0] != "199" || kept[199] != "after the reset" {
		t.Errorf("kept %d versions from %q to %q, want the last 200", len(kept), kept[len(kept)-1], kept[0])
	}
	same(t, "history of the other file", []string{"of another file"}, contents(t, s, "b"))
}

func contents(t *testing.T, s *store.Store, path string) []string {
	t.Helper()
	history, err := s.FileHistory(t.Context(), "ann", "haproxy/one", path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range history {
		all = append(all, string(f.Content))
	}
	return all
}

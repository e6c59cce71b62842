package labs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/server/labs"
)

func TestSaveStoresAppliesAndTellsOtherTabs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(2 * time.Second)
		events := w.Subscribe(t.Context(), "kavi", "c/one")
		drain(events)
		edit := labs.File{Path: "app.py", Content: []byte("print(2)\n")}
		saved, err := w.Save(t.Context(), "kavi", "c/one", "tab-a", edit, true)
		if err != nil || saved.File.Version != 1 || saved.Applied == nil || !saved.Applied.Accepted {
			t.Fatalf("saved %+v, %v", saved, err)
		}
		if diff := cmp.Diff([]string{"print(2)\n"}, w.engine.session().applied); diff != "" {
			t.Errorf("applied (-want +got):\n%s", diff)
		}
		want := []labs.Event{{File: &labs.FileNews{Path: "app.py", Version: 1, Tab: "tab-a"}}}
		if diff := cmp.Diff(want, drain(events)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		_, err = w.Save(t.Context(), "kavi", "c/one", "tab-b", edit, true)
		wantFault(t, err, "file_changed")
		if n := len(w.engine.session().applied); n != 1 {
			t.Errorf("a refused save was applied: %d", n)
		}
	})
}

func TestASavedFileIsSavedWhateverTheEngineDoes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(2 * time.Second)
		w.engine.session().fail = sandbox.ErrEngine
		saved, err := w.Save(t.Context(), "kavi", "c/one", "", labs.File{Path: "app.py", Content: []byte("x")}, true)
		if err != nil || saved.File.Version != 1 {
			t.Fatalf("saved %+v, %v", saved, err)
		}
		if saved.Applied.Accepted || !strings.HasPrefix(saved.Applied.Output, "Saved, but") {
			t.Errorf("applied: %+v", saved.Applied)
		}
	})
}

func TestWhatMayNotBeSaved(t *testing.T) {
	tests := []struct{ name, path, content, code string }{
		{"not to edit", "fixed.txt", "x", "file_not_editable"},
		{"outside", "../app.py", "x", "file_not_editable"},
		{"too large", "app.py", strings.Repeat("x", 64<<10+1), "file_too_large"},
		{"not UTF-8", "app.py", "\xff", "file_not_text"},
		{"a zero byte", "app.py", "a\x00b", "file_not_text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := serve(t, setup{})
				_, err := w.Save(t.Context(), "kavi", "c/one", "", labs.File{Path: test.path, Content: []byte(test.content)}, false)
				wantFault(t, err, test.code)
				if len(w.store.files) != 0 {
					t.Error("it was stored")
				}
			})
		})
	}
}

func TestFilesAreStartersWhereUntouched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		if _, err := w.Save(t.Context(), "kavi", "c/one", "", labs.File{Path: "app.py", Content: []byte("mine")}, true); err != nil {
			t.Fatal(err)
		}
		got := map[string][]labs.File{}
		for _, learner := range []string{"kavi", "mani"} {
			files, err := w.Files(t.Context(), learner, "c/one")
			if err != nil {
				t.Fatal(err)
			}
			got[learner] = files
		}
		fixed := labs.File{Path: "fixed.txt", Content: []byte("stays\n")}
		want := map[string][]labs.File{
			"kavi": {{Path: "app.py", Content: []byte("mine"), Version: 1}, fixed},
			"mani": {{Path: "app.py", Content: []byte("print(1)\n")}, fixed},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	})
}

func TestRestartKeepsFilesAndResetPutsThemIntoHistory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(2 * time.Second)
		if _, err := w.Save(t.Context(), "kavi", "c/one", "", labs.File{Path: "app.py", Content: []byte("mine")}, true); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Restart(t.Context(), "kavi", "c/one"); err != nil {
			t.Fatal(err)
		}
		after(2 * time.Second)
		v := w.wantState("kavi", "c/one", labs.Running)
		if got := string(w.engine.session().files["app.py"]); got != "mine" || v.ID != "lab00001" {
			t.Errorf("restarted %s with %q", v.ID, got)
		}
		events := w.Subscribe(t.Context(), "kavi", "c/one")
		drain(events)
		if _, err := w.Reset(t.Context(), "kavi", "c/one"); err != nil {
			t.Fatal(err)
		}
		if got := drain(events); len(got) < 3 || got[0].File == nil || got[0].File.Version != 0 {
			t.Errorf("other tabs do not hear that the file was reset: %+v", got)
		}
		after(2 * time.Second)
		w.wantState("kavi", "c/one", labs.Running)
		if got := string(w.engine.session().files["app.py"]); got != "print(1)\n" {
			t.Errorf("reset with %q", got)
		}
		if len(w.store.history) != 1 || string(w.store.history[0].Content) != "mine" {
			t.Errorf("history: %+v", w.store.history)
		}
		if w.engine.opens != 3 || len(w.engine.held()) != 1 {
			t.Errorf("opened %d times, engine holds %v", w.engine.opens, w.engine.held())
		}
	})
}

func TestFilesThatDoNotStartGiveWayToTheStarters(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.engine.refuse = "broken"
		if _, err := w.Save(t.Context(), "kavi", "c/one", "", labs.File{Path: "app.py", Content: []byte("broken")}, true); err != nil {
			t.Fatal(err)
		}
		events := w.Subscribe(t.Context(), "kavi", "c/one")
		w.start("kavi", "c/one")
		after(5 * time.Second)
		w.wantState("kavi", "c/one", labs.Running)
		if got := string(w.engine.session().files["app.py"]); got != "print(1)\n" {
			t.Errorf("runs with %q", got)
		}
		got := warnings(drain(events))
		if len(got) != 1 || !strings.Contains(got[0], "app.py") || !strings.Contains(got[0], "exited with status 1.") {
			t.Errorf("warnings: %q", got)
		}
		files, err := w.Files(t.Context(), "kavi", "c/one")
		if err != nil || string(files[0].Content) != "broken" {
			t.Errorf("the editor has %q, %v", files[0].Content, err)
		}
	})
}

func TestALessonThatDoesNotStartSaysWhy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.engine.refuse = "print(1)\n"
		w.start("kavi", "c/one")
		after(5 * time.Second)
		v := w.wantState("kavi", "c/one", labs.Failed)
		if v.Reason != "web did not start: exited with status 1." || v.Log != "unknown keyword" || v.Fix == "" {
			t.Errorf("reason %q, log %q, fix %q", v.Reason, v.Log, v.Fix)
		}
		if held := w.engine.held(); len(held) != 0 {
			t.Errorf("engine still holds %v", held)
		}
	})
}

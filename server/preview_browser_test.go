//go:build browser

package server_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestPreviewInABrowser breaks a lesson in several ways under the eyes of its author
// and mends it again: the open page shows each error with its place, and the lesson
// once it is right, without anybody reloading it.
func TestPreviewInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "browser") {
			t.Fatal("chromium is required and missing")
		}
		t.Skip("SKIPPED: chromium is missing")
	}
	const good = "---\ntitle: Seen live\n---\n\nFirst words.\n\n```mermaid\ngraph LR\n  one --> two\n```\n\n### Which?\n\n<!-- q:single id=live-q -->\n\n- [ ] left\n- [x] right\n"
	const lab = "services:\n  desk:\n    image: shell\n    x-pattarai: {role: shell}\n"
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, "live", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("course.yaml", "title: Live\n")
	write("01-lesson/lesson.md", good)
	write("01-lesson/compose.yaml", lab)
	cfg := config(t)
	cfg.Preview, cfg.Content = true, []string{root}
	url, _, _ := start(t, cfg)

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Navigate(url+"/lessons/live/lesson")); err != nil {
		t.Fatal(err)
	}
	shows := func(name, script string, want string) {
		t.Helper()
		got := ""
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			// While the page fetches itself anew there is nothing to ask.
			if got, _ = chromedp.Run(ctx, chromedp.Evaluate[string](script)); strings.Contains(got, want) {
				return
			}
		}
		t.Errorf("%s: the page does not show %q but %.600q", name, want, got)
	}
	const (
		diagram = `document.querySelector(".mermaid svg, svg.mermaid, figure svg") ? "drawn" : document.querySelector("main").innerHTML.slice(0, 600)`
		errors  = `[...document.querySelectorAll(".lesson-problems li")].map(e => e.innerText).join("\n")`
		text    = `document.querySelector("main").innerText`
		none    = `document.querySelector(".lesson-problems") ? "errors" : "no errors: " + document.querySelector("main").innerText`
	)
	shows("diagram", diagram, "drawn")
	for _, c := range []struct{ name, file, broken, whole, says string }{
		{"front matter", "lesson.md", strings.Replace(good, "title:", "titel:", 1), good, `live/01-lesson/lesson.md:2:1: unknown key "titel"`},
		{"question", "lesson.md", strings.Replace(good, "- [x] right", "- [ ] right", 1), good, "live/01-lesson/lesson.md:14: quiz item"},
		{"topology", "compose.yaml", strings.Replace(lab, "shell\n", "nowhere\n", 1), lab, `live/01-lesson/compose.yaml:3:12: the image "nowhere" is no lab image`},
	} {
		write("01-lesson/"+c.file, c.broken)
		shows(c.name, errors, c.says)
		shows(c.name+", its last good form", text, "First words.")
		write("01-lesson/"+c.file, c.whole)
		shows(c.name+", mended", none, "no errors: ")
	}
	write("01-lesson/lesson.md", strings.Replace(good, "First words.", "Second words.", 1))
	shows("an edit", text, "Second words.")
}

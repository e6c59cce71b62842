//go:build browser

package server_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestPolicyInABrowser opens pages in a real browser and hears of everything that
// the content security policy stopped.
func TestPolicyInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "browser") {
			t.Fatal("chromium is required and missing")
		}
		t.Skip("chromium is missing; the policy was NOT tried in a browser")
	}
	url, _, _ := start(t, config(t))
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	const listen = `window.stopped = []; document.addEventListener("securitypolicyviolation", e => stopped.push(e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile))`
	if _, err := chromedp.Run(ctx, onEveryPage(listen)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/courses/haproxy", "/lessons/haproxy/acls", "/progress"} {
		if _, err := chromedp.Run(ctx, chromedp.Navigate(url+path)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		time.Sleep(3 * time.Second) // The editor and the rest arrive after the page.
		stopped, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`window.stopped`))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		editors, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".cm-editor").length`))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, what := range stopped {
			t.Errorf("%s: the policy stopped %s", path, what)
		}
		if strings.HasPrefix(path, "/lessons/") && editors == 0 {
			t.Errorf("%s: no editor appeared", path)
		}
	}
}

// onEveryPage runs a script before those of each page.
func onEveryPage(script string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return chromedp.Void{}, err
	}
}

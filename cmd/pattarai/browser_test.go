//go:build browser

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
	"pattarai/server"
)

// browser is a learner's browser in a test: what it does is said in the words of
// the page, and what goes wrong in the page's console fails the test.
type browser struct {
	*testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	mistakes []string
}

// startServer runs a whole server with an engine, and stops it with its labs.
func startServer(t *testing.T) string {
	t.Helper()
	cfg := server.Default()
	cfg.Addr, cfg.Data = "127.0.0.1:0", t.TempDir()
	cfg.Installation = fmt.Sprintf("browser-%d", os.Getpid())
	cfg.Agent = os.Getenv("PATTARAI_AGENT")
	log, err := os.Create(filepath.Join(t.TempDir(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := server.New(ctx, cfg, server.Options{Log: log, Version: "test"})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
		removeLabs(t, cfg)
		log.Close()
		if t.Failed() {
			content, _ := os.ReadFile(log.Name())
			t.Logf("server log:\n%s", tail(string(content), 40))
		}
	})
	return s.URL()
}

// removeLabs removes what a server left running for its next start.
func removeLabs(t *testing.T, cfg server.Config) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := docker.NewClient("")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	engine, err := docker.New(ctx, docker.Config{Installation: cfg.Installation, Secret: make([]byte, 32), Images: images.New(client, cfg.Agent, nil)})
	if err != nil {
		t.Fatal(err)
	}
	labs, err := engine.List(ctx)
	if err != nil {
		return // There is no engine in this test.
	}
	for _, lab := range labs {
		if err := engine.Remove(ctx, lab.ID); err != nil {
			t.Errorf("removing lab %s: %v", lab.ID, err)
		}
	}
	if err := engine.Close(ctx); err != nil {
		t.Error(err)
	}
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// newBrowser starts Chromium.
func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "browser") {
			t.Fatal("no chromium: run make ready")
		}
		t.Skip("no chromium: run make ready to test in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true), chromedp.WindowSize(1440, 900))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // Starts the browser, which must not end with a timeout.
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(ctx, 8*time.Minute)
	b := &browser{T: t, ctx: ctx, base: base}
	t.Cleanup(func() { end(); cancel(); stop() })
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

// listen collects what the page complains about.
func (b *browser) listen(event any) {
	var said string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			said += " " + x.Description
		}
	case *log.EventEntryAdded:
		// Labs that start on this machine change its networks, which browsers notice.
		if e.Entry.Level != log.EntryLevelError || strings.Contains(e.Entry.Text, "ERR_NETWORK_CHANGED") {
			return
		}
		said = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mistakes = append(b.mistakes, said)
}

// quiet fails the test when the page complained.
func (b *browser) quiet() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mistakes {
		b.Errorf("the page's console: %s", m)
	}
	b.mistakes = nil
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.shoot("failure")
		b.Fatal(err)
	}
}

func (b *browser) open(path string) {
	b.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// lesson opens a lesson and waits until its scripts have it in hand.
func (b *browser) lesson(path string) {
	b.Helper()
	b.open("/lessons/" + path)
	b.until("the lesson is ready", "document.querySelector('[data-check-all]')?.hidden === false && document.querySelector('[data-quiz] button[type=submit].btn')", 30*time.Second)
}

// until waits for a JavaScript condition.
func (b *browser) until(what, condition string, limit time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			b.shoot("failure")
			shown, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](terminal))
			nodes, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('.node-card [role=button]')].map(e => e.getAttribute('aria-label')).join('; ')`))
			b.Fatalf("waited %s in vain until %s (%v); nodes: %s; terminals:\n%s", limit, what, err, nodes, strings.TrimSpace(shown))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// click presses what the JavaScript expression finds.
func (b *browser) click(what, element string) {
	b.Helper()
	b.until(what+" is there", element, 15*time.Second)
	b.do(chromedp.Evaluate[chromedp.Void]("(()=>{const e=" + element + "; e.scrollIntoView({block:'center'}); e.dispatchEvent(new MouseEvent('click',{bubbles:true,cancelable:true}));})()"))
}

// button finds a button by the beginning of its words.
func button(words string) string {
	return fmt.Sprintf("[...document.querySelectorAll('button')].find(b => b.offsetParent && b.textContent.trim().startsWith(%q))", words)
}

// text is the text of all elements that fit a selector.
func text(selector string) string {
	return fmt.Sprintf("[...document.querySelectorAll(%q)].map(e => e.textContent).join('\\n')", selector)
}

// terminal is what the visible terminal shows.
const terminal = "[...document.querySelectorAll('.xterm-rows')].map(e => e.innerText).join('\\n')"

// typeFile replaces the editor's text and saves and applies it.
func (b *browser) typeFile(content string) {
	b.Helper()
	b.do(
		chromedp.Evaluate[chromedp.Void]("document.querySelector('.cm-content').focus()"),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: content})
			return err
		}),
		chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)),
	)
}

// node opens a node's menu in the picture and presses an entry.
func (b *browser) node(name, entry string) {
	b.Helper()
	b.click("node "+name, fmt.Sprintf("[...document.querySelectorAll('.node-card [role=button]')].find(e => e.getAttribute('aria-label')?.startsWith(%q))", name+","))
	b.click(entry, fmt.Sprintf("[...document.querySelectorAll('.menu button')].find(e => e.textContent.trim().startsWith(%q))", entry))
}

// shoot keeps a picture of the page in the folder PATTARAI_SCREENSHOTS names.
func (b *browser) shoot(name string) {
	dir := os.Getenv("PATTARAI_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Logf("picture %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.Logf("picture %s: %v", name, err)
	}
}

// scheme lets the page believe that the person prefers dark or light.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	})
}

const goodConfig = `global
    log stdout format raw local0

defaults
    mode http
    log global
    option httplog
    timeout connect 1s
    timeout client 30s
    timeout server 30s

frontend street
    bind :80
    default_backend counters

backend counters
    balance roundrobin
    option redispatch 1
    server app1 app1:8000 check inter 500ms fall 2
    server app2 app2:8000 check inter 500ms fall 2
    server app3 app3:8000 check inter 500ms fall 2
`

// TestStory is the main job from end to end: a learner opens a lesson, gets a real
// HAProxy, edits it, breaks it, has it checked, and reads why.
func TestStory(t *testing.T) {
	b := newBrowser(t, startServer(t))

	b.open("/")
	b.until("the courses are listed", "document.body.innerText.includes('Load balancing with HAProxy')", 15*time.Second)
	b.shoot("home-light")
	b.open("/courses/haproxy")
	b.until("the lessons are listed", "document.body.innerText.includes('Round robin')", 15*time.Second)
	b.shoot("course-light")

	b.lesson("haproxy/round-robin")
	b.click("the start button", button("Start the lab"))
	b.until("all five nodes are healthy", "document.querySelectorAll('.node-card.p-healthy').length === 5", 60*time.Second)

	t.Log("a run block is typed into the terminal")
	b.click("the first Run button", "document.querySelector('[data-run=run-1] button')")
	b.until("the terminal shows the answer", terminal+".includes('app1')", 20*time.Second)
	b.until("it is the only terminal", "document.querySelectorAll('.term').length === 1", time.Second)

	t.Log("the starter does not pass, and the page says why")
	b.click("Check", "document.querySelector('[data-check-all]')")
	b.until("the check has failed with evidence", text("[data-check=turns]")+".includes('app1 answered 90 of 90 requests')", 60*time.Second)
	b.until("there is a picture of the shares", "document.querySelector('[data-check=turns] .is-failed')", 5*time.Second)
	b.shoot("check-failed-light")

	t.Log("a refused configuration leaves the running one in place")
	b.typeFile(strings.Replace(goodConfig, "balance roundrobin", "balance round-robin", 1))
	b.until("HAProxy's own words are shown", text(".refused")+".includes('balance only supports')", 20*time.Second)
	b.shoot("refused-light")
	b.click("the first Run button", "document.querySelector('[data-run=run-1] button')")
	b.until("HAProxy still answers", "("+terminal+".match(/app1/g)||[]).length >= 2", 20*time.Second)

	t.Log("a good one is applied without a restart")
	b.typeFile(goodConfig)
	b.until("it is applied", "!document.querySelector('.refused') && /applied/i.test("+text(".editor-state")+")", 20*time.Second)

	t.Log("traffic moves, a backend dies and comes back")
	b.click("Send traffic", button("Send traffic"))
	b.until("all three have a share", "[...document.querySelectorAll('.share-text')].filter(e => /[1-9]/.test(e.textContent)).length === 3", 30*time.Second)
	b.shoot("lesson-light")
	b.do(scheme("dark"))
	b.shoot("lesson-dark")
	b.do(scheme("light"))
	b.node("app2", "Make it suffer")
	b.click("a slow link", "[...document.querySelectorAll('.menu button')].find(e => e.textContent.trim().startsWith('Slow link'))")
	b.until("app2 suffers", "document.querySelectorAll('.node-card.suffers').length === 1", 20*time.Second)
	b.shoot("suffers-light")
	b.node("app2", "Kill")
	b.until("a dead node suffers nothing", "document.querySelectorAll('.node-card.suffers').length === 0", 20*time.Second)
	b.until("app2 is stopped", "document.querySelectorAll('.node-card.p-stopped').length === 1", 20*time.Second)
	b.until("HAProxy has noticed", text(".node-card.p-stopped")+".includes('DOWN')", 20*time.Second)
	b.shoot("killed-light")
	b.node("app2", "Start")
	b.until("all are healthy again", "document.querySelectorAll('.node-card.p-healthy').length === 5", 60*time.Second)

	t.Log("a reload in the middle loses nothing")
	b.do(chromedp.Reload())
	b.until("the editor has the text", text(".cm-content")+".includes('redispatch')", 20*time.Second)
	b.until("the terminal has its history", terminal+".includes('app1')", 20*time.Second)
	b.until("the picture is back", "document.querySelectorAll('.node-card.p-healthy').length === 5", 20*time.Second)

	t.Log("it passes, and the report has an address of its own")
	b.click("Check", "document.querySelector('[data-check-all]')")
	b.until("all four checks passed", text("[data-check-all]")+".includes('4/4')", 120*time.Second)
	b.shoot("check-passed-light")
	b.click("the report", "document.querySelector('[data-checks] a[href^=\"/reports/\"]')")
	b.until("the report is there", "location.pathname.startsWith('/reports/') && /passed/i.test(document.body.innerText)", 15*time.Second)
	b.shoot("report-light")
	b.open("/progress")
	b.until("progress lists the attempts", "document.querySelectorAll('a[href^=\"/reports/\"]').length >= 2", 15*time.Second)
	b.shoot("progress-light")
	b.quiet()

	b.preview()
	b.phone()
	b.quiet()
}

// preview opens a web port of the lab on its own origin.
func (b *browser) preview() {
	b.Helper()
	b.Log("a port of the lab opens on an origin of its own")
	b.lesson("haproxy/round-robin")
	url, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`fetch('/api/lessons/haproxy/round-robin/preview', {method: 'POST', headers: {'Content-Type': 'application/json'},
		body: JSON.stringify({node: 'haproxy', port: 80})}).then(r => r.json()).then(a => a.url)`, chromedp.EvalAwaitPromise))
	if err != nil || !strings.Contains(url, "://p-80-haproxy-") {
		b.Fatalf("preview url: %q, %v", url, err)
	}
	b.do(chromedp.Navigate(url))
	b.until("the shop answers", "/^app[123]$/.test(document.body.innerText.trim())", 15*time.Second)
	b.until("the page is on another origin", fmt.Sprintf("!%q.startsWith(location.origin)", b.base), time.Second)
}

// phone does the essentials on a narrow screen.
func (b *browser) phone() {
	b.Helper()
	b.Log("a phone gets tabs")
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	b.lesson("haproxy/round-robin")
	b.until("the picture is there", "document.querySelectorAll('.node-card.p-healthy').length === 5", 30*time.Second)
	b.until("nothing is wider than the screen", "document.documentElement.scrollWidth <= 390", 10*time.Second)
	b.shoot("phone-prose")
	for _, view := range []string{"editor", "terminal", "lab"} {
		b.click("tab "+view, fmt.Sprintf("document.querySelector('.views [data-view=%s]')", view))
		b.until(view+" is shown", fmt.Sprintf("document.querySelector('[data-pane=%s]').offsetParent !== null", view), 10*time.Second)
		if view == "terminal" {
			b.until("it has its history", terminal+".includes('app1')", 20*time.Second)
		}
		b.shoot("phone-" + view)
	}
}

// TestQuizAndPython is the second story: a quiz item and a program with hidden cases.
func TestQuizAndPython(t *testing.T) {
	b := newBrowser(t, startServer(t))
	b.lesson("python/print")
	b.click("a wrong answer", "document.querySelector('[data-quiz=py1-raw] input[value=a]')")
	b.click("Answer", "document.querySelector('[data-quiz=py1-raw] button[type=submit].btn')")
	b.until("the wrong answer is explained", text("[data-quiz=py1-raw]")+".includes('new line')", 10*time.Second)
	b.click("the start button", button("Start the lab"))
	b.until("both nodes are healthy", "document.querySelectorAll('.node-card.p-healthy').length === 2", 60*time.Second)
	b.click("Check", "document.querySelector('[data-check-all]')")
	b.until("the difference is shown", text("[data-check=board]")+".includes('Open from 6 to 9')", 60*time.Second)
	b.shoot("python-light")
	b.quiet()
}

// TestWithoutEngine is the server on a machine without containers: lessons and
// quizzes work, and the page says what labs need.
func TestWithoutEngine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	base := startServer(t)
	if answer, err := http.Get(base + "/readyz"); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("readyz: %v %v", answer, err)
	}
	b := newBrowser(t, base)
	b.lesson("haproxy/round-robin")
	b.until("the page says what is missing", "document.body.innerText.includes('doctor --fix')", 15*time.Second)
	b.click("an answer", "document.querySelector('[data-quiz=hx5-order] input[value=b]')")
	b.click("Answer", "document.querySelector('[data-quiz=hx5-order] button[type=submit].btn')")
	b.until("quizzes work", text("[data-quiz=hx5-order]")+".includes('One turn each')", 10*time.Second)
	b.shoot("no-engine")
	b.quiet()
}

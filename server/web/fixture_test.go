package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/assets"
	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
	"pattarai/server/account"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/labs"
	"pattarai/server/recall"
	"pattarai/server/regrade"
	"pattarai/server/submit"
	"pattarai/server/web"
)

const labID = "aaaabbbbccccdddd"

// content is a course with a lesson that has everything and one that has nothing.
func content() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"demo/course.yaml": file("title: {en: Demo course, ta: மாதிரி}\nsummary: {en: What a course is.}\norder: 1\nlanguages: [en, ta]\n"),
		"demo/01-first/lesson.md": file("---\ntitle: First lesson\nsummary: All of it.\nminutes: 5\nlevel: beginner\n---\n\nHello.\n\n![A dot](dot.png)\n\n" +
			"## Balance\n\nText.\n\n<!-- check: answers -->\n\n<details><summary>Solution</summary>\n\nThe secret way.\n\n</details>\n\n" +
			"### Which one?\n\n<!-- q:single id=demo-q1 -->\n\n- [ ] left\n  - not left\n- [x] right\n  - yes\n"),
		"demo/01-first/lesson.ta.md": file("---\ntitle: முதல் பாடம்\nsummary: எல்லாம்.\n---\n\nவணக்கம்.\n\n## சமநிலை\n\n<!-- check: answers -->\n\n" +
			"### எது?\n\n<!-- q:single id=demo-q1 -->\n\n- [ ] இடது\n  - இல்லை\n- [x] வலது\n  - ஆம்\n"),
		"demo/01-first/dot.png": {Data: []byte("\x89PNG\r\n\x1a\n")},
		"demo/01-first/compose.yaml": file("name: first\nservices:\n  client:\n    image: pattarai/shell\n    x-pattarai: {role: shell}\n" +
			"  haproxy:\n    image: pattarai/haproxy\n    volumes:\n      - ./files/haproxy.cfg:/etc/haproxy/haproxy.cfg\n" +
			"    x-pattarai:\n      role: balancer\n      preview:\n        - {port: 80, name: shop}\n"),
		"demo/01-first/exercise.yaml": file("shell: client\nedit: [haproxy.cfg]\nchecks:\n  - id: answers\n    title: It answers\n" +
			"    http: {url: \"http://haproxy/\"}\n    expect: {status: 200}\n"),
		"demo/01-first/files/haproxy.cfg":          file("global\n"),
		"demo/01-first/solutions/good/haproxy.cfg": file("global\n# good\n"),
		"demo/03-questions/lesson.md": file("---\ntitle: Questions\nsummary: Many.\n---\n\n" +
			"### Sum\n\n<!-- q:number id=sum\na: 2..9\nb: [3, 50]\n-->\n\nWhat is {{a}} + {{b}}?\n\n- [x] {{a + b}}\n  - Just add.\n- [ ] {{a * b}}\n  - You multiplied.\n\n" +
			"### Row\n\n<!-- q:order id=row -->\n\n1. one\n2. two\n3. three\n\n> Counting.\n\n" +
			"### Many\n\n<!-- q:single id=many -->\n\n- [ ] v\n- [ ] w\n- [ ] x\n- [ ] y\n- [x] z\n\n> The last letter.\n"),
		"demo/02-second/lesson.md": file("---\ntitle: Second lesson\nsummary: Only words.\nminutes: 1\nlevel: beginner\n---\n\nNothing to run.\n"),
	}
}

// site is a handler over fakes, behind a real listener.
type site struct {
	*httptest.Server
	web      *web.Handler
	labs     *fakeLabs
	work     *fakeWork
	recall   *recall.Service
	accounts *fakeAccounts
	catalog  *catalog.Catalog
	log      *lockedBuffer
	clock    *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.text.String() }

// newSite starts a site; change may alter its options first.
func newSite(t *testing.T, change ...func(*web.Options)) *site {
	t.Helper()
	lessons, err := catalog.Load([]string{"shell", "haproxy", "python"}, content())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range lessons.Current().Problems {
		if p.Severity != "warning" {
			t.Fatalf("the fixture does not load: %s", p)
		}
	}
	s := &site{
		labs: newFakeLabs(), work: newFakeWork(), accounts: newFakeAccounts(), catalog: lessons, log: new(lockedBuffer),
		clock: &clock{now: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)},
	}
	s.recall = recall.New(newFakeCards(), s.clock.Now)
	s.work.graded = func(ctx context.Context, sub submit.Submission) {
		if err := s.recall.Answered(ctx, recall.Key{Learner: sub.Learner, Lesson: sub.Lesson, Item: sub.Item}, sub.Score.Right); err != nil {
			t.Error(err)
		}
	}
	s.Server = httptest.NewUnstartedServer(nil)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	options := web.Options{
		Catalog: lessons, Accounts: s.accounts, Labs: s.labs, Previews: s.labs, Submissions: s.work, Regrades: s.work, Recall: s.recall,
		Assets: web.Assets{FS: assets.FS(), Static: assets.Static, Text: assets.Text, Languages: assets.Languages()},
		Site:   "Test", BaseURL: &url.URL{Scheme: "http", Host: "localhost:" + port}, PreviewDomain: "localhost",
		Secret: []byte("0123456789abcdef0123456789abcdef"), Log: slog.New(slog.NewJSONHandler(s.log, nil)), Now: s.clock.Now,
		Ready: func(context.Context) web.Readiness {
			return web.Readiness{OK: true, Parts: map[string]string{"store": "ok"}}
		},
		Observe: func(string, int, time.Duration) {},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "numbers 1\n") }),
	}
	for _, c := range change {
		c(&options)
	}
	if s.web, err = web.New(options); err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = s.web
	s.Start()
	s.URL = "http://localhost:" + port
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.web.Close(ctx); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s
}

// browser is a client with cookies that does not follow redirects. It resolves
// every name to this machine, as *.localhost does in browsers.
func (s *site) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// learner is a browser that has been given a login.
func (s *site) learner(t *testing.T) *http.Client {
	t.Helper()
	client := s.browser(t)
	got := s.do(t, client, "GET", "/api/lessons/demo/first/state", "")
	if got.status != http.StatusOK {
		t.Fatalf("state: %d %s", got.status, got.body)
	}
	return client
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request as a page of the site would.
func (s *site) do(t *testing.T, client *http.Client, method, path, body string, headers ...string) answer {
	t.Helper()
	target := path
	if strings.HasPrefix(path, "/") {
		target = s.URL + path
	}
	request, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// fakeAccounts keeps logins in memory.
type fakeAccounts struct {
	mu   sync.Mutex
	by   map[string]account.Learner
	made int
}

func newFakeAccounts() *fakeAccounts { return &fakeAccounts{by: map[string]account.Learner{}} }

func (f *fakeAccounts) Guest(context.Context) (account.Learner, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	sum := sha256.Sum256([]byte{byte(f.made), byte(f.made >> 8)})
	who := account.Learner{ID: "learner" + hex.EncodeToString(sum[:4]), Guest: true}
	token := hex.EncodeToString(sum[:])
	f.by[token] = who
	return who, token, nil
}

func (f *fakeAccounts) Recognise(_ context.Context, token string) (account.Learner, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if who, ok := f.by[token]; ok {
		return who, nil
	}
	return account.Learner{}, fault.New(fault.SignIn, "unknown_login", "Unknown.", "")
}

// fakeLabs keeps one lab per learner and lesson in memory.
type fakeLabs struct {
	mu        sync.Mutex
	views     map[string]labs.View
	files     map[string]labs.File
	terminals map[string][]labs.Terminal
	events    map[string][]chan labs.Event
	calls     []string
	missing   error
	upstream  *url.URL
	dials     []string
	shell     func() agent.Shell
}

func newFakeLabs() *fakeLabs {
	return &fakeLabs{views: map[string]labs.View{}, files: map[string]labs.File{}, terminals: map[string][]labs.Terminal{}, events: map[string][]chan labs.Event{}}
}

func (f *fakeLabs) note(call string) { f.calls = append(f.calls, call) }

func (f *fakeLabs) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.calls...)
}

func (f *fakeLabs) change(what string, state labs.State) func(context.Context, string, string) (labs.View, error) {
	return func(_ context.Context, learner, lesson string) (labs.View, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.note(what + " " + lesson)
		v := labs.View{Record: labs.Record{ID: labID, Learner: learner, Lesson: lesson, State: state}, CanExtend: true}
		f.views[learner+" "+lesson] = v
		return v, nil
	}
}

func (f *fakeLabs) Start(ctx context.Context, a, b string) (labs.View, error) {
	return f.change("start", labs.Running)(ctx, a, b)
}

func (f *fakeLabs) Extend(ctx context.Context, a, b string) (labs.View, error) {
	return f.change("extend", labs.Running)(ctx, a, b)
}

func (f *fakeLabs) Restart(ctx context.Context, a, b string) (labs.View, error) {
	return f.change("restart", labs.Creating)(ctx, a, b)
}

func (f *fakeLabs) Reset(ctx context.Context, a, b string) (labs.View, error) {
	return f.change("reset", labs.Creating)(ctx, a, b)
}

func (f *fakeLabs) End(ctx context.Context, a, b string) (labs.View, error) {
	return f.change("end", labs.Ended)(ctx, a, b)
}

func (f *fakeLabs) View(_ context.Context, learner, lesson string) (labs.View, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.views[learner+" "+lesson]
	return v, ok, nil
}

func (f *fakeLabs) Available(context.Context) error { return f.missing }

func (f *fakeLabs) Subscribe(ctx context.Context, learner, lesson string) <-chan labs.Event {
	out := make(chan labs.Event, 16)
	f.mu.Lock()
	defer f.mu.Unlock()
	key := learner + " " + lesson
	if v, ok := f.views[key]; ok {
		out <- labs.Event{Lab: &v}
	}
	f.events[key] = append(f.events[key], out)
	return out
}

func (f *fakeLabs) tell(e labs.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, readers := range f.events {
		for _, r := range readers {
			r <- e
		}
	}
}

func (f *fakeLabs) Estimate(context.Context, string) (median, p95 time.Duration, err error) {
	return 1800 * time.Millisecond, 2600 * time.Millisecond, nil
}

func (f *fakeLabs) Files(_ context.Context, learner, lesson string) ([]labs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch lesson {
	case "demo/first":
	case "demo/second":
		return nil, fault.New(fault.NotFound, "no_lab", "This lesson has no lab.", "")
	default:
		return nil, nil
	}
	if saved, ok := f.files[learner]; ok {
		return []labs.File{saved}, nil
	}
	return []labs.File{{Path: "haproxy.cfg", Content: []byte("global\n")}}, nil
}

func (f *fakeLabs) Save(ctx context.Context, learner, lesson, tab string, file labs.File, apply bool) (labs.Saved, error) {
	now, _ := f.Files(ctx, learner, lesson)
	f.mu.Lock()
	defer f.mu.Unlock()
	if file.Path != "haproxy.cfg" {
		return labs.Saved{}, fault.New(fault.NotFound, "no_file", "There is no such file.", "")
	}
	if now[0].Version != file.Version {
		return labs.Saved{}, fault.New(fault.Conflict, "stale", "Another tab saved this file first.", "Compare and save again.")
	}
	file.Version++
	f.files[learner] = file
	f.note("save " + tab)
	if !apply {
		return labs.Saved{File: file}, nil
	}
	return labs.Saved{File: file, Applied: &sandbox.Applied{Accepted: true}}, nil
}

func (f *fakeLabs) Break(_ context.Context, _, _, node string, what sandbox.Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(node + ": " + what.String())
	return what.Check()
}

func (f *fakeLabs) Mend(_ context.Context, _, _, node string, kind sandbox.FaultKind) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(fmt.Sprintf("mend %s of %s", kind, node))
	return nil
}

func (f *fakeLabs) Control(_ context.Context, learner, lesson, node string, action sandbox.Action) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.views[learner+" "+lesson]; !ok {
		return fault.New(fault.Unavailable, "no_lab", "The lab does not run.", "Start it.")
	}
	f.note(string(action) + " " + node)
	return nil
}

func (f *fakeLabs) SetTraffic(_ context.Context, _, _ string, t labs.Traffic) (labs.Traffic, error) {
	return t, nil
}

func (f *fakeLabs) Terminals(_ context.Context, learner, lesson string) ([]labs.Terminal, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.terminals[learner+" "+lesson], nil
}

func (f *fakeLabs) NewTerminal(_ context.Context, learner, lesson, node string) (labs.Terminal, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := learner + " " + lesson
	if len(f.terminals[key]) >= 5 {
		return labs.Terminal{}, fault.New(fault.TooMany, "terminals", "Five terminals are open; five are allowed.", "Close one.")
	}
	t := labs.Terminal{ID: "t" + string(rune('1'+len(f.terminals[key]))), Node: node}
	f.terminals[key] = append(f.terminals[key], t)
	return t, nil
}

func (f *fakeLabs) AttachTerminal(_ context.Context, learner, lesson, id string, cols, rows int) (agent.Shell, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("attach " + id)
	return f.shell(), nil
}

func (f *fakeLabs) EndTerminal(_ context.Context, learner, lesson, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.terminals[learner+" "+lesson] {
		if t.ID == id {
			return nil
		}
	}
	return fault.New(fault.NotFound, "no_terminal", "There is no such terminal.", "")
}

// Preview implements web.Previews.
func (f *fakeLabs) Preview(_ context.Context, learner, lab string) (web.Upstream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range f.views {
		if v.Learner == learner && v.ID == lab && v.State == labs.Running {
			return fakeUpstream{f}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "no_lab", "There is no such lab.", "")
}

type fakeUpstream struct{ f *fakeLabs }

func (u fakeUpstream) Topology() sandbox.Topology {
	return sandbox.Topology{Nodes: []sandbox.Node{{Name: "haproxy", Ports: []sandbox.Port{{Number: 80, Name: "shop", Path: "/", Scheme: "http"}}}}}
}

func (u fakeUpstream) DialPort(ctx context.Context, node string, port int) (net.Conn, error) {
	u.f.mu.Lock()
	u.f.dials = append(u.f.dials, node)
	target := u.f.upstream
	u.f.mu.Unlock()
	return new(net.Dialer).DialContext(ctx, "tcp", target.Host)
}

// fakeWork keeps submissions in memory.
type fakeWork struct {
	mu     sync.Mutex
	all    map[string]submit.Submission
	byKey  map[string]string
	news   []chan submit.Update
	number int
	runner submit.Runner
	graded func(context.Context, submit.Submission)
}

func newFakeWork() *fakeWork {
	return &fakeWork{all: map[string]submit.Submission{}, byKey: map[string]string{}}
}

func (f *fakeWork) insert(s submit.Submission) submit.Submission {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := s.Learner + s.Lesson + s.Item + s.Key
	if id, ok := f.byKey[key]; ok && s.Key != "" {
		return f.all[id]
	}
	f.number++
	s.ID = "sub" + string(rune('0'+f.number))
	for _, other := range f.all {
		if other.Learner == s.Learner && other.Item == s.Item {
			s.Attempt++
		}
	}
	s.Attempt++
	f.byKey[key], f.all[s.ID] = s.ID, s
	return s
}

func (f *fakeWork) SubmitChecks(_ context.Context, in submit.SubmitChecks) (submit.Submission, error) {
	return f.insert(submit.Submission{
		Learner: in.Learner, Lesson: in.Lesson.ID(), Item: submit.ItemChecks, Kind: submit.KindChecks, Key: in.Key, Files: in.Files,
		State: submit.Queued, Verdict: check.VerdictPending, Received: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
	}), nil
}

func (f *fakeWork) AnswerQuiz(ctx context.Context, in submit.AnswerQuiz) (submit.Submission, error) {
	return submit.New(submit.Config{
		Store: quizStore{f: f}, NewID: func() string { return "" }, Now: time.Now, Runner: f.runner, Graded: f.graded,
	}).AnswerQuiz(ctx, in)
}

// quizStore lets the real service grade answers.
type quizStore struct {
	submit.Store
	f *fakeWork
}

func (q quizStore) InsertSubmission(_ context.Context, s submit.Submission) (submit.Submission, bool, error) {
	return q.f.insert(s), true, nil
}
func (quizStore) StartSubmission(context.Context, string, time.Time) error  { return nil }
func (quizStore) FinishSubmission(context.Context, submit.Submission) error { return nil }
func (quizStore) Submission(context.Context, string, string) (submit.Submission, error) {
	return submit.Submission{}, nil
}
func (quizStore) Submissions(context.Context, string, int) ([]submit.Submission, error) {
	return nil, nil
}
func (quizStore) Unfinished(context.Context) ([]submit.Submission, error) { return nil, nil }
func (quizStore) Latest(context.Context, string, string) (map[string]submit.Submission, error) {
	return nil, nil
}

func (f *fakeWork) Report(_ context.Context, learner, id string) (submit.Submission, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.all[id]; ok && s.Learner == learner {
		return s, nil
	}
	return submit.Submission{}, fault.New(fault.NotFound, "no_report", "There is no such report.", "")
}

func (f *fakeWork) History(_ context.Context, learner string, limit int) ([]submit.Submission, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []submit.Submission
	for _, s := range f.all {
		if s.Learner == learner && len(list) < limit {
			list = append(list, s)
		}
	}
	return list, nil
}

func (f *fakeWork) Latest(_ context.Context, learner, lesson string) (map[string]submit.Submission, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	latest := map[string]submit.Submission{}
	for _, s := range f.all {
		if s.Learner == learner && s.Lesson == lesson && s.State == submit.Done && s.Gradable && s.Attempt > latest[s.Item].Attempt {
			latest[s.Item] = s
		}
	}
	return latest, nil
}

func (f *fakeWork) Attempts(_ context.Context, learner, lesson, item string) ([]submit.Submission, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []submit.Submission
	for _, s := range f.all {
		if s.Learner == learner && s.Lesson == lesson && s.Item == item {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b submit.Submission) int { return strings.Compare(b.ID, a.ID) })
	return list, nil
}

func (f *fakeWork) Changes(_ context.Context, learner, id string) ([]regrade.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.all[id]
	if s.Learner != learner || s.Regraded.IsZero() {
		return nil, nil
	}
	old := regrade.Grade{Verdict: check.VerdictFailed, Gradable: true, MaxPoints: 1, Report: check.Report{Results: []check.Result{{Title: "It <answers>", Status: check.Failed, Observed: "nothing"}}}}
	return []regrade.Item{{Submission: id, Applied: s.Regraded, Old: old}}, nil
}

// regrade lets everything that failed pass, as an author who mends checks would.
func (f *fakeWork) regrade() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, s := range f.all {
		if s.Verdict == check.VerdictFailed && s.Kind == submit.KindChecks {
			s.Verdict, s.Points, s.MaxPoints, s.Regraded = check.VerdictPassed, 1, 1, time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
			f.all[id] = s
		}
	}
}

func (f *fakeWork) Position(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[id].State == submit.Queued {
		return 1
	}
	return 0
}

func (f *fakeWork) Active(learner, lesson string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, s := range f.all {
		if s.Learner == learner && s.Lesson == lesson && s.State != submit.Done {
			return id
		}
	}
	return ""
}

func (f *fakeWork) Subscribe(context.Context, string) <-chan submit.Update {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(chan submit.Update, 16)
	f.news = append(f.news, out)
	return out
}

// finish grades every open submission.
func (f *fakeWork) finish(verdict check.Verdict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	status := check.Failed
	if verdict == check.VerdictPassed {
		status = check.Passed
	}
	for id, s := range f.all {
		if s.State == submit.Done {
			continue
		}
		s.State, s.Verdict, s.Gradable, s.MaxPoints = submit.Done, verdict, true, 1
		s.Report = check.Report{Verdict: verdict, Gradable: true, MaxPoints: 1, Results: []check.Result{{
			ID: "answers", Title: "It answers", Status: status, Expected: "200", Observed: "<script>alert(1)</script>",
			Bars: []check.Bar{{Label: "app1", Count: 3, Observed: .5, Expected: -1}}, Cases: []check.Case{{Name: "one", OK: true}},
		}}}
		f.all[id] = s
		for _, r := range f.news {
			r <- submit.Update{Submission: id, Lesson: s.Lesson, Result: &s.Report.Results[0]}
			r <- submit.Update{Submission: id, Lesson: s.Lesson, Done: &s}
		}
	}
}

func verdictNamed(name string) check.Verdict { return check.Verdict(name) }

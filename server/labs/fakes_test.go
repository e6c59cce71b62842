package labs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/pool"
	"pattarai/sandbox/probe"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/labs"
)

// store keeps records and files in memory.
type store struct {
	mu      sync.Mutex
	labs    map[string]labs.Record
	files   map[string]labs.File
	history []labs.File
	states  []labs.State // As they were stored.
}

func newStore() *store { return &store{labs: map[string]labs.Record{}, files: map[string]labs.File{}} }

func over(s labs.State) bool { return s == labs.Ended || s == labs.Failed }

func (s *store) InsertLab(_ context.Context, r labs.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.labs {
		if other.Learner == r.Learner && other.Lesson == r.Lesson && !over(other.State) {
			return fault.New(fault.Conflict, "lab_open", "There is one already.", "")
		}
	}
	s.labs[r.ID] = r
	s.states = append(s.states, r.State)
	return nil
}

func (s *store) UpdateLab(_ context.Context, r labs.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.labs[r.ID].State != r.State {
		s.states = append(s.states, r.State)
	}
	s.labs[r.ID] = r
	return nil
}

func (s *store) Labs(_ context.Context, open bool) ([]labs.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []labs.Record
	for _, r := range s.labs {
		if !open || !over(r.State) {
			list = append(list, r)
		}
	}
	return list, nil
}

func (s *store) OpenLab(_ context.Context, learner, lesson string) (labs.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.labs {
		if r.Learner == learner && r.Lesson == lesson && !over(r.State) {
			return r, nil
		}
	}
	return labs.Record{}, fault.New(fault.NotFound, "no_lab", "None.", "")
}

func (s *store) StartTimes(context.Context, string, int) ([]time.Duration, error) {
	return []time.Duration{3 * time.Second, 2 * time.Second, 4 * time.Second}, nil
}

func (s *store) SaveFile(_ context.Context, learner, lesson string, f labs.File) (labs.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := learner + "|" + lesson + "|" + f.Path
	if s.files[k].Version != f.Version {
		return labs.File{}, fault.New(fault.Conflict, "file_changed", "Another tab saved first.", "Take its text.")
	}
	f.Version++
	s.files[k] = f
	return f, nil
}

func (s *store) Files(_ context.Context, learner, lesson string) ([]labs.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []labs.File
	for k, f := range s.files {
		if k == learner+"|"+lesson+"|"+f.Path {
			list = append(list, f)
		}
	}
	return list, nil
}

func (s *store) ResetFiles(_ context.Context, learner, lesson string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, f := range s.files {
		if k == learner+"|"+lesson+"|"+f.Path {
			s.history = append(s.history, f)
			delete(s.files, k)
		}
	}
	return nil
}

// engine holds labs in memory and opens sessions on them.
type engine struct {
	sandbox.Engine // Nothing else may be called.
	through        *pool.Pool

	mu       sync.Mutex
	labs     map[string]sandbox.Lab
	down     error
	opens    int
	detached int
	prepared []string // Names of topologies.
	expected []string // The same.
	refuse   string   // Content of a file that a lab does not start with.
	last     *session
}

func (e *engine) check() error { return e.down }

func (e *engine) Ready(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.check()
}

func (e *engine) Launch(_ context.Context, spec sandbox.Spec) error {
	time.Sleep(time.Second)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(); err != nil {
		return err
	}
	e.put(spec.ID, spec.Owner, time.Now())
	return nil
}

func (e *engine) Prepare(t sandbox.Topology, _ sandbox.Tier) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.prepared = append(e.prepared, t.Name)
}

func (e *engine) Expect(topologies []sandbox.Topology) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expected = nil
	for _, t := range topologies {
		e.expected = append(e.expected, t.Name)
	}
}

func (e *engine) put(id, owner string, created time.Time) {
	e.labs[id] = sandbox.Lab{ID: id, Owner: owner, Created: created,
		Nodes: []sandbox.LabNode{{Name: "web", Running: true}, {Name: "probe", Running: true}}}
}

func (e *engine) List(context.Context) ([]sandbox.Lab, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(); err != nil {
		return nil, err
	}
	var list []sandbox.Lab
	for _, lab := range e.labs {
		list = append(list, lab)
	}
	return list, nil
}

func (e *engine) Remove(_ context.Context, lab string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(); err != nil {
		return err
	}
	delete(e.labs, lab)
	return nil
}

func (e *engine) held() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var ids []string
	for id := range e.labs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// do changes the engine under its lock.
func (e *engine) do(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

func (e *engine) Open(ctx context.Context, spec sandbox.Spec, files map[string][]byte, progress func(sandbox.NodeState)) (labs.Session, error) {
	if err := e.through.Launch(ctx, spec); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opens++
	for _, content := range files {
		if e.refuse != "" && string(content) == e.refuse {
			return nil, &sandbox.StartError{Node: "web", Reason: "exited with status 1", Log: "unknown keyword"}
		}
	}
	progress(sandbox.NodeState{Node: "web", Phase: sandbox.PhaseHealthy})
	e.last = &session{engine: e, id: spec.ID, files: files, shells: map[string]bool{}}
	return e.last, nil
}

func (e *engine) Adopt(_ context.Context, spec sandbox.Spec, files map[string][]byte) (labs.Session, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(); err != nil {
		return nil, err
	}
	if _, ok := e.labs[spec.ID]; !ok {
		return nil, sandbox.ErrNoLab
	}
	e.last = &session{engine: e, id: spec.ID, files: files, shells: map[string]bool{"t2": true}}
	return e.last, nil
}

func (e *engine) session() *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

// session is a running lab of the fake engine.
type session struct {
	engine *engine
	id     string
	files  map[string][]byte

	mu      sync.Mutex
	applied []string
	fail    error
	rates   []float64 // Of the traffic asked for.
	sending int
	shells  map[string]bool
}

func (s *session) States() []sandbox.NodeState {
	return []sandbox.NodeState{{Node: "web", Phase: sandbox.PhaseHealthy}}
}

func (s *session) Watch(ctx context.Context) <-chan sandbox.NodeState {
	news := make(chan sandbox.NodeState)
	context.AfterFunc(ctx, func() { close(news) })
	return news
}

func (s *session) Control(context.Context, string, sandbox.Action) error { return s.fail }
func (s *session) Break(context.Context, string, sandbox.Fault) error    { return s.fail }
func (s *session) Mend(context.Context, string, sandbox.FaultKind) error { return s.fail }

func (s *session) Apply(_ context.Context, files map[string][]byte) (sandbox.Applied, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return sandbox.Applied{}, s.fail
	}
	for _, content := range files {
		s.applied = append(s.applied, string(content))
	}
	return sandbox.Applied{Accepted: true}, nil
}

func (s *session) Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error) {
	s.mu.Lock()
	s.rates = append(s.rates, spec.(probe.TrafficSpec).Rate)
	s.sending++
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.sending--; s.mu.Unlock() }()
	for ctx.Err() == nil {
		progress(json.RawMessage(`{"sent":1,"requests":[{"server":"web","status":200,"micros":900}]}`))
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil, ctx.Err()
}

func (s *session) traffic() (sending int, rates []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sending, slices.Clone(s.rates)
}

func (s *session) Agent(context.Context, string) (labs.NodeAgent, error) { return s, nil }

func (s *session) OpenShell(_ context.Context, o agent.ShellOptions) (agent.Shell, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shells[o.ID] = true
	return shell{}, nil
}

func (s *session) Shells(context.Context) ([]agent.ShellInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []agent.ShellInfo
	for id := range s.shells {
		list = append(list, agent.ShellInfo{ID: id, Running: true})
	}
	return list, nil
}

func (s *session) EndShell(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.shells, id)
	return nil
}

func (s *session) DialPort(context.Context, string, string) (net.Conn, error) {
	return nil, sandbox.ErrNotRunning
}

func (s *session) Exec(context.Context, agent.Command) (agent.Result, error) {
	return agent.Result{}, sandbox.ErrNotRunning
}

func (s *session) Detach() { s.engine.do(func() { s.engine.detached++ }) }

func (s *session) Close(ctx context.Context) error { return s.engine.through.Remove(ctx, s.id) }

// shell is a terminal that swallows keys.
type shell struct{ agent.Shell }

func (shell) Write(keys []byte) (int, error) { return len(keys), nil }

// world is a service with everything around it.
type world struct {
	*labs.Service
	t      *testing.T
	store  *store
	engine *engine
	stop   func() // Ends this server; its labs stay.
}

// content has three lessons with a lab and one without.
func content(t *testing.T) *catalog.Catalog {
	t.Helper()
	fsys := fstest.MapFS{"c/course.yaml": file("title: {en: Course}\nsummary: {en: Some}\norder: 1\nlanguages: [en]\n")}
	for i, slug := range []string{"one", "two", "three", "read"} {
		dir := fmt.Sprintf("c/0%d-%s/", i+1, slug)
		fsys[dir+"lesson.md"] = file("---\ntitle: Lesson " + slug + "\nsummary: Some.\nminutes: 5\nlevel: beginner\n---\n\nText.\n")
		if slug == "read" {
			continue
		}
		fsys[dir+"files/app.py"] = file("print(1)\n")
		fsys[dir+"files/fixed.txt"] = file("stays\n")
		fsys[dir+"exercise.yaml"] = file("shell: box\nedit: [app.py]\n")
		fsys[dir+"compose.yaml"] = file(`services:
  box:
    image: pattarai/shell
    x-pattarai: {role: shell}
  web:
    image: pattarai/python
    command: ["python3", "/srv/app.py"]
    volumes: [./files/app.py:/srv/app.py]
    x-pattarai:
      role: backend
      preview: [{port: 8000, name: web}]
`)
	}
	c, err := catalog.Load([]string{"shell", "python", "haproxy"}, fsys)
	if err != nil {
		t.Fatal(err)
	}
	if problems := c.Current().Problems; problems.HasErrors() {
		t.Fatalf("content of the test is wrong: %v", problems)
	}
	return c
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// setup is what a test wants to be different.
type setup struct {
	store *store
	eng   *engine
	labs  int
}

// serve starts a service in the bubble of the test.
func serve(t *testing.T, with setup) *world {
	t.Helper()
	if with.store == nil {
		with.store = newStore()
	}
	if with.eng == nil {
		with.eng = &engine{labs: map[string]sandbox.Lab{}}
	}
	p, err := pool.New(with.eng, pool.Config{Memory: 1 << 40, Labs: with.labs})
	if err != nil {
		t.Fatal(err)
	}
	with.eng.through = p
	n := len(with.store.labs)
	var mu sync.Mutex
	s := labs.New(labs.Config{Store: with.store, Engine: p, Catalog: content(t),
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			n++
			return fmt.Sprintf("lab%05d", n)
		},
		Logger: slog.New(slog.DiscardHandler)})
	labs.SetOpener(s, with.eng)
	ctx, cancel := context.WithCancel(t.Context())
	go s.Run(ctx)
	synctest.Wait()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		synctest.Wait()
	})
	t.Cleanup(stop)
	return &world{Service: s, t: t, store: with.store, engine: with.eng, stop: stop}
}

// inBubble runs test with fake time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) start(learner, lesson string) labs.View {
	w.t.Helper()
	v, err := w.Start(w.t.Context(), learner, lesson)
	if err != nil {
		w.t.Fatalf("start: %v", err)
	}
	return v
}

func (w *world) view(learner, lesson string) labs.View {
	w.t.Helper()
	v, ok, err := w.View(w.t.Context(), learner, lesson)
	if err != nil || !ok {
		w.t.Fatalf("view: %v, %v", ok, err)
	}
	return v
}

func (w *world) wantState(learner, lesson string, want labs.State) labs.View {
	w.t.Helper()
	v := w.view(learner, lesson)
	if v.State != want {
		w.t.Fatalf("lab is %s (%s), want %s", v.State, v.Reason, want)
	}
	return v
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want fault %s", code)
	}
	if f := fault.Of(err); f.Code != code || f.Message == "" || f.Fix == "" {
		t.Errorf("fault %s (%q, fix %q), want %s with message and fix", f.Code, f.Message, f.Fix, code)
	}
}

// drain returns what has arrived so far.
func drain(events <-chan labs.Event) []labs.Event {
	synctest.Wait()
	var list []labs.Event
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return list
			}
			list = append(list, e)
		default:
			return list
		}
	}
}

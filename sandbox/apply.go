package sandbox

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox/agent"
)

const (
	checkTime  = 10 * time.Second
	reloadTime = 20 * time.Second
	maxOutput  = 16 << 10
)

// Applied is what became of an edit.
type Applied struct {
	Accepted    bool          `json:"accepted"`
	Nodes       []string      `json:"nodes"`       // Nodes that use the file.
	Output      string        `json:"output"`      // What the node's check printed, at most 16 KiB.
	Diagnostics []Diagnostic  `json:"diagnostics"` // Output, line by line, where it names a line of the file.
	Took        time.Duration `json:"took"`
}

// Apply brings changed workspace files to every node that maps them: put, check,
// reload; refused files are put back and the running service never notices. A
// refusal is a value, not an error.
func (s *Session) Apply(ctx context.Context, files map[string][]byte) (Applied, error) {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	began := moment()
	edit := s.newEdit(files)
	err := edit.run(ctx)
	out := edit.applied()
	out.Took = time.Since(began)
	if err == nil && out.Accepted {
		s.remember(files)
	}
	return out, err
}

// remember keeps files as the ones last applied.
func (s *Session) remember(files map[string][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, data := range files {
		s.files[name] = data
	}
}

// mapped turns workspace files into what the node sees, by absolute path.
func (m *member) mapped(files map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for name, data := range files {
		for _, target := range m.targets(name) {
			out[target] = data
		}
	}
	return out
}

// targets are the places where the node sees a workspace file.
func (m *member) targets(name string) []string {
	var out []string
	for _, f := range m.node.Files {
		if !f.Folder && f.Source == name {
			out = append(out, f.Target)
		}
		if rest, ok := strings.CutPrefix(name, strings.TrimSuffix(f.Source, "/")+"/"); f.Folder && ok {
			out = append(out, path.Join(f.Target, rest))
		} else if f.Folder && (f.Source == "." || f.Source == "") {
			out = append(out, path.Join(f.Target, name))
		}
	}
	return out
}

// edit is one Apply under way.
type edit struct {
	session *Session
	new     map[string][]byte
	old     map[string][]byte
	nodes   []*edited
}

// edited is an edit's part in one node.
type edited struct {
	*member
	put      map[string][]byte // New content by absolute path.
	back     map[string][]byte // Old content.
	created  []string          // Paths that did not exist before.
	asleep   bool              // The node does not run; the files wait for its start.
	accepted bool
	output   string
}

func (s *Session) newEdit(files map[string][]byte) *edit {
	e := &edit{session: s, new: files, old: s.Files()}
	for _, m := range s.visible() {
		if put := m.mapped(files); len(put) > 0 {
			e.nodes = append(e.nodes, e.partOf(m, put))
		}
	}
	return e
}

func (e *edit) partOf(m *member, put map[string][]byte) *edited {
	n := &edited{member: m, put: put, back: map[string][]byte{}}
	before := m.mapped(e.old)
	for target := range put {
		if data, ok := before[target]; ok {
			n.back[target] = data
		} else {
			n.created = append(n.created, target)
		}
	}
	return n
}

// run checks the edit on all nodes first, so that either all of them take it or
// none does.
func (e *edit) run(ctx context.Context) error {
	err := e.each(func(n *edited) error { return n.check(ctx) })
	if err == nil && e.accepted() {
		err = e.each(func(n *edited) error { return n.reload(ctx) })
	}
	if err == nil && e.accepted() {
		return nil
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), reloadTime)
	defer cancel()
	return errors.Join(err, e.each(func(n *edited) error { return n.putBack(undo) }))
}

func (e *edit) each(f func(*edited) error) error {
	errs := make([]error, len(e.nodes))
	var wg sync.WaitGroup
	for i, n := range e.nodes {
		wg.Go(func() { errs[i] = f(n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (e *edit) accepted() bool {
	for _, n := range e.nodes {
		if !n.accepted {
			return false
		}
	}
	return true
}

func (e *edit) applied() Applied {
	out := Applied{Accepted: e.accepted(), Nodes: []string{}, Diagnostics: []Diagnostic{}}
	var output []string
	for _, n := range e.nodes {
		out.Nodes = append(out.Nodes, n.node.Name)
		if text := strings.TrimSpace(n.output); text != "" {
			output = append(output, text)
		}
		out.Diagnostics = append(out.Diagnostics, n.diagnose(e.new)...)
	}
	out.Output = clip(strings.Join(output, "\n"), maxOutput)
	return out
}

// check puts the new files into place and asks the node what it thinks of them.
func (n *edited) check(ctx context.Context) error {
	c, err := n.connect(ctx)
	if errors.Is(err, ErrNotRunning) {
		n.asleep, n.accepted = true, true
		n.output = n.node.Name + " does not run; it gets the file when it starts."
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.PutFiles(ctx, n.put); err != nil {
		return n.refused(err)
	}
	if n.node.Apply == nil || n.node.Apply.Check == "" {
		n.accepted = true
		return nil
	}
	n.accepted, n.output, err = n.shell(ctx, c, n.node.Apply.Check, checkTime)
	return err
}

// refused turns the agent's refusal (no room, say) into the edit's.
func (n *edited) refused(err error) error {
	var refusal *agent.Error
	if errors.As(err, &refusal) {
		n.accepted, n.output = false, refusal.Error()
		return nil
	}
	return n.failed(err)
}

// shell runs a command line of the topology in the node.
func (n *edited) shell(ctx context.Context, c *agent.Client, line string, limit time.Duration) (ok bool, output string, err error) {
	res, err := c.Exec(ctx, agent.Command{Args: []string{"/bin/sh", "-c", line}, Timeout: limit, MaxOutput: maxOutput})
	if err != nil {
		return false, "", n.failed(err)
	}
	return res.Exit == 0 && !res.TimedOut && res.Failure == "", told(res, line, limit), nil
}

// told is what a command printed, after a sentence of ours when it did not get to
// its end: what it printed until then may look like success.
func told(res agent.Result, line string, limit time.Duration) string {
	printed := string(res.Stdout) + string(res.Stderr)
	switch {
	case res.TimedOut:
		return fmt.Sprintf("%q did not end within %.0f seconds and was stopped; the file is not used.\n%s", line, limit.Seconds(), printed)
	case res.Failure != "":
		return res.Failure + "\n" + printed
	}
	return printed
}

// reload makes the running service use the new files. A service that has ended is
// started instead.
func (n *edited) reload(ctx context.Context) error {
	if n.asleep || len(n.service) == 0 {
		return nil
	}
	c, err := n.connect(ctx)
	if err != nil {
		return err
	}
	if n.now().Phase == PhaseExited {
		return n.judge(n.serve(ctx, c))
	}
	if n.node.Apply == nil || n.node.Apply.Reload == "" {
		return n.judge(n.restart(ctx, c))
	}
	ok, output, err := n.shell(ctx, c, n.node.Apply.Reload, reloadTime)
	if err == nil && !ok {
		n.accepted, n.output = false, output+"\n"+n.output // Why it was refused comes first.
	}
	return err
}

// judge turns a failed start of the service into a refusal.
func (n *edited) judge(err error) error {
	var start *StartError
	if errors.As(err, &start) {
		n.accepted, n.output = false, n.output+"\n"+start.Reason+"\n"+start.Log
		return nil
	}
	return err
}

// restart stops the service and starts it again, and waits until it is healthy.
func (m *member) restart(ctx context.Context, c *agent.Client) error {
	m.expect(true)
	if err := c.RestartService(ctx); err != nil {
		return m.failed(err)
	}
	return m.awaitHealthy(ctx)
}

// putBack undoes the edit in the node. A service that does not run any more, or
// whose reload was already under way, is brought back on the old files.
func (n *edited) putBack(ctx context.Context) error {
	if n.asleep {
		return nil
	}
	c, err := n.connect(ctx)
	if err != nil {
		return err
	}
	if err := c.PutFiles(ctx, n.back); err != nil {
		return n.failed(err)
	}
	if len(n.created) > 0 {
		if _, err := c.Exec(ctx, agent.Command{Args: append([]string{"rm", "-f", "--"}, n.created...)}); err != nil {
			return n.failed(err)
		}
	}
	if n.now().Phase == PhaseExited && len(n.service) > 0 {
		// It ran before the edit, or it failed with the old files too, and then
		// the node's state says so.
		var start *StartError
		if err := n.serve(ctx, c); err != nil && !errors.As(err, &start) {
			return err
		}
	}
	return nil
}

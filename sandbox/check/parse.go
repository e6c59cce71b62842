package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"pattarai/lessons/problem"
	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
)

// The bounds of an exercise.
const (
	maxChecks      = 40
	maxSteps       = 12
	maxTitle       = 200
	maxHelp        = 2000
	maxPoints      = 1000
	defaultTimeout = 30 * time.Second
	maxTimeout     = 2 * time.Minute
)

// Parse reads the exercise called file in fsys, the lesson's folder. topology is
// what its nodes and files are checked against. All problems are returned with
// line and column, not only the first; with errors among them the exercise must
// not be run.
func Parse(fsys fs.FS, file string, topology sandbox.Topology) (Exercise, problem.List) {
	doc, root, ok := yamldoc.Read(fsys, file)
	if !ok {
		return Exercise{}, doc.Problems
	}
	p := &parser{fsys: fsys, topology: topology}
	exercise := p.exercise(root)
	doc.Problems.Sort()
	return exercise, doc.Problems
}

// parser holds what the values of a file are checked against.
type parser struct {
	fsys       fs.FS
	topology   sandbox.Topology
	shell      string
	workspace  bool            // Some check reads the workspace itself.
	remembered map[string]bool // Names remembered by earlier steps of this check.
	faulted    map[string]bool // Nodes broken by earlier steps of this check.
	files      hash.Hash       // Over the lesson's files that checks read.
}

// read enters a file of the lesson in the hash: it decides verdicts too.
func (p *parser) read(name string, data []byte) {
	if p.files == nil {
		p.files = sha256.New()
	}
	fmt.Fprintf(p.files, "%s %d\n%s\n", name, len(data), data)
}

func (p *parser) exercise(root yamldoc.Value) Exercise {
	m, ok := root.Map("shell", "edit", "checks")
	if !ok {
		return Exercise{}
	}
	var e Exercise
	if v := m.Get("shell"); v.Present() {
		e.Shell = p.node(v)
		p.shell = e.Shell
	}
	if v := m.Get("checks"); v.Present() {
		e.Checks = p.checks(v)
		text := "checks 1\n" + v.Canonical()
		if p.files != nil {
			text += "\nfiles " + hex.EncodeToString(p.files.Sum(nil))
		}
		sum := sha256.Sum256([]byte(text))
		e.Hash = hex.EncodeToString(sum[:])
	}
	if v := m.Get("edit"); v.Present() {
		e.Edit = p.edit(v)
	}
	return e
}

// node reads the name of a node of the topology.
func (p *parser) node(v yamldoc.Value) string {
	text, ok := v.Scalar()
	if !ok {
		return ""
	}
	if !p.known(v, text) {
		return ""
	}
	return text
}

// known reports a name that no node has.
func (p *parser) known(at yamldoc.Value, name string) bool {
	if _, ok := p.topology.Node(name); ok {
		return true
	}
	names := p.nodeNames()
	at.Problem("unknown-node", fmt.Sprintf("there is no node %q", yamldoc.Shorten(name)), "allowed: "+strings.Join(names, ", "), yamldoc.Suggest(name, names))
	return false
}

func (p *parser) nodeNames() []string {
	var names []string
	for _, n := range p.topology.Nodes {
		names = append(names, n.Name)
	}
	return names
}

// edit reads the workspace files that the editor opens.
func (p *parser) edit(v yamldoc.Value) []string {
	var files []string
	for _, item := range v.OneOrMore() {
		name, ok := p.workspaceFile(item)
		switch {
		case !ok:
		case slices.Contains(files, name):
			item.Problem("duplicate-file", name+" is named twice", "a file may stand once", "remove one of the two")
		case !p.workspace && !p.mapped(name):
			item.Warn("unused-file", "no node and no check uses files/"+name, "an edit of it changes nothing", "map it in compose.yaml with volumes: [./files/"+name+":/path]")
			fallthrough
		default:
			files = append(files, name)
		}
	}
	return files
}

// mapped tells whether some node sees a workspace file.
func (p *parser) mapped(name string) bool {
	for _, n := range p.topology.Nodes {
		for _, f := range n.Files {
			if f.Source == name || f.Folder && strings.HasPrefix(name, f.Source+"/") {
				return true
			}
		}
	}
	return false
}

// workspaceFile reads the path of a file below files/.
func (p *parser) workspaceFile(v yamldoc.Value) (string, bool) {
	name, ok := v.Text()
	if !ok {
		return "", false
	}
	if !fs.ValidPath(name) || name == "." {
		v.Problem("path", fmt.Sprintf("the workspace path %q", yamldoc.Shorten(name)), "a plain path below files/ is allowed", "write it like haproxy.cfg")
		return "", false
	}
	info, err := fs.Stat(p.fsys, path.Join("files", name))
	if err != nil || !info.Mode().IsRegular() {
		starters := p.starters()
		v.Problem("file-missing", fmt.Sprintf("files/%s is no file of this lesson", yamldoc.Shorten(name)), "files/ has: "+strings.Join(starters, ", "), yamldoc.Suggest(name, starters))
		return "", false
	}
	return name, true
}

const maxStarters = 20 // Named in a message.

func (p *parser) starters() []string {
	var names []string
	// What cannot be read cannot be suggested.
	_ = fs.WalkDir(p.fsys, "files", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && len(names) < maxStarters {
			names = append(names, strings.TrimPrefix(name, "files/"))
		}
		return nil
	})
	return names
}

// checks reads the list of checks and then how they need each other.
func (p *parser) checks(v yamldoc.Value) []Check {
	items, ok := v.List()
	if !ok {
		return nil
	}
	counted(v, len(items), maxChecks, "checks", "split the lesson")
	var checks []Check
	var needs []need
	lines := map[string]int{}
	for _, item := range items {
		c, its, ok := p.check(item)
		if !ok {
			continue
		}
		if line, twice := lines[c.ID]; twice && c.ID != "" {
			item.Problem("duplicate-id", fmt.Sprintf("the check id %q is used twice, first at line %d", c.ID, line), "an id may stand once", "rename one of the two")
		}
		lines[c.ID] = item.Line()
		checks = append(checks, c)
		needs = append(needs, its...)
	}
	checkNeeds(checks, needs)
	return checks
}

var checkID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// check reads one check.
func (p *parser) check(v yamldoc.Value) (Check, []need, bool) {
	m, ok := v.Map(append([]string{"id", "title", "needs", "points", "help", "try", "timeout", "partial", "steps"}, stepKeys()...)...)
	if !ok {
		return Check{}, nil, false
	}
	p.remembered, p.faulted = map[string]bool{}, map[string]bool{}
	c := Check{Points: 1, timeout: defaultTimeout}
	if id, ok := m.Require("id", "add \"id: \" with a short name"); ok {
		c.ID = p.id(id)
	}
	if title, ok := m.Require("title", "add \"title: \" with the claim as a sentence"); ok {
		c.Title = limited(title, maxTitle)
	}
	optional(m, "help", func(v yamldoc.Value) { c.Help = limited(v, maxHelp) })
	optional(m, "try", func(v yamldoc.Value) { c.try = limited(v, maxHelp) })
	optional(m, "points", func(v yamldoc.Value) { c.Points, _ = v.Number(0, maxPoints) })
	optional(m, "partial", func(v yamldoc.Value) { c.partial, _ = v.Bool() })
	optional(m, "timeout", func(v yamldoc.Value) { c.timeout, _ = v.Duration(100*time.Millisecond, maxTimeout) })
	var needs []need
	optional(m, "needs", func(v yamldoc.Value) {
		for _, item := range v.OneOrMore() {
			needs = append(needs, need{from: c.ID, to: item.Raw(), at: item})
			c.Needs = append(c.Needs, item.Raw())
		}
	})
	c.steps = p.steps(m)
	return c, needs, true
}

func (p *parser) id(v yamldoc.Value) string {
	text, ok := v.Scalar()
	if ok && !checkID.MatchString(text) {
		v.Problem("id", fmt.Sprintf("the id %q", yamldoc.Shorten(text)), "a small letter, then up to 39 small letters, digits and hyphens", "rename it")
	}
	return text
}

// limited reads text of at most most characters.
func limited(v yamldoc.Value, most int) string {
	text, ok := v.Text()
	if n := len([]rune(text)); ok && n > most {
		v.Problem("too-long", fmt.Sprintf("text of %d characters", n), fmt.Sprintf("at most %d are allowed", most), "shorten it")
	}
	return strings.TrimRight(text, "\n")
}

// counted reports a list that is empty or too long.
func counted(v yamldoc.Value, n, most int, what, fix string) {
	switch {
	case n == 0:
		v.Problem("count", "no "+what, fmt.Sprintf("1 to %d are allowed", most), "write at least one")
	case n > most:
		v.Problem("count", fmt.Sprintf("%d %s", n, what), fmt.Sprintf("1 to %d are allowed", most), fix)
	}
}

// optional calls read with the value of key when there is one.
func optional(m yamldoc.Map, key string, read func(yamldoc.Value)) {
	if v := m.Get(key); v.Present() {
		read(v)
	}
}

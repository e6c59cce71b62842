package compose

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
)

// walker checks the tree of a compose file against the subset.
type walker struct {
	doc    *yamldoc.Doc
	fsys   fs.FS
	images []string
	names  []string // Of every service.
}

// service is what the walk keeps of a service.
type service struct {
	name      string
	key       yamldoc.Value // Its name in the file.
	image     string
	files     []sandbox.File
	dependsOn []string
	waits     []wait
	tested    bool // It has a health check.
	memory    int64
	cpus      float64
	extension extension
}

// wait is a dependency with its place.
type wait struct {
	on      string
	healthy bool
	at      yamldoc.Value
}

// file walks the whole file.
func (w *walker) file(root yamldoc.Value) (least sandbox.Tier, services []service) {
	top, ok := root.AnyMap()
	if !ok {
		return "", nil
	}
	w.variables(root)
	w.keys(top, []string{"name", "services", "x-pattarai", "x-*"}, refusedTop)
	if v := top.Get("name"); v.Present() {
		v.Text()
	}
	present(top, "x-pattarai", func(v yamldoc.Value) { least = w.lab(v) })
	v, ok := top.Require("services", "write \"services:\" with at least one service below it")
	if !ok {
		return "", nil
	}
	services = w.services(v)
	w.relations(services)
	w.memory(v, services)
	return least, services
}

// keys checks the keys of a map against the allowed ones and the refused ones.
func (w *walker) keys(m yamldoc.Map, allowed []string, refused func(string) (reason, bool)) {
	for _, e := range m.Entries {
		key := e.Name()
		if strings.HasPrefix(key, "x-") && !strings.HasPrefix(key, "x-pat") || slices.Contains(allowed, key) {
			continue
		}
		if r, ok := refused(key); ok {
			e.Key.Problem("refused", fmt.Sprintf("%q is refused", key), r.why, r.fix)
			continue
		}
		e.Key.UnknownKey(allowed)
	}
}

var (
	escapedDollar = regexp.MustCompile(`\$\$`)
	variable      = regexp.MustCompile(`\$(\{[^}]*\}?|[A-Za-z_][A-Za-z0-9_]*)`)
)

// variables refuses what Compose would take from the environment of whoever runs it.
func (w *walker) variables(root yamldoc.Value) {
	root.Walk(func(v yamldoc.Value) {
		if found := variable.FindString(escapedDollar.ReplaceAllString(v.Raw(), "")); found != "" {
			v.Problem("variable", "the variable "+found, "a topology takes nothing from the environment", "write $$ for a dollar sign that the node's own shell should see")
		}
	})
}

var serviceName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// services walks every service.
func (w *walker) services(v yamldoc.Value) []service {
	m, ok := v.AnyMap()
	if !ok {
		return nil
	}
	switch n := len(m.Entries); {
	case n == 0:
		m.Problem("service-count", "no services", fmt.Sprintf("1 to %d are allowed", MaxServices), "write at least one")
	case n > MaxServices:
		m.Problem("service-count", fmt.Sprintf("%d services", n), fmt.Sprintf("1 to %d are allowed", MaxServices), "write fewer: a learner has to understand them all")
	}
	for _, e := range m.Entries {
		w.names = append(w.names, e.Name())
	}
	var out []service
	for _, e := range m.Entries {
		w.serviceName(e.Key)
		if s, ok := w.service(e); ok {
			out = append(out, s)
		}
	}
	return out
}

func (w *walker) serviceName(key yamldoc.Value) {
	switch name := key.Raw(); {
	case name == sandbox.ProbeNode:
		key.Problem("reserved-name", fmt.Sprintf("a service called %q", name), "the engine adds a node of that name, from which checks look at the lab", "choose another name")
	case !serviceName.MatchString(name):
		key.Problem("name", fmt.Sprintf("the service name %q", yamldoc.Shorten(name)), "a small letter, then up to 30 small letters, digits and hyphens", "rename the service")
	}
}

func serviceKeys() []string {
	return []string{
		"image", "command", "environment", "working_dir", "volumes", "depends_on", "healthcheck",
		"expose", "mem_limit", "cpus", "pids_limit", "hostname", "x-pattarai",
	}
}

// service walks one service.
func (w *walker) service(e yamldoc.Entry) (service, bool) {
	m, ok := e.Value.AnyMap()
	if !ok {
		return service{}, false
	}
	w.keys(m, serviceKeys(), refusedService)
	s := service{name: e.Name(), key: e.Key, memory: DefaultMemory}
	if v, ok := m.Require("image", "add \"image: \" with one of: "+strings.Join(w.images, ", ")); ok {
		s.image = w.image(v)
	}
	present(m, "command", w.command)
	present(m, "environment", w.environment)
	present(m, "working_dir", w.workingDir)
	present(m, "volumes", func(v yamldoc.Value) { s.files = w.volumes(v) })
	present(m, "depends_on", func(v yamldoc.Value) { s.waits = w.dependsOn(v, s.name) })
	present(m, "healthcheck", func(v yamldoc.Value) { s.tested = w.healthcheck(v) })
	present(m, "expose", w.expose)
	present(m, "mem_limit", func(v yamldoc.Value) { s.memory = w.memLimit(v) })
	present(m, "cpus", func(v yamldoc.Value) { s.cpus = w.cpus(v) })
	present(m, "pids_limit", func(v yamldoc.Value) { v.Int(8, 2048) })
	present(m, "hostname", func(v yamldoc.Value) { w.hostname(v, s.name) })
	s.extension = w.extension(m.Get("x-pattarai"), s.image)
	for _, wait := range s.waits {
		s.dependsOn = append(s.dependsOn, wait.on)
	}
	return s, true
}

// present calls walk with the value of key when there is one.
func present(m yamldoc.Map, key string, walk func(yamldoc.Value)) {
	if v := m.Get(key); v.Present() {
		walk(v)
	}
}

// image reads a lab image's name, "haproxy" or "pattarai/haproxy".
func (w *walker) image(v yamldoc.Value) string {
	text, ok := v.Text()
	if !ok {
		return ""
	}
	name := strings.TrimPrefix(text, "pattarai/")
	if !slices.Contains(w.images, name) {
		bare, _, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ":")
		v.Problem("unknown-image", fmt.Sprintf("the image %q is no lab image", yamldoc.Shorten(text)),
			"allowed: "+strings.Join(w.images, ", "), yamldoc.Suggest(bare, w.images))
		return ""
	}
	return name
}

func (w *walker) hostname(v yamldoc.Value, service string) {
	if text, ok := v.Text(); ok && text != service {
		v.Problem("hostname", fmt.Sprintf("the host name %q", yamldoc.Shorten(text)), fmt.Sprintf("a node is called like its service, %q", service), "remove the line")
	}
}

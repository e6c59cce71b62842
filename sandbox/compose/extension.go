package compose

import (
	"fmt"
	"strconv"
	"strings"

	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
)

// extension is what x-pattarai says about a service.
type extension struct {
	role    sandbox.Role
	preview []sandbox.Port
	apply   *sandbox.Apply
	view    string
}

// roles are the words a role may be.
func roles() []string {
	return []string{
		string(sandbox.RoleShell), string(sandbox.RoleClient), string(sandbox.RoleBalancer),
		string(sandbox.RoleBackend), string(sandbox.RoleDatabase), string(sandbox.RoleQueue),
		string(sandbox.RoleCache), string(sandbox.RoleRunner), string(sandbox.RoleService),
	}
}

// defaultRole is the part an image usually plays.
func defaultRole(image string) sandbox.Role {
	switch image {
	case "shell":
		return sandbox.RoleShell
	case "haproxy", "nginx":
		return sandbox.RoleBalancer
	case "postgres":
		return sandbox.RoleDatabase
	case "redis", "valkey":
		return sandbox.RoleCache
	case "rabbitmq":
		return sandbox.RoleQueue
	}
	return sandbox.RoleService
}

// lab reads x-pattarai of the whole file: the tier the lab needs.
func (w *walker) lab(v yamldoc.Value) (least sandbox.Tier) {
	m, ok := v.Map("tier")
	if !ok {
		return ""
	}
	present(m, "tier", func(v yamldoc.Value) {
		if tier, ok := v.Choice(string(sandbox.Standard), string(sandbox.Hardened)); ok {
			least = sandbox.Tier(tier)
		}
	})
	return least
}

// extension reads x-pattarai of a service, which may be absent.
func (w *walker) extension(v yamldoc.Value, image string) extension {
	x := extension{role: defaultRole(image)}
	if !v.Present() {
		return x
	}
	m, ok := v.Map("role", "preview", "apply", "view")
	if !ok {
		return x
	}
	present(m, "role", func(v yamldoc.Value) {
		if role, ok := v.Choice(roles()...); ok {
			x.role = sandbox.Role(role)
		}
	})
	present(m, "preview", func(v yamldoc.Value) { x.preview = w.previews(v) })
	present(m, "apply", func(v yamldoc.Value) { x.apply = w.apply(v) })
	present(m, "view", func(v yamldoc.Value) { x.view, _ = v.Choice("haproxy", "postgres", "rabbitmq", "redis") })
	return x
}

func (w *walker) previews(v yamldoc.Value) []sandbox.Port {
	items, ok := v.List()
	if !ok {
		return nil
	}
	var out []sandbox.Port
	for _, item := range items {
		p, ok := w.preview(item)
		if !ok {
			continue
		}
		for _, other := range out {
			if other.Number == p.Number {
				item.Problem("duplicate-port", fmt.Sprintf("port %d twice", p.Number), "a port has one preview", "remove one of the two")
			}
		}
		out = append(out, p)
	}
	return out
}

const maxPreviewName = 40

func (w *walker) preview(v yamldoc.Value) (sandbox.Port, bool) {
	m, ok := v.Map("port", "name", "path")
	if !ok {
		return sandbox.Port{}, false
	}
	port, ok := m.Require("port", "add \"port: 80\"")
	if !ok {
		return sandbox.Port{}, false
	}
	number, ok := w.port(port)
	p := sandbox.Port{Number: number, Name: strconv.Itoa(number), Path: "/", Scheme: "http"}
	present(m, "name", func(v yamldoc.Value) {
		if name, ok := v.Text(); ok && len([]rune(name)) > maxPreviewName {
			v.Problem("too-long", fmt.Sprintf("a name of %d characters", len([]rune(name))), fmt.Sprintf("at most %d are allowed", maxPreviewName), "shorten it")
		} else if ok {
			p.Name = name
		}
	})
	present(m, "path", func(v yamldoc.Value) {
		if path, ok := v.Text(); ok && (!strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//")) {
			v.Problem("path", fmt.Sprintf("the path %q", yamldoc.Shorten(path)), "a path beginning with one / is allowed", "write it like /stats")
		} else if ok {
			p.Path = path
		}
	})
	return p, ok
}

func (w *walker) apply(v yamldoc.Value) *sandbox.Apply {
	m, ok := v.Map("check", "reload", "errors")
	if !ok {
		return nil
	}
	var a sandbox.Apply
	present(m, "check", func(v yamldoc.Value) { a.Check = line(v) })
	present(m, "reload", func(v yamldoc.Value) { a.Reload = line(v) })
	present(m, "errors", func(v yamldoc.Value) { a.Errors, _ = v.Choice("haproxy", "python", "nginx") })
	if a.Errors != "" && a.Check == "" {
		m.Key("errors").Problem("missing-key", "errors without check", "errors are found in what check prints", "add \"check:\" with a command line")
	}
	return &a
}

// line is a shell line as the node sees it: Compose halves doubled dollar signs.
func line(v yamldoc.Value) string {
	text, _ := v.Text()
	return strings.ReplaceAll(text, "$$", "$")
}

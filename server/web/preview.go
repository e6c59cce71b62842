package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"pattarai/sandbox"
	"pattarai/server/fault"
)

// codeParam carries the one-time code of a preview's first address.
const codeParam = "pattarai-code"

// previewHost is what a preview's host name says: p-<port>-<node>-<lab>.<domain>.
type previewHost struct {
	port      int
	node, lab string
}

// label is the first label of the host name.
func (p previewHost) label() string { return fmt.Sprintf("p-%d-%s-%s", p.port, p.node, p.lab) }

// parsePreviewHost reads the host name of a preview. Only the one spelling that
// [previewHost.label] writes is taken.
func parsePreviewHost(name, suffix string) (p previewHost, ok bool) {
	label, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return p, false
	}
	rest, ok := strings.CutPrefix(label, "p-")
	if !ok {
		return p, false
	}
	port, rest, ok := strings.Cut(rest, "-")
	i := strings.LastIndexByte(rest, '-')
	if !ok || i < 1 {
		return p, false
	}
	p.node, p.lab = rest[:i], rest[i+1:]
	var err error
	if p.port, err = strconv.Atoi(port); err != nil || p.port < 1 || p.port > 65535 {
		return p, false
	}
	return p, p.label() == label && plain(p.node, "-") && plain(p.lab, "") && len(p.lab) >= 8 && p.node[0] >= 'a'
}

// plain tells whether s is lower-case letters, digits and characters of more.
func plain(s, more string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune(more, c)
	})
}

// openPreview answers POST …/preview with an address that works once.
func (h *Handler) openPreview(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	asked, err := body[struct {
		Node string `json:"node"`
		Port int    `json:"port"`
	}](c, maxSmallBody)
	if err != nil {
		return err
	}
	if h.PreviewDomain == "" {
		return fault.New(fault.Unavailable, "previews_off", "Previews are switched off on this server.", "Start it with --preview-domain.")
	}
	port, err := declaredPort(lesson.Topology, asked.Node, asked.Port)
	if err != nil {
		return err
	}
	view, ok, err := h.Labs.View(c.Request().Context(), learnerOf(c), lesson.ID())
	if err != nil {
		return err
	}
	if !ok {
		return errAsleep()
	}
	address, err := h.previewURL(ticket{learner: learnerOf(c), lesson: lesson.ID(), lab: view.ID}, previewHost{port.Number, asked.Node, view.ID}, port.Path)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"url": address})
}

func errAsleep() error {
	return fault.New(fault.Unavailable, "lab_asleep", "The lab is asleep.", "Start it on the lesson's page.")
}

// declaredPort is the port of a node that may be looked at.
func declaredPort(t sandbox.Topology, node string, number int) (sandbox.Port, error) {
	var allowed []string
	for _, n := range t.Nodes {
		for _, p := range n.Ports {
			if p.Scheme != "http" {
				continue
			}
			if n.Name == node && p.Number == number {
				return p, nil
			}
			allowed = append(allowed, fmt.Sprintf("%d of %s", p.Number, n.Name))
		}
	}
	message := "This lesson has no ports to look at."
	if len(allowed) > 0 {
		message = "That port cannot be looked at; these can: " + strings.Join(allowed, ", ") + "."
	}
	return sandbox.Port{}, fault.New(fault.NotFound, "no_port", message, "")
}

func (h *Handler) previewURL(t ticket, p previewHost, path string) (string, error) {
	label := p.label()
	if len(label) > 63 {
		return "", fault.New(fault.Invalid, "node_name", "The name of this node is too long for a preview's host name.", "Give it a shorter name in compose.yaml.")
	}
	t.host = label + h.hosts.previewSuffix
	code, err := h.codes.issue(t)
	if err != nil {
		return "", err
	}
	address, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") {
		address = &url.URL{Path: "/"}
	}
	address.Scheme, address.Host = h.BaseURL.Scheme, label+"."+h.hosts.previewAuthority
	query := address.Query()
	query.Set(codeParam, code)
	address.RawQuery = query.Encode()
	return address.String(), nil
}

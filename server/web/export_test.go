package web

import "net/http"

// Route is a route for tests that go over all of them.
type Route struct {
	Method, Path string
	Public       bool // Needs no learner.
}

// Routes lists every route.
func Routes() []Route {
	var list []Route
	for _, r := range routes() {
		list = append(list, Route{r.method, r.path, r.access == public || r.access == anyone})
	}
	return list
}

// ParsePreviewHost tells whether name is the host of a preview below .localhost.
func ParsePreviewHost(name string) (port int, node, lab string, ok bool) {
	p, ok := parsePreviewHost(name, ".localhost")
	return p.port, p.node, p.lab, ok
}

// CleanAnswer is what becomes of an upstream's headers.
func CleanAnswer(h http.Header) { cleanAnswer(h) }

// PageNames are the pages with a template.
func PageNames() []string { return pageNames[:] }

// Outbox is the buffer between a terminal and a slow browser.
type Outbox = outbox

// NewOutbox returns an empty one.
func NewOutbox() *Outbox { return newOutbox() }

// Put adds output.
func (o *outbox) Put(p []byte) { o.write(p) }

// Ready takes what can be sent now.
func (o *outbox) Ready(buf []byte) (chunk []byte, message any, last bool) { return o.ready(buf) }

// MaxOutbox is its bound in bytes.
const MaxOutbox = maxOutbox

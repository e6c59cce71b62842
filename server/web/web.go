// Package web is what browsers meet: pages, JSON, server-sent events, terminals
// over WebSocket and previews of lab ports. docs/api.md is its contract.
//
// Handlers return errors; one place turns a [fault.Kind] into a status and a page
// or JSON. Pages that are the same for everybody are rendered and compressed once
// per content snapshot and are served before the router is asked.
package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// Options are everything a [Handler] needs. All fields are required unless said otherwise.
type Options struct {
	Catalog     Catalog
	Accounts    Accounts
	Labs        Labs
	Previews    Previews
	Submissions Submissions
	Regrades    Regrades
	Recall      Recall
	Assets      Assets

	Site           string         // Name of the installation.
	BaseURL        *url.URL       // Where browsers reach this server: scheme and host.
	PreviewDomain  string         // Previews live on hosts below it; "" turns previews off. No port.
	Hosts          []string       // More host names that are answered, without ports. May be empty.
	TrustedProxies []netip.Prefix // Whose X-Forwarded-For is believed. May be empty.
	Author         bool           // Live preview: problems on the page, reload on change.
	Secret         []byte         // Of the installation; signs preview cookies and hashes ids in the log.

	Log     *slog.Logger
	Now     func() time.Time
	Ready   func(context.Context) Readiness
	Observe func(route string, status int, took time.Duration) // Hears of every request.
	Metrics http.Handler                                       // Answers GET /metrics.
}

// Assets are the templates, static files and texts of the interface.
type Assets struct {
	FS        fs.FS                         // templates/*.html and static/.
	Static    func(name string) string      // URL of a static file.
	Text      func(lang, key string) string // Text of the interface.
	Languages []string                      // First one is the default.
}

// Readiness is whether this server can do its work, in parts.
type Readiness struct {
	OK    bool              `json:"ok"`
	Parts map[string]string `json:"parts"` // "store": "ok", "engine": "a sentence".
}

// Handler answers every request of an installation. Make one with [New]; it must
// be told to end with [Handler.Close].
type Handler struct {
	Options
	echo     *echo.Echo
	shelf    *shelf
	headers  fixedHeaders
	hosts    hosts
	ids      *requestIDs
	tickets  *tickets
	codes    *tickets
	limits   *limits
	streams  *counts
	proxy    *previewProxy
	stopping chan struct{}
	stopOnce sync.Once
	sockets  sync.WaitGroup // Streams and sockets that outlive http.Server.Shutdown.
}

// New makes a handler. It fails when a template does not parse.
func New(o Options) (*Handler, error) {
	if o.BaseURL == nil || len(o.Secret) < 16 || len(o.Assets.Languages) == 0 {
		return nil, errors.New("web needs a base URL, a secret of 16 bytes or more and the languages of the interface")
	}
	h := &Handler{
		Options: o, ids: newRequestIDs(), stopping: make(chan struct{}),
		tickets: newTickets(o.Now), codes: newTickets(o.Now), limits: newLimits(o.Now), streams: newCounts(),
		hosts: newHosts(o.BaseURL, o.PreviewDomain, o.Hosts),
	}
	h.headers = h.securityHeaders()
	h.proxy = newPreviewProxy(h)
	templates, err := parseTemplates(o.Assets.FS)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if h.shelf, err = newShelf(h, templates); err != nil {
		return nil, err
	}
	h.echo = h.router()
	return h, nil
}

// Close tells every stream and socket to come back later, and waits until they
// have gone or ctx ends. New ones are refused from then on.
func (h *Handler) Close(ctx context.Context) error {
	h.stopOnce.Do(func() { close(h.stopping) })
	gone := make(chan struct{})
	go func() {
		h.sockets.Wait()
		h.shelf.close()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("streams and sockets are still open: %w", ctx.Err())
	}
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := h.Now()
	host := h.hosts.classify(r.Host)
	if host == hostApp && h.shelf.serve(w, r, started) {
		return
	}
	info := &requestInfo{id: h.ids.next()}
	r = r.WithContext(context.WithValue(r.Context(), infoKey{}, info))
	rec := &recorder{ResponseWriter: w}
	defer h.finish(rec, r, info, started)
	switch {
	case host == hostPreview:
		info.route = "preview"
		h.proxy.ServeHTTP(rec, r)
	case host == hostApp, isHealth(r.URL.Path):
		h.headers.set(rec.Header(), info.id)
		h.echo.ServeHTTP(rec, r)
	default:
		h.headers.set(rec.Header(), info.id)
		h.fail(errMisdirected(), h.echo.NewContext(r, rec))
	}
}

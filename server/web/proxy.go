package web

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pattarai/server/fault"
)

// Limits of previews.
const (
	maxPreviewBody    = 10 << 20
	maxPreviewsAtOnce = 512
	previewTimeout    = 60 * time.Second // Until an upstream begins to answer.
)

// previewProxy shows ports of labs on hosts of their own, so that nothing in a lab
// shares an origin with the lessons.
type previewProxy struct {
	h     *Handler
	proxy *httputil.ReverseProxy
	slots chan struct{}
}

// destination is where one request goes. It is decided from the database and the
// topology; a transport dials nothing else.
type destination struct {
	upstream Upstream
	host     previewHost
	lesson   string
}

type destinationKey struct{}

func newPreviewProxy(h *Handler) *previewProxy {
	p := &previewProxy{h: h, slots: make(chan struct{}, maxPreviewsAtOnce)}
	p.proxy = &httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		ModifyResponse: func(r *http.Response) error { cleanAnswer(r.Header); return nil },
		ErrorHandler:   p.failed,
		ErrorLog:       log.New(&slogWriter{h.Log}, "", 0),
		FlushInterval:  -1,
		Transport: &http.Transport{
			DialContext:            dialDestination,
			DisableKeepAlives:      true, // A connection is never shared, so requests cannot be smuggled to another lab.
			DisableCompression:     true,
			ResponseHeaderTimeout:  previewTimeout,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return p
}

// dialDestination connects to the port that the request's destination names,
// whatever address it is asked for.
func dialDestination(ctx context.Context, _, _ string) (net.Conn, error) {
	d, ok := ctx.Value(destinationKey{}).(destination)
	if !ok {
		return nil, errors.New("a preview without a destination")
	}
	return d.upstream.DialPort(ctx, d.host.node, d.host.port)
}

// ServeHTTP answers a request for a preview's host.
func (p *previewProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, answered, err := p.admit(w, r)
	if err != nil {
		p.refuse(w, r, d, err)
	}
	if answered || err != nil {
		return
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	default:
		p.refuse(w, r, d, fault.New(fault.Full, "previews_full", "Too many previews load at once.", "Reload in a moment."))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPreviewBody)
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	p.proxy.ServeHTTP(&patientWriter{ResponseWriter: w}, r.WithContext(context.WithValue(r.Context(), destinationKey{}, d)))
}

// admit finds out whose preview a request is for. answered says that the request
// was a first visit and has been redirected.
func (p *previewProxy) admit(w http.ResponseWriter, r *http.Request) (d destination, answered bool, err error) {
	if r.Method == http.MethodTrace || r.Method == http.MethodConnect {
		return d, false, httpFault(http.StatusMethodNotAllowed, "method_not_allowed", "That method is not passed on.", "")
	}
	name := hostName(r.Host)
	host, ok := parsePreviewHost(name, p.h.hosts.previewSuffix)
	if !ok {
		return d, false, fault.New(fault.NotFound, "no_preview", "No preview has that name; previews are p-<port>-<node>-<lab>, of the ports that a lesson declares.", "Open the preview from its lesson.")
	}
	d.host = host
	if code := r.URL.Query().Get(codeParam); code != "" {
		if t, ok := p.h.codes.take(code); ok && t.host == name {
			p.enter(w, r, t)
			return d, true, nil
		}
	}
	pass, ok := p.h.pass(r, name)
	if !ok || pass.lab != host.lab {
		return d, false, fault.New(fault.NotFound, "no_preview", "This preview is not open in this browser.", "Open it from its lesson; each link works once.")
	}
	d.lesson = pass.lesson
	infoOf(r.Context()).learner = pass.learner
	if d.upstream, err = p.h.Previews.Preview(r.Context(), pass.learner, host.lab); err != nil {
		if fault.Of(err).Kind == fault.NotFound {
			err = errAsleep() // It was there when the pass was made.
		}
		return d, false, err
	}
	_, err = declaredPort(d.upstream.Topology(), host.node, host.port)
	return d, false, err
}

// enter trades a one-time code for a cookie of the preview's own host.
func (p *previewProxy) enter(w http.ResponseWriter, r *http.Request, t ticket) {
	http.SetCookie(w, p.h.passCookie(t))
	clean := url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: withoutCode(r.URL.Query())}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", "/"+strings.TrimLeft(clean.String(), "/")) // "//host" would leave this host.
	w.WriteHeader(http.StatusSeeOther)
}

func withoutCode(query url.Values) string {
	query.Del(codeParam)
	return query.Encode()
}

// rewrite makes the request that the upstream sees.
func (p *previewProxy) rewrite(pr *httputil.ProxyRequest) {
	d, _ := pr.In.Context().Value(destinationKey{}).(destination)
	pr.Out.URL.Scheme = "http"
	pr.Out.URL.Host = d.host.node + "." + d.host.lab + ":" + strconv.Itoa(d.host.port) // For errors only; see dialDestination.
	pr.Out.Host = pr.In.Host
	pr.SetXForwarded()
	stripOurCookies(pr.Out.Header)
}

// stripOurCookies removes what belongs to pattarai from a request for a lab.
func stripOurCookies(h http.Header) {
	cookies := (&http.Request{Header: h}).Cookies()
	h.Del("Cookie")
	var kept []string
	for _, cookie := range cookies {
		if !ourCookie(cookie.Name) {
			kept = append(kept, cookie.Name+"="+cookie.Value)
		}
	}
	if len(kept) > 0 {
		h.Set("Cookie", strings.Join(kept, "; "))
	}
}

// ourCookie tells whether a cookie is one that only pattarai may set and see.
func ourCookie(name string) bool {
	for _, prefix := range []string{"__Host-", "__Secure-"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return strings.HasPrefix(strings.ToLower(name), "pattarai")
}

// cleanAnswer takes from an upstream's answer what would reach beyond its own host.
func cleanAnswer(h http.Header) {
	cookies := (&http.Response{Header: h}).Cookies()
	h.Del("Set-Cookie")
	for _, cookie := range cookies {
		if cookie.Domain = ""; !ourCookie(cookie.Name) {
			h.Add("Set-Cookie", cookie.String())
		}
	}
	for _, name := range []string{"Strict-Transport-Security", "Alt-Svc", "Public-Key-Pins", "Report-To", "Nel", "Clear-Site-Data"} {
		h.Del(name)
	}
}

// failed answers when the upstream did not.
func (p *previewProxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	d, _ := r.Context().Value(destinationKey{}).(destination)
	var tooLarge *http.MaxBytesError
	if !errors.As(err, &tooLarge) {
		err = &httpError{fault.Wrap(err, fault.Unavailable, "no_answer", "Nothing in the lab answers on this port now.", "Look at the node on the lesson's page, then reload."), http.StatusBadGateway}
	}
	p.refuse(w, r, d, err)
}

// patientWriter gives every write its own time, as long as the reader reads.
type patientWriter struct{ http.ResponseWriter }

// Unwrap lets http.ResponseController reach the connection.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(3 * writeDeadline)) //nolint:forbidigo // The connection's clock.
	return w.ResponseWriter.Write(p)
}

// slogWriter puts lines of the standard logger into the structured log.
type slogWriter struct{ log *slog.Logger }

func (w *slogWriter) Write(p []byte) (int, error) {
	w.log.Warn("preview", "message", strings.TrimSpace(string(p)))
	return len(p), nil
}

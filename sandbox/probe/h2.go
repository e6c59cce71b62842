package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// h2 speaks HTTP/2 over one connection.
type h2 struct {
	transport *http.Transport
	taken     atomic.Bool
}

// errOneConnection stops the transport from opening connections of its own.
var errOneConnection = errors.New("the connection was closed")

func newH2(secured *tls.Conn) *h2 {
	h := &h2{}
	h.transport = &http.Transport{
		ForceAttemptHTTP2: true, DisableCompression: true, MaxResponseHeaderBytes: maxHead,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			if h.taken.Swap(true) {
				return nil, errOneConnection
			}
			return secured, nil
		},
	}
	return h
}

// exchange sends a request and reads its answer.
func (h *h2) exchange(ctx context.Context, c *caller, m message) (HTTPAnswer, error) {
	req, err := m.http2(ctx, c.to)
	if err != nil {
		return HTTPAnswer{}, err
	}
	res, err := h.transport.RoundTrip(req)
	if err != nil {
		return HTTPAnswer{}, err
	}
	defer res.Body.Close()
	kept, err := readBody(io.LimitReader(res.Body, maxAnswer))
	return c.answer(res, kept), err
}

// http2 is the message as a request of the standard library, its path as written.
func (m message) http2(ctx context.Context, to target) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, m.method, "https://"+to.authority+"/", strings.NewReader(m.body))
	if err != nil {
		return nil, err
	}
	req.URL = &url.URL{Scheme: "https", Host: to.authority, Opaque: m.path}
	if strings.HasPrefix(m.path, "//") {
		req.URL.Opaque = "" // Opaque would take it for a host.
		req.URL.Path, req.URL.RawPath = m.path, m.path
	}
	req.Host = headerValue(m.headers, "Host", to.authority)
	req.Header.Set("User-Agent", userAgent)
	for name, value := range m.headers {
		if !strings.EqualFold(name, "Host") {
			req.Header.Set(name, value)
		}
	}
	return req, nil
}

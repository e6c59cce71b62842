package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxHops bounds how many redirects are followed.
const maxHops = 10

// errHops is a chain of redirects without an end.
var errHops = errors.New("too many redirects")

// chase follows redirects up to the last answer or the bound; the chain stays.
func (c *caller) chase(ctx context.Context, m message, answer HTTPAnswer, deadline time.Time) (HTTPAnswer, error) {
	to, hops := c.to, []Hop(nil)
	to.path = m.path
	for {
		location := first(answer.Headers, "Location")
		if !leads(answer.Status) || location == "" {
			answer.Hops = hops
			if len(hops) > 0 {
				answer.URL = to.url()
				c.close() // It leads elsewhere than the next request.
			}
			return answer, nil
		}
		hops = append(hops, Hop{URL: to.url(), Status: answer.Status, Location: cut(location, maxName)})
		if len(hops) > c.follow {
			return HTTPAnswer{Hops: hops}, fmt.Errorf("%w: %d", errHops, len(hops))
		}
		next, err := to.next(location)
		if err != nil {
			return HTTPAnswer{Hops: hops}, err
		}
		if m, err = m.again(next, to, answer.Status); err != nil {
			return HTTPAnswer{Hops: hops}, err
		}
		c.close() // The connection that was kept leads elsewhere.
		if answer, err = c.roundTrip(ctx, next, m, deadline); err != nil {
			answer.Hops = hops
			return answer, err
		}
		to = next
	}
}

func leads(status int) bool {
	return status == http.StatusMovedPermanently || status == http.StatusFound || status == http.StatusSeeOther ||
		status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
}

// errRedirect is a redirect that cannot be followed.
var errRedirect = errors.New("the redirect leads nowhere")

// next is where a Location leads. The name that the request was for leads to the
// same node, whatever that is called.
func (t target) next(location string) (target, error) {
	base, err := url.Parse(t.url())
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", errRedirect, err)
	}
	u, err := base.Parse(location)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return target{}, fmt.Errorf("%w: %s", errRedirect, cut(location, maxName))
	}
	port := portHTTP
	if u.Scheme == "https" {
		port = portHTTPS
	}
	node := u.Hostname()
	if strings.EqualFold(node, hostname(t.name)) {
		node = hostname(t.address)
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return target{u.Scheme == "https", u.Host, u.Host, net.JoinHostPort(node, orElse(u.Port(), port)), path}, nil
}

// url is the target as one would type it.
func (t target) url() string {
	scheme := "http://"
	if t.secure {
		scheme = "https://"
	}
	return scheme + t.name + t.path
}

// again is the message that follows a redirect: without its body and method, as
// browsers do, unless the status says that they stay.
func (m message) again(to, from target, status int) (message, error) {
	spec := HTTPSpec{Headers: map[string]string{}}
	for name, value := range m.headers {
		if !strings.EqualFold(name, "Host") && !strings.EqualFold(name, "Content-Length") && !strings.EqualFold(name, "Content-Type") {
			spec.Headers[name] = value
		}
	}
	if status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect {
		spec.Method, spec.Body = m.method, m.body
	} else if m.method == http.MethodHead {
		spec.Method = m.method
	}
	if !strings.EqualFold(hostname(to.authority), hostname(from.name)) {
		delete(spec.Headers, "Cookie")
		delete(spec.Headers, "Authorization")
	}
	return compose(to, spec, HTTPVariant{})
}

func first(headers map[string][]string, name string) string {
	if values := http.Header(headers)[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

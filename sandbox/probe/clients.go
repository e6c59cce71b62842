package probe

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Bounds of clients.
const (
	maxClients = 100
	maxCookies = 20 // Kept per client.
)

// How clients may differ.
const (
	byCookie = "cookie"
	bySource = "source"
)

// visitor is one of several clients that take turns.
type visitor struct {
	mu      sync.Mutex
	source  string // Address to send from; "" leaves it to the kernel.
	header  string // Name of the header that tells it from others; "" for none.
	value   string
	cookies map[string]string // Nil when it keeps none.
}

// newClients are the clients that a spec asks for.
func newClients(spec HTTPSpec) []*visitor {
	n := spec.Clients
	if n == 0 {
		n = len(spec.Sources)
	}
	var all []*visitor
	for i := range n {
		v := &visitor{}
		if len(spec.Sources) > 0 {
			v.source = spec.Sources[i%len(spec.Sources)]
		}
		if spec.ClientBy == byCookie {
			v.cookies = map[string]string{}
		}
		if name, ok := strings.CutPrefix(spec.ClientBy, "header:"); ok {
			v.header, v.value = name, fmt.Sprintf("client-%d", i+1)
		}
		all = append(all, v)
	}
	return all
}

func checkClientBy(s HTTPSpec) error {
	for _, source := range s.Sources {
		if net.ParseIP(source) == nil {
			return fmt.Errorf("source %q is no address", source)
		}
	}
	name, header := strings.CutPrefix(s.ClientBy, "header:")
	switch {
	case s.Clients == 0 && s.ClientBy != "":
		return errors.New("client_by without clients")
	case s.ClientBy == bySource && len(s.Sources) < s.Clients:
		return fmt.Errorf("%d sources for %d clients; each needs one", len(s.Sources), s.Clients)
	case s.ClientBy == "", s.ClientBy == byCookie, s.ClientBy == bySource, header && name != "":
		return nil
	}
	return fmt.Errorf("client_by %q; use %s, %s or header:NAME", s.ClientBy, byCookie, bySource)
}

// dress is a request as this client sends it.
func (v *visitor) dress(variant HTTPVariant, common map[string]string) HTTPVariant {
	headers := maps.Clone(variant.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	if v.header != "" {
		headers[v.header] = v.value
	}
	if len(v.cookies) > 0 {
		var pairs []string
		if own := orElse(variant.Headers["Cookie"], common["Cookie"]); own != "" {
			pairs = append(pairs, own)
		}
		for _, name := range slices.Sorted(maps.Keys(v.cookies)) {
			pairs = append(pairs, name+"="+v.cookies[name])
		}
		headers["Cookie"] = strings.Join(pairs, "; ")
	}
	variant.Headers = headers
	return variant
}

// keep takes the cookies of an answer.
func (v *visitor) keep(headers map[string][]string) {
	if v.cookies == nil {
		return
	}
	for _, line := range http.Header(headers).Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		switch {
		case err != nil:
		case cookie.MaxAge < 0 || cookie.Value == "":
			delete(v.cookies, cookie.Name)
		case len(v.cookies) < maxCookies:
			v.cookies[cookie.Name] = cookie.Value
		}
	}
}

// sources collects where connections came from. It is safe for concurrent use.
type sources struct {
	mu   *sync.Mutex
	seen map[string]bool
}

func newSources() sources { return sources{mu: &sync.Mutex{}, seen: map[string]bool{}} }

func (s sources) add(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) < maxClients {
		s.seen[address] = true
	}
}

func (s sources) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.seen))
}

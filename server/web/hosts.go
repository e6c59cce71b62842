package web

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// hostKind is what a Host header asks for.
type hostKind int

const (
	hostUnknown hostKind = iota
	hostApp
	hostPreview
)

// hosts is the list of host names that are answered. Anything else may be another
// site's name that resolves to us (DNS rebinding), and is misdirected.
type hosts struct {
	app              []string
	previewSuffix    string // "." + domain, or "".
	previewAuthority string // Domain with the port of the base URL.
}

func newHosts(base *url.URL, previewDomain string, more []string) hosts {
	h := hosts{app: append([]string{"localhost", "127.0.0.1", "::1", strings.ToLower(base.Hostname())}, more...)}
	if previewDomain == "" {
		return h
	}
	h.previewSuffix = "." + previewDomain
	h.previewAuthority = previewDomain
	if port := base.Port(); port != "" {
		h.previewAuthority += ":" + port
	}
	return h
}

func (h hosts) classify(host string) hostKind {
	name := hostName(host)
	switch {
	case slices.Contains(h.app, strings.ToLower(name)):
		return hostApp
	case h.previewSuffix != "" && strings.HasSuffix(strings.ToLower(name), h.previewSuffix):
		return hostPreview
	default:
		return hostUnknown
	}
}

// local tells whether host names this machine itself.
func local(host string) bool {
	name := hostName(host)
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

// hostName is host without its port and brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

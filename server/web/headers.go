package web

import (
	"net/http"
	"strings"
)

// fixedHeaders are headers that every answer of the app carries, as ready-made
// values in canonical form.
type fixedHeaders map[string][]string

func (f fixedHeaders) set(h http.Header, request string) {
	for key, values := range f {
		h[key] = values
	}
	h["X-Request-Id"] = []string{request}
}

// securityHeaders are chosen for pages that load only what this server serves.
// docs/adr/0006-content-security-policy.md says why styles are not stricter.
func (h *Handler) securityHeaders() fixedHeaders {
	app := h.BaseURL.Scheme + "://" + h.BaseURL.Host
	frames := "'none'"
	if h.PreviewDomain != "" {
		frames = h.BaseURL.Scheme + "://*." + h.hosts.previewAuthority
	}
	policy := []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:", "font-src 'self'",
		"connect-src 'self' " + strings.Replace(app, "http", "ws", 1), "frame-src " + frames, "manifest-src 'self'",
		"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'",
	}
	headers := fixedHeaders{
		"Content-Security-Policy":    {strings.Join(policy, "; ")},
		"X-Content-Type-Options":     {"nosniff"},
		"X-Frame-Options":            {"DENY"},
		"Referrer-Policy":            {"same-origin"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
		"Permissions-Policy":         {"camera=(), microphone=(), geolocation=()"},
	}
	if h.BaseURL.Scheme == "https" {
		headers["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return headers
}

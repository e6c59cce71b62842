package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pattarai/server/fault"
)

const (
	passCookieName = "pattarai-preview"
	passAge        = 12 * time.Hour
)

// passCookie lets a browser into one preview host. It is signed, not stored, so it
// outlives a restart of the server; the lab's owner is looked up at every request.
func (h *Handler) passCookie(t ticket) *http.Cookie {
	expires := strconv.FormatInt(h.Now().Add(passAge).Unix(), 10)
	text := base64.RawURLEncoding.EncodeToString([]byte(strings.Join([]string{t.learner, t.lesson, t.lab, expires}, "\x00")))
	cookie := &http.Cookie{
		Name: passCookieName, Value: text + "." + h.sign(t.host, text), Path: "/", MaxAge: int(passAge.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if h.framable() { // Inside the lesson's page, which is another site.
		cookie.SameSite, cookie.Secure, cookie.Partitioned = http.SameSiteNoneMode, true, true
	}
	return cookie
}

// framable tells whether browsers keep a Secure cookie of a preview: over HTTPS, or
// on this machine itself.
func (h *Handler) framable() bool {
	return h.BaseURL.Scheme == "https" || h.PreviewDomain == "localhost"
}

// pass reads the cookie of a preview host.
func (h *Handler) pass(r *http.Request, host string) (t ticket, ok bool) {
	cookie, err := r.Cookie(passCookieName)
	if err != nil {
		return t, false
	}
	text, signature, _ := strings.Cut(cookie.Value, ".")
	if !hmac.Equal([]byte(signature), []byte(h.sign(host, text))) {
		return t, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return t, false
	}
	parts := strings.Split(string(raw), "\x00")
	if len(parts) != 4 {
		return t, false
	}
	expires, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || h.Now().Unix() >= expires {
		return t, false
	}
	return ticket{learner: parts[0], lesson: parts[1], lab: parts[2], host: host}, true
}

func (h *Handler) sign(host, text string) string {
	mac := hmac.New(sha256.New, h.Secret)
	mac.Write([]byte("preview\x00" + host + "\x00" + text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// refusal is the page of a preview that cannot be shown. It stands on its own: a
// preview's host has none of our files.
var refusal = template.Must(template.New("refusal").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{{.Message}}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}</style>
<h1>{{.Message}}</h1><p>{{.Fix}}</p>{{with .Lesson}}<p><a href="{{.}}" target="_top">Go to the lesson</a></p>{{end}}
<p><small>{{.Request}}</small></p></html>
`))

// refuse answers for a preview that cannot be shown.
func (p *previewProxy) refuse(w http.ResponseWriter, r *http.Request, d destination, err error) {
	info := infoOf(r.Context())
	info.err = err
	status, f := failure(err)
	view := struct{ Message, Fix, Lesson, Request string }{Message: f.Message, Fix: f.Fix, Request: info.id}
	if d.lesson != "" {
		view.Lesson = p.h.BaseURL.Scheme + "://" + p.h.BaseURL.Host + lessonURL(d.lesson)
	}
	header := w.Header()
	header.Set("Content-Type", htmlType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	if f.Kind == fault.Unavailable {
		header.Set("Retry-After", "5")
	}
	w.WriteHeader(status)
	_ = refusal.Execute(w, view)
}

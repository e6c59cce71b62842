package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pattarai/server/labs"
	"pattarai/server/web"
)

// previewSite is a site with a running lab whose port is served by upstream.
func previewSite(t *testing.T, upstream http.HandlerFunc) (*site, *http.Client, string) {
	t.Helper()
	s := newSite(t)
	back := httptest.NewServer(upstream)
	t.Cleanup(back.Close)
	s.labs.upstream, _ = url.Parse(back.URL)
	client := s.learner(t)
	s.do(t, client, "POST", "/api/lessons/demo/first/lab", `{"action":"start"}`)
	got := s.do(t, client, "POST", "/api/lessons/demo/first/preview", `{"node":"haproxy","port":80}`)
	_, rest, ok := strings.Cut(got.body, `"url":"`)
	if !ok {
		t.Fatalf("no preview: %d %s", got.status, got.body)
	}
	return s, client, strings.NewReplacer(`\u0026`, "&").Replace(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), `"}`)))
}

// enter follows a preview's first link and returns its clean address and cookie.
func enter(t *testing.T, s *site, client *http.Client, link string) (home, pass string) {
	t.Helper()
	got := s.do(t, client, "GET", link, "")
	if got.status != http.StatusSeeOther || strings.Contains(got.header.Get("Location"), "code") {
		t.Fatalf("first visit: %d to %q: %s", got.status, got.header.Get("Location"), got.body)
	}
	cookie := got.header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || strings.Contains(cookie, "Domain=") {
		t.Fatalf("cookie %q", cookie)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	pass, _, _ = strings.Cut(cookie, ";")
	return u.Scheme + "://" + u.Host, pass
}

func TestPreviewKeepsOriginsApart(t *testing.T) {
	t.Parallel()
	s, client, link := previewSite(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "theirs=1; Domain=localhost; Path=/")
		w.Header().Add("Set-Cookie", "pattarai=stolen; Path=/")
		w.Header().Set("Strict-Transport-Security", "max-age=1")
		w.Header().Set("X-Frame-Options", "DENY")
		fmt.Fprintf(w, "%s %s cookies=%q", r.Method, r.URL, r.Header.Get("Cookie"))
	})
	home, pass := enter(t, s, client, link)
	got := s.do(t, client, "GET", home+"/shop?q=1", "", "Cookie", pass+"; pattarai=mylogin; __Host-pattarai=mylogin; theirs=1")
	if got.status != 200 || got.body != `GET /shop?q=1 cookies="theirs=1"` {
		t.Errorf("%d %s", got.status, got.body)
	}
	if cookies := got.header.Values("Set-Cookie"); len(cookies) != 1 || cookies[0] != "theirs=1; Path=/" {
		t.Errorf("cookies %q", cookies)
	}
	if got.header.Get("Strict-Transport-Security") != "" || got.header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("headers %v", got.header)
	}
	if again := s.do(t, s.browser(t), "GET", link, ""); again.status != http.StatusNotFound {
		t.Errorf("the link works twice: %d", again.status)
	}
	if got := s.do(t, s.browser(t), "GET", home+"/", ""); got.status != http.StatusNotFound || strings.Contains(got.body, "cookies=") {
		t.Errorf("without the cookie: %d %s", got.status, got.body)
	}
	elsewhere := strings.Replace(home, "p-80-haproxy", "p-81-haproxy", 1)
	if got := s.do(t, client, "GET", elsewhere+"/", "", "Cookie", pass); got.status != http.StatusNotFound {
		t.Errorf("the cookie opens another port: %d", got.status)
	}
	if got := s.do(t, client, "GET", home+"/api/lessons/demo/first/state", "", "Cookie", pass); strings.Contains(got.body, "learner") {
		t.Errorf("the preview's host answers for the app: %s", got.body)
	}
}

func TestPreviewDialsNothingElse(t *testing.T) {
	t.Parallel()
	s, client, link := previewSite(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/inside", http.StatusFound)
	})
	home, pass := enter(t, s, client, link)
	got := s.do(t, client, "GET", home+"/", "", "Cookie", pass, "X-Forwarded-Host", "127.0.0.1:22", "Forwarded", "host=127.0.0.1")
	if got.status != http.StatusFound || got.header.Get("Location") != "http://127.0.0.1:1/inside" {
		t.Errorf("a redirect was not left alone: %d %v", got.status, got.header)
	}
	s.labs.mu.Lock()
	if len(s.labs.dials) != 1 || s.labs.dials[0] != "haproxy" {
		t.Errorf("dialled %v", s.labs.dials)
	}
	s.labs.mu.Unlock()
	if got := s.do(t, client, "TRACE", home+"/", "", "Cookie", pass); got.status != http.StatusMethodNotAllowed {
		t.Errorf("TRACE: %d", got.status)
	}
}

func TestPreviewOfASleepingLab(t *testing.T) {
	t.Parallel()
	s, client, link := previewSite(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up") })
	home, pass := enter(t, s, client, link)
	s.labs.mu.Lock()
	for key, v := range s.labs.views {
		v.State = labs.Ended
		s.labs.views[key] = v
	}
	s.labs.mu.Unlock()
	got := s.do(t, client, "GET", home+"/", "", "Cookie", pass)
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "asleep") || !strings.Contains(got.body, "/lessons/demo/first") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestPreviewHosts(t *testing.T) {
	t.Parallel()
	good := map[string]struct {
		port      int
		node, lab string
	}{
		"p-80-haproxy-aaaabbbb.localhost":         {80, "haproxy", "aaaabbbb"},
		"p-8080-app-one-2-aaaabbbb1234.localhost": {8080, "app-one-2", "aaaabbbb1234"},
	}
	for name, want := range good {
		port, node, lab, ok := web.ParsePreviewHost(name)
		if !ok || port != want.port || node != want.node || lab != want.lab {
			t.Errorf("%s: %d %s %s %v", name, port, node, lab, ok)
		}
	}
	s := newSite(t)
	for _, name := range []string{
		"p-0-haproxy-aaaabbbb", "p-65536-haproxy-aaaabbbb", "p-080-haproxy-aaaabbbb", "p--1-haproxy-aaaabbbb", "p-80-haproxy-short",
		"P-80-haproxy-aaaabbbb", "p-80-HAPROXY-aaaabbbb", "p-80--aaaabbbb", "p-80-aaaabbbb", "p-80", "p-", "p", "xn--p-80-haproxy-aaaabbbb",
		"p-80-127.0.0.1-aaaabbbb", "a.p-80-haproxy-aaaabbbb", "p-80-haproxy-aaaabbbb.evil", "p-80-hap_roxy-aaaabbbb", "p-80-9node-aaaabbbb", "p-+80-haproxy-aaaabbbb",
	} {
		if _, _, _, ok := web.ParsePreviewHost(name + ".localhost"); ok {
			t.Errorf("%s is taken", name)
		}
		got := s.do(t, s.browser(t), "GET", "/", "", "Host", name+".localhost")
		if got.status != http.StatusNotFound && got.status != http.StatusBadRequest || !strings.Contains(got.body, "ports that a lesson declares") && got.status == http.StatusNotFound {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func FuzzPreviewHost(f *testing.F) {
	f.Add("p-80-haproxy-aaaabbbb.localhost")
	f.Add("p-22-x-@.localhost")
	f.Fuzz(func(t *testing.T, name string) {
		port, node, lab, ok := web.ParsePreviewHost(name)
		if ok && name != fmt.Sprintf("p-%d-%s-%s.localhost", port, node, lab) {
			t.Errorf("%q has a second spelling", name)
		}
	})
}

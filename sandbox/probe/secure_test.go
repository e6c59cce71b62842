package probe_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"pattarai/sandbox/probe"
)

// secured serves TLS with the standard library's test certificate, which is for
// example.com and 127.0.0.1, and gives its certificate as PEM.
func secured(t *testing.T, h2 bool) (url, ca string) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %s", r.Proto, r.Host, r.RequestURI, r.TLS.ServerName)
	}))
	s.EnableHTTP2 = h2
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	block := &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}
	return s.URL, string(pem.EncodeToMemory(block))
}

func TestTLS(t *testing.T) {
	url, ca := secured(t, true)
	for name, test := range map[string]struct {
		spec   probe.TLSSpec
		host   string
		status int
		says   string // In the body, or the error.
		sees   func(probe.TLSSeen) bool
	}{
		"trusted":     {probe.TLSSpec{CA: ca}, "", 200, "HTTP/1.1", func(s probe.TLSSeen) bool { return s.Trusted && s.Version == "1.3" && s.Why == "" }},
		"nobody":      {probe.TLSSpec{}, "", 0, "not trusted: nobody that is trusted has signed it", func(s probe.TLSSeen) bool { return !s.Trusted }},
		"insecure":    {probe.TLSSpec{Insecure: true}, "", 200, "HTTP/1.1", func(s probe.TLSSeen) bool { return !s.Trusted && s.Why != "" }},
		"other name":  {probe.TLSSpec{CA: ca, ServerName: "shop.test"}, "", 0, "it is not for shop.test", func(s probe.TLSSeen) bool { return slices.Contains(s.Names, "example.com") }},
		"server name": {probe.TLSSpec{CA: ca, ServerName: "example.com"}, "", 200, "/a//b?c=%64 example.com", nil},
		"host header": {probe.TLSSpec{CA: ca}, "example.com", 200, "example.com /a//b?c=%64 example.com", nil},
		"http/2":      {probe.TLSSpec{CA: ca, ALPN: []string{"h2", "http/1.1"}}, "example.com", 200, "HTTP/2.0 example.com /a//b?c=%64", func(s probe.TLSSeen) bool { return s.ALPN == "h2" }},
		"old":         {probe.TLSSpec{CA: ca, MaxVersion: "1.2"}, "", 200, "", func(s probe.TLSSeen) bool { return s.Version == "1.2" }},
	} {
		t.Run(name, func(t *testing.T) {
			headers := map[string]string{}
			if test.host != "" {
				headers["Host"] = test.host
			}
			seen := lookHTTP(t, probe.HTTPSpec{URL: url + "/a//b?c=%64", Headers: headers, TLS: &test.spec, Record: 1})
			a := seen.Samples[0]
			if a.Status != test.status || !strings.Contains(a.Body+a.Error, test.says) {
				t.Errorf("%d %q %q", a.Status, a.Body, a.Error)
			}
			if seen.TLS == nil || test.sees != nil && !test.sees(*seen.TLS) {
				t.Errorf("saw %+v", seen.TLS)
			}
		})
	}
}

// TestTLSKept sends many requests over one connection each way.
func TestTLSKept(t *testing.T) {
	url, ca := secured(t, true)
	for _, proto := range []string{"h2", "http/1.1"} {
		seen := lookHTTP(t, probe.HTTPSpec{URL: url, TLS: &probe.TLSSpec{CA: ca, ALPN: []string{proto}}, Requests: 50, KeepAlive: true})
		if seen.Sent != 50 || seen.Failed != 0 {
			t.Errorf("%s: sent %d, failed %d: %v", proto, seen.Sent, seen.Failed, seen.Errors)
		}
	}
}

// TestNotTLS tells plain HTTP from TLS, and a refused version from both.
func TestNotTLS(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	strict := httptest.NewUnstartedServer(http.NotFoundHandler())
	strict.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	strict.Config.ErrorLog = log.New(io.Discard, "", 0)
	strict.StartTLS()
	t.Cleanup(strict.Close)
	for url, says := range map[string]string{
		strings.Replace(plain.URL, "http:", "https:", 1): "the answer is not TLS",
		strict.URL: "the TLS handshake was refused: protocol version not supported",
	} {
		seen := lookHTTP(t, probe.HTTPSpec{URL: url, TLS: &probe.TLSSpec{Insecure: true, MaxVersion: "1.2"}, Record: 1})
		if got := seen.Samples[0].Error; got != says {
			t.Errorf("%q, want %q", got, says)
		}
	}
}

func TestRedirects(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/old":
			http.Redirect(w, r, "/new?x=1", http.StatusMovedPermanently)
		case "/named":
			http.Redirect(w, r, "http://"+r.Host+"/new", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/ftp":
			w.Header().Set("Location", "ftp://x/")
			w.WriteHeader(http.StatusFound)
		default:
			fmt.Fprintf(w, "%s %s", r.Method, r.URL)
		}
	}))
	t.Cleanup(s.Close)
	for name, test := range map[string]struct {
		path, method string
		follow       int
		status, hops int
		says         string
	}{
		"not followed": {"/old", "GET", 0, 301, 0, "Moved"},
		"followed":     {"/old", "GET", 3, 200, 1, "GET /new?x=1"},
		"a form":       {"/old", "POST", 3, 200, 1, "GET /new?x=1"},
		"method stays": {"/named", "POST", 3, 200, 1, "POST /new"},
		"for ever":     {"/loop", "GET", 3, 0, 4, "too many redirects: 4"},
		"elsewhere":    {"/ftp", "GET", 3, 0, 1, "the redirect leads nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			headers := map[string]string{}
			if test.path == "/named" {
				headers["Host"] = "shop.test" + s.URL[strings.LastIndexByte(s.URL, ':'):]
			}
			a := lookHTTP(t, probe.HTTPSpec{URL: s.URL + test.path, Method: test.method, Headers: headers, Follow: test.follow, Record: 1}).Samples[0]
			if a.Status != test.status || len(a.Hops) != test.hops || !strings.Contains(a.Body+a.Error, test.says) {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestClients lets clients take turns before a server that tells them apart.
func TestClients(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("who")
		if err != nil {
			c = &http.Cookie{Name: "who", Value: r.RemoteAddr}
			http.SetCookie(w, c)
		}
		host := r.RemoteAddr[:strings.LastIndexByte(r.RemoteAddr, ':')]
		w.Header().Set("X-Source", host)
		w.Header().Set("X-User-Was", r.Header.Get("X-User"))
		fmt.Fprint(w, c.Value)
	}))
	t.Cleanup(s.Close)
	for name, test := range map[string]struct {
		spec     probe.HTTPSpec
		distinct int
	}{
		"cookies": {probe.HTTPSpec{Clients: 3, ClientBy: "cookie", By: "body"}, 3},
		"none":    {probe.HTTPSpec{By: "body"}, 12},
		"header":  {probe.HTTPSpec{Clients: 4, ClientBy: "header:X-User", By: "header:X-User-Was"}, 4},
		"sources": {probe.HTTPSpec{Sources: []string{"127.0.0.1", "127.0.0.7"}, By: "header:X-Source"}, 2},
		"each":    {probe.HTTPSpec{Clients: 2, ClientBy: "source", Sources: []string{"127.0.0.2", "127.0.0.3"}, By: "header:X-Source"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			test.spec.URL, test.spec.Requests = s.URL, 12
			seen := lookHTTP(t, test.spec)
			if len(seen.Servers) != test.distinct || seen.Failed > 0 {
				t.Errorf("%v, failed %d", seen.Servers, seen.Failed)
			}
			if n := len(test.spec.Sources); n > 0 && !slices.Equal(seen.Sources, test.spec.Sources) {
				t.Errorf("came from %v", seen.Sources)
			}
			for i, name := range seen.Order {
				if n := test.spec.Clients; n > 0 && name != seen.Order[i%n] {
					t.Errorf("request %d was taken for %s", i, name)
				}
			}
		})
	}
}

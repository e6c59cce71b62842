package probe_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/probe"
)

// look runs a probe and gives its result.
func look[Seen any](t *testing.T, kind string, spec any) Seen {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := probe.Run(t.Context(), kind, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	return seen.(Seen)
}

func lookHTTP(t *testing.T, spec probe.HTTPSpec) probe.HTTPSeen {
	t.Helper()
	return look[probe.HTTPSeen](t, probe.KindHTTP, spec)
}

// balancer answers as app1, app2 and app3 by the weights 2 : 1 : 3.
func balancer(t *testing.T) string {
	var n atomic.Int64
	order := []string{"app1", "app3", "app1", "app3", "app2", "app3"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := order[int(n.Add(1)-1)%len(order)]
		w.Header().Set("X-Served-By", name)
		fmt.Fprintf(w, "%s\nsays hello\n", name)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestSharesAndOrder(t *testing.T) {
	want := map[string]int{"app1": 200, "app2": 100, "app3": 300}
	for _, by := range []string{"body", "header:X-Served-By"} {
		t.Run(by, func(t *testing.T) {
			seen := lookHTTP(t, probe.HTTPSpec{URL: balancer(t), Requests: 600, By: by})
			if diff := cmp.Diff(want, seen.Servers); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"app1", "app3", "app1", "app3", "app2", "app3", "app1"}, seen.Order[:7]); diff != "" || len(seen.Order) != 600 {
				t.Errorf("order of %d: %s", len(seen.Order), diff)
			}
			if seen.Sent != 600 || seen.Failed != 0 || seen.Statuses[200] != 600 {
				t.Errorf("sent %d, failed %d, statuses %v", seen.Sent, seen.Failed, seen.Statuses)
			}
			if seen.P50 <= 0 || seen.P50 > seen.P95 || seen.P95 > seen.Max || seen.Max > seen.Elapsed {
				t.Errorf("times %s, %s, %s in %s", seen.P50, seen.P95, seen.Max, seen.Elapsed)
			}
		})
	}
}

func TestConcurrentSharesAreExact(t *testing.T) {
	seen := lookHTTP(t, probe.HTTPSpec{URL: balancer(t), Requests: 600, Concurrency: 20, KeepAlive: true, By: "body"})
	if diff := cmp.Diff(map[string]int{"app1": 200, "app2": 100, "app3": 300}, seen.Servers); diff != "" {
		t.Error(diff)
	}
}

// rawServer records the heads of requests and answers each with "ok".
func rawServer(t *testing.T) (url string, heads func() []string, conns *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var mu sync.Mutex
	var all []string
	conns = new(atomic.Int64)
	serve := func(conn net.Conn) {
		defer conn.Close()
		for r := bufio.NewReader(conn); ; {
			head := ""
			for !strings.HasSuffix(head, "\r\n\r\n") {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				head += line
			}
			mu.Lock()
			all = append(all, head)
			mu.Unlock()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go serve(conn)
		}
	}()
	return "http://" + l.Addr().String(), func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(all) }, conns
}

func TestPathsAreSentAsTheyAre(t *testing.T) {
	url, heads, _ := rawServer(t)
	paths := []string{"//admin", "/%61dmin", "/x/../admin", "/a%2fb?q=%20&x=/../", "/.", "*"}
	spec := probe.HTTPSpec{URL: url + "/", Headers: map[string]string{"host": "shop.example", "X-B": "2", "X-A": "1"}}
	for _, path := range paths {
		spec.Paths = append(spec.Paths, probe.HTTPVariant{Path: path})
	}
	spec.Paths = append(spec.Paths, probe.HTTPVariant{Method: "POST", Headers: map[string]string{"X-A": "3"}})
	seen := lookHTTP(t, spec)
	for i, path := range paths {
		want := "GET " + path + " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: pattarai-probe\r\nX-A: 1\r\nX-B: 2\r\nConnection: close\r\n\r\n"
		if diff := cmp.Diff(want, heads()[i]); diff != "" {
			t.Error(diff)
		}
		if s := seen.Samples[i]; s.Path != path || s.Status != 200 || s.Body != "ok" {
			t.Errorf("sample %+v", s)
		}
	}
	if last := heads()[len(paths)]; !strings.HasPrefix(last, "POST / ") || !strings.Contains(last, "X-A: 3\r\n") || !strings.Contains(last, "Content-Length: 0\r\n") {
		t.Errorf("last request %q", last)
	}
}

func TestConnections(t *testing.T) {
	for keepAlive, want := range map[bool]int64{true: 1, false: 10} {
		url, _, conns := rawServer(t)
		seen := lookHTTP(t, probe.HTTPSpec{URL: url, Requests: 10, KeepAlive: keepAlive})
		if seen.Failed != 0 || conns.Load() != want {
			t.Errorf("keep alive %v: %d connections, %d failed; want %d, 0", keepAlive, conns.Load(), seen.Failed, want)
		}
	}
}

func TestKeptConnectionThatTheServerClosed(t *testing.T) {
	var n atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
	}))
	s.Config.IdleTimeout = 20 * time.Millisecond
	s.Start()
	defer s.Close()
	seen := lookHTTP(t, probe.HTTPSpec{URL: s.URL, Requests: 3, Rate: 10, KeepAlive: true})
	if seen.Failed != 0 || n.Load() != 3 {
		t.Errorf("failed %d, answered %d; want 0, 3", seen.Failed, n.Load())
	}
}

// answering gives the URL of a server that answers every connection with bytes.
func answering(t *testing.T, answer string, hold time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				bufio.NewReader(conn).ReadString('\n')
				io.WriteString(conn, answer)
				time.Sleep(hold)
				if c, ok := conn.(*net.TCPConn); ok {
					c.CloseWrite()
					io.Copy(io.Discard, c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

func TestFailuresInPlainWords(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tests := map[string]struct{ url, want string }{
		"refused":    {"http://" + closed.Addr().String() + "/", "connection refused"},
		"silent":     {answering(t, "", 2*time.Second), "timed out after 200ms"},
		"half":       {answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly", 0), "connection closed without a complete answer"},
		"nothing":    {answering(t, "", 0), "connection closed without a complete answer"},
		"not HTTP":   {answering(t, "-ERR unknown command\r\n\r\n", 0), "the answer is not HTTP"},
		"no name":    {"http://no-such-node.invalid/", "no such host: no-such-node.invalid"},
		"slow drips": {answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", time.Second), "timed out after 200ms"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			seen := lookHTTP(t, probe.HTTPSpec{URL: test.url, Requests: 2, Timeout: 200 * time.Millisecond, By: "body", Record: 1})
			want := map[string]int{test.want: 2}
			if diff := cmp.Diff(want, seen.Errors); diff != "" {
				t.Error(diff)
			}
			if seen.Failed != 2 || seen.Statuses[0] != 2 || len(seen.Servers) != 0 || seen.Samples[0].Error != test.want {
				t.Errorf("got %+v", seen)
			}
			if diff := cmp.Diff([]string{"", ""}, seen.Order); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestServerErrorsAreFailures(t *testing.T) {
	seen := lookHTTP(t, probe.HTTPSpec{URL: answering(t, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\n", 0), By: "body", Record: 1})
	if seen.Failed != 1 || seen.Statuses[503] != 1 || len(seen.Errors) != 0 || len(seen.Servers) != 0 || seen.Samples[0].Body != "no\n" {
		t.Errorf("got %+v", seen)
	}
	notFound := lookHTTP(t, probe.HTTPSpec{URL: answering(t, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0)})
	if notFound.Failed != 0 || notFound.Statuses[404] != 1 {
		t.Errorf("got %+v", notFound)
	}
}

func TestRate(t *testing.T) {
	seen := lookHTTP(t, probe.HTTPSpec{URL: balancer(t), Requests: 11, Rate: 50, Concurrency: 4})
	if seen.Elapsed < 190*time.Millisecond || seen.Elapsed > 2*time.Second {
		t.Errorf("11 requests at 50 per second took %s; want 200 ms", seen.Elapsed)
	}
}

func TestProgress(t *testing.T) {
	raw, _ := json.Marshal(probe.HTTPSpec{URL: balancer(t), Requests: 70, Rate: 100, By: "body", Record: 5})
	var partial []probe.HTTPSeen
	_, err := probe.Run(t.Context(), probe.KindHTTP, raw, func(p any) { partial = append(partial, p.(probe.HTTPSeen)) })
	if err != nil {
		t.Fatal(err)
	}
	if len(partial) < 2 || partial[0].Sent == 0 || partial[0].Sent >= 70 || partial[0].Order != nil || partial[0].Samples != nil {
		t.Errorf("%d reports: %+v", len(partial), partial)
	}
}

func TestHTTPEndsWithItsContext(t *testing.T) {
	raw, _ := json.Marshal(probe.HTTPSpec{URL: answering(t, "", time.Minute), Timeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := probe.Run(ctx, probe.KindHTTP, raw, nil); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("error %v after %s", err, time.Since(began))
	}
}

func TestSpecsThatBreakABound(t *testing.T) {
	tests := []struct{ kind, spec, want string }{
		{"http", `{"url": "ftp://x/"}`, "only http:// and https://"},
		{"http", `{"url": "http:///"}`, "no plain host"},
		{"http", `{"url": "http://x/", "requests": 20001}`, "at most 20000"},
		{"http", `{"url": "http://x/", "concurrency": 201}`, "at most 200"},
		{"http", `{"url": "http://x/", "record": 101}`, "0 to 100"},
		{"http", `{"url": "https://x/", "tls": {"ca": "x"}}`, "no PEM"},
		{"http", `{"url": "https://x/", "tls": {"alpn": ["h3"]}}`, "use h2"},
		{"http", `{"url": "https://x/", "tls": {"min_version": "1.0"}}`, "use 1.2"},
		{"http", `{"url": "http://x/", "follow": 11}`, "0 to 10"},
		{"http", `{"url": "http://x/", "clients": 101, "client_by": "cookie"}`, "at most 100"},
		{"http", `{"url": "http://x/", "client_by": "cookie"}`, "without clients"},
		{"http", `{"url": "http://x/", "clients": 2, "client_by": "source"}`, "each needs one"},
		{"http", `{"url": "http://x/", "clients": 2, "client_by": "header:"}`, "header:NAME"},
		{"http", `{"url": "http://x/", "sources": ["app1"]}`, "no address"},
		{"http", `{"url": "http://x/", "sources": ["10.0.0.1"], "keep_alive": true}`, "several clients"},
		{"http", `{"url": "http://x/", "rate": -1}`, "rate -1"},
		{"http", `{"url": "http://x/", "timeout": -1}`, "timeout"},
		{"http", `{"url": "http://x/", "by": "cookie"}`, `use "body"`},
		{"http", `{"url": "http://x/", "headers": {"A": "b\r\nC: d"}}`, "line break"},
		{"http", `{"url": "http://x/", "method": "GET /"}`, "space"},
		{"http", `{"url": "http://x/", "paths": [{"path": "/\r\n"}]}`, "line break"},
		{"http", `{"host": "x"}`, "unknown field"},
		{"tcp", `{"address": "redis"}`, "host and port"},
		{"traffic", `{"url": "http://x/", "rate": 0.1}`, "0.2 to 200"},
		{"traffic", `{"url": "http://x/", "rate": 201}`, "0.2 to 200"},
		{"traffic", `{"url": "http://x/", "rate": 1, "every": 1000}`, "report every"},
		{"ftp", `{}`, "unknown kind"},
	}
	for _, test := range tests {
		t.Run(test.spec, func(t *testing.T) {
			if _, err := probe.Prepare(test.kind, json.RawMessage(test.spec)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want one that mentions %q", err, test.want)
			}
		})
	}
}

func TestTCP(t *testing.T) {
	address := strings.TrimSuffix(strings.TrimPrefix(answering(t, "+PONG\r\n", time.Second), "http://"), "/")
	seen := look[probe.TCPSeen](t, probe.KindTCP, probe.TCPSpec{Address: address, Send: "PING\r\n", Until: "PONG"})
	if !seen.Connected || seen.Received != "+PONG\r\n" || seen.Error != "" || seen.Elapsed > 900*time.Millisecond {
		t.Errorf("got %+v", seen)
	}
	seen = look[probe.TCPSeen](t, probe.KindTCP, probe.TCPSpec{Address: address, Send: "PING\r\n", Until: "nope", Timeout: 200 * time.Millisecond})
	if !seen.Connected || seen.Received != "+PONG\r\n" || seen.Error != "timed out after 200ms" {
		t.Errorf("got %+v", seen)
	}
	seen = look[probe.TCPSeen](t, probe.KindTCP, probe.TCPSpec{Address: "127.0.0.1:1"})
	if seen.Connected || seen.Error != "connection refused" {
		t.Errorf("got %+v", seen)
	}
}

func TestTraffic(t *testing.T) {
	url := balancer(t)
	raw, _ := json.Marshal(probe.TrafficSpec{URL: url, By: "body", Rate: 100, Every: 100 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	var sent, failed, reports int
	servers := map[string]int{}
	_, err := probe.Run(ctx, probe.KindTraffic, raw, func(p any) {
		seen := p.(probe.TrafficSeen)
		reports++
		sent += seen.Sent
		failed += seen.Failed
		for _, r := range seen.Requests {
			servers[r.Server]++
		}
		if sent >= 60 {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if failed != 0 || reports < 4 || servers["app3"] < servers["app2"] || servers["app2"] == 0 {
		t.Errorf("%d reports, %d sent, %d failed, servers %v", reports, sent, failed, servers)
	}
}

func FuzzTarget(f *testing.F) {
	f.Add("http://haproxy/")
	f.Add("http://[::1]:80?x")
	f.Fuzz(func(t *testing.T, url string) {
		raw, _ := json.Marshal(probe.HTTPSpec{URL: url})
		if _, err := probe.Prepare(probe.KindHTTP, raw); err == nil && !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
			t.Errorf("accepted %q", url)
		}
	})
}

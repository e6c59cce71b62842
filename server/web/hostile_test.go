package web_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/agent"
)

// abused is a site with a running lab, a preview that counts what reaches it, and a
// terminal.
type abused struct {
	*site
	client     *http.Client
	home, pass string // The preview's address and its cookie.
	host       string // Its host and port.
	reached    atomic.Int64
}

func newAbused(t *testing.T) *abused {
	t.Helper()
	a := &abused{}
	var link string
	a.site, a.client, link = previewSite(t, func(w http.ResponseWriter, r *http.Request) {
		a.reached.Add(1)
		fmt.Fprintf(w, "%s %s host=%s cookie=%q upgrade=%q", r.Method, r.RequestURI, strings.Split(r.Host, ":")[0], r.Header.Get("Cookie"), r.Header.Get("Upgrade"))
	})
	a.client.Timeout = 0
	a.home, a.pass = enter(t, a.site, a.client, link)
	u, err := url.Parse(a.home)
	if err != nil {
		t.Fatal(err)
	}
	a.host = u.Host
	a.reached.Store(0)
	return a
}

// raw sends bytes as they are and tells the statuses of all answers, and how many
// requests reached the lab. @ stands for the preview's host, $ for its cookie.
func (a *abused) raw(t *testing.T, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", a.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	text = strings.NewReplacer("@", a.host, "$", a.pass, "\n", "\r\n", "\v", "\n").Replace(text)
	go func() {
		_, _ = io.WriteString(conn, text) // The server may hang up before it has heard all.
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	var statuses []string
	for r := bufio.NewReader(conn); ; {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			break
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			break
		}
		statuses = append(statuses, fmt.Sprint(response.StatusCode))
	}
	return fmt.Sprintf("%s; %d reached the lab", strings.Join(append(statuses, "closed"), ", "), a.reached.Load())
}

// ask sends a request to the preview's host as a browser with its cookie would.
func (a *abused) ask(t *testing.T, method, path string, headers ...string) string {
	t.Helper()
	got := a.do(t, a.client, method, a.home+path, "", append([]string{"Cookie", a.pass}, headers...)...)
	return fmt.Sprintf("%d; %d reached the lab", got.status, a.reached.Load())
}

// frames sends frames into a terminal and tells how the connection ends.
func (a *abused) frames(t *testing.T, bytes ...[]byte) string {
	t.Helper()
	shell := newEchoShell()
	a.labs.shell = func() agent.Shell { return shell }
	conn, err := net.Dial("tcp", a.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodGet, a.URL+"/ws/terminals?cols=80&rows=24&ticket="+ticketFor(t, a.site, a.client), nil)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"Origin": a.URL, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Extensions": "permessage-deflate",
	} {
		request.Header.Set(key, value)
	}
	for _, c := range a.client.Jar.Cookies(request.URL) {
		request.AddCookie(c)
	}
	if err := request.Write(conn); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, request)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Sprintf("no terminal: %v %v", response, err)
	}
	if extension := response.Header.Get("Sec-WebSocket-Extensions"); extension != "" {
		return "agreed to " + extension
	}
	go func() {
		for _, b := range bytes {
			if _, err := conn.Write(b); err != nil {
				return // It has been closed, which is what is looked at.
			}
		}
	}()
	return ending(r)
}

// ending reads frames until the connection closes and tells its code.
func ending(r io.Reader) string {
	for {
		var head [2]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return "hung up"
		}
		size := int64(head[1] & 0x7f)
		if size == 126 {
			var long [2]byte
			if _, err := io.ReadFull(r, long[:]); err != nil {
				return "hung up"
			}
			size = int64(binary.BigEndian.Uint16(long[:]))
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(r, payload); err != nil {
			return "hung up"
		}
		switch {
		case head[0]&0x0f == 8 && size >= 2:
			return fmt.Sprintf("closed with %d", binary.BigEndian.Uint16(payload))
		case head[0]&0x0f == 1 && strings.Contains(string(payload), `"exit"`):
			return "works"
		}
	}
}

// frame is a masked frame: first byte, then payload.
func frame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// abuse is one thing that a hostile browser, page or program does to the server.
type abuse struct {
	what, want string
	do         func(t *testing.T, a *abused) string
}

// TestHostile makes every abuse and compares the table with docs/hostile-web.md.
func TestHostile(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(hostileHead)
	for _, area := range []struct {
		title string
		list  []abuse
	}{{"Requests that two readers would read differently", smuggling()}, {"Previews", previews()}, {"Terminals", terminals()}} {
		fmt.Fprintf(&page, "\n## %s\n\n| what it does | what must come of it |\n|---|---|\n", area.title)
		for _, c := range area.list {
			fmt.Fprintf(&page, "| %s | %s |\n", c.what, c.want)
			t.Run(c.what, func(t *testing.T) {
				t.Parallel()
				if seen := c.do(t, newAbused(t)); seen != c.want {
					t.Errorf("%q, want %q", seen, c.want)
				}
			})
		}
	}
	const file = "../../docs/hostile-web.md"
	if *update {
		if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page.String(), string(written)); diff != "" {
		t.Errorf("docs/hostile-web.md is out of date; run go test ./server/web -run TestHostile -update\n%s", diff)
	}
}

const hostileHead = `# What hostile browsers meet at the server

This page is made by a test (` + "`go test ./server/web -run TestHostile -update`" + `), which does each of these to a real
server and fails when anything else comes of it. [hostile.md](hostile.md) is about programs inside a lab.

Numbers are HTTP statuses in the order they came, *closed* is the end of the connection. For terminals they are the codes
that WebSockets are closed with.
`

// smuggled is a request for the preview with these lines, and a second one hidden
// in its body.
func smuggled(what, lines, want string) abuse {
	return abuse{what, want, func(t *testing.T, a *abused) string {
		return a.raw(t, "POST / HTTP/1.1\nHost: @\nCookie: $\n"+lines+"\n\n0\n\nGET /hidden HTTP/1.1\nHost: @\nCookie: $\n\n")
	}}
}

func smuggling() []abuse {
	const refused = "400, closed; 0 reached the lab"
	return []abuse{
		smuggled("gives two different lengths", "Content-Length: 5\nContent-Length: 6", refused),
		smuggled("gives a list of lengths", "Content-Length: 5, 6", refused),
		smuggled("gives a negative length", "Content-Length: -5", refused),
		smuggled("gives a length with a sign", "Content-Length: +5", refused),
		smuggled("gives a length in hexadecimal", "Content-Length: 0x5", refused),
		smuggled("gives an encoding that nobody knows", "Transfer-Encoding: xchunked", "501, closed; 0 reached the lab"),
		smuggled("gives two encodings", "Transfer-Encoding: chunked\nTransfer-Encoding: identity", "501, closed; 0 reached the lab"),
		smuggled("puts a blank before the colon", "Transfer-Encoding : chunked", refused),
		smuggled("puts a blank before the name, which continues the cookie", " Transfer-Encoding: chunked", "404, 400, closed; 0 reached the lab"),
		smuggled("puts a line end into a value", "X: a\rTransfer-Encoding: chunked", refused),
		smuggled("puts a zero byte into a value", "X: a\x00b\nContent-Length: 5", refused),
		smuggled("puts a control character into a name", "X\x01Y: a\nContent-Length: 5", refused),
		{"names two hosts", refused, func(t *testing.T, a *abused) string {
			return a.raw(t, "GET / HTTP/1.1\nHost: @\nHost: 127.0.0.1\nCookie: $\n\n")
		}},
		{"names no host", refused, func(t *testing.T, a *abused) string { return a.raw(t, "GET / HTTP/1.1\nCookie: $\n\n") }},
		{"puts a user before the host", "404, closed; 0 reached the lab", func(t *testing.T, a *abused) string {
			return a.raw(t, "GET / HTTP/1.1\nHost: x@127.0.0.1\nCookie: $\n\n")
		}},
		{"speaks a version that does not exist", "505, closed; 0 reached the lab", func(t *testing.T, a *abused) string {
			return a.raw(t, "GET / HTTP/9.9\nHost: @\nCookie: $\n\n")
		}},
		{"sends headers of two megabytes", "431, closed; 0 reached the lab", func(t *testing.T, a *abused) string {
			return a.raw(t, "GET / HTTP/1.1\nHost: @\nCookie: $\nX: "+strings.Repeat("x", 2<<20)+"\n\n")
		}},
		{"asks the server for another address", "421, closed; 0 reached the lab", func(t *testing.T, a *abused) string {
			return a.raw(t, "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\nHost: @\nCookie: $\nConnection: close\n\n")
		}},
	}
}

func previews() []abuse {
	other := func(label string) func(*testing.T, *abused) string {
		return func(t *testing.T, a *abused) string {
			t.Helper()
			_, rest, _ := strings.Cut(a.host, ".")
			got := a.do(t, a.client, "GET", "http://"+label+"."+rest+"/", "", "Cookie", a.pass)
			return fmt.Sprintf("%d; %d reached the lab", got.status, a.reached.Load())
		}
	}
	const nothing = "404; 0 reached the lab"
	return []abuse{
		{"opens the preview, as it should", "200; 1 reached the lab", func(t *testing.T, a *abused) string { return a.ask(t, "GET", "/") }},
		{"opens another's preview without its cookie", nothing, func(t *testing.T, a *abused) string {
			got := a.do(t, a.learner(t), "GET", a.home+"/", "")
			return fmt.Sprintf("%d; %d reached the lab", got.status, a.reached.Load())
		}},
		{"opens another's preview with another's cookie", nothing, func(t *testing.T, a *abused) string {
			got := a.do(t, a.learner(t), "GET", a.home+"/", "", "Cookie", strings.ToUpper(a.pass))
			return fmt.Sprintf("%d; %d reached the lab", got.status, a.reached.Load())
		}},
		{"takes the cookie to a port that is not offered", nothing, other("p-22-haproxy-" + labID)},
		{"takes the cookie to the agent's port", nothing, other("p-7420-haproxy-" + labID)},
		{"takes the cookie to another node", nothing, other("p-80-client-" + labID)},
		{"takes the cookie to the node that checks come from", nothing, other("p-80-probe-" + labID)},
		{"takes the cookie to another lab", nothing, other("p-80-haproxy-zzzzbbbbccccdddd")},
		{"writes an address in place of the node", nothing, other("p-80-127-0-0-1-" + labID)},
		{"writes the host in capital letters", nothing, other("P-80-HAPROXY-" + strings.ToUpper(labID))},
		{"puts a name before the host", nothing, other("x.p-80-haproxy-" + labID)},
		{"has the server forward to an address of its choice", "200; 1 reached the lab", func(t *testing.T, a *abused) string {
			return a.ask(t, "GET", "/", "X-Forwarded-Host", "169.254.169.254", "Forwarded", "host=127.0.0.1;for=127.0.0.1", "X-Real-Ip", "127.0.0.1")
		}},
		{"uses TRACE", "405; 0 reached the lab", func(t *testing.T, a *abused) string { return a.ask(t, "TRACE", "/") }},
		{"uses CONNECT", "404, closed; 0 reached the lab", func(t *testing.T, a *abused) string {
			return a.raw(t, "CONNECT 127.0.0.1:22 HTTP/1.1\nHost: @\nCookie: $\n\n")
		}},
		{"passes the app's login on to the lab", `cookie="theirs=1"`, func(t *testing.T, a *abused) string {
			got := a.do(t, a.client, "GET", a.home+"/", "", "Cookie", a.pass+"; pattarai=login; __Host-pattarai=login; theirs=1")
			_, rest, _ := strings.Cut(got.body, "cookie=")
			cookie, _, _ := strings.Cut(rest, " upgrade")
			return "cookie=" + cookie
		}},
		{"asks the preview's host for the app's pages", "200; 1 reached the lab", func(t *testing.T, a *abused) string { return a.ask(t, "GET", "/api/lessons/demo/first/state") }},
	}
}

func terminals() []abuse {
	send := func(bytes ...[]byte) func(*testing.T, *abused) string {
		return func(t *testing.T, a *abused) string { t.Helper(); return a.frames(t, bytes...) }
	}
	exit := frame(0x82, "exit")
	refusedWith := func(headers ...string) func(*testing.T, *abused) string {
		return func(t *testing.T, a *abused) string {
			t.Helper()
			_, status := dial(t, a.site, a.client, ticketFor(t, a.site, a.client), headers...)
			return fmt.Sprint(status)
		}
	}
	return []abuse{
		{"types exit, as it should; compression is offered and not taken", "works", send(exit)},
		{"sends a message of 32 KiB, the most that is allowed", "works", send(frame(0x82, strings.Repeat("x", 32<<10)), exit)},
		{"sends a message just over 32 KiB", "closed with 1009", send(frame(0x82, strings.Repeat("x", 32<<10+1)))},
		{"announces a message of a terabyte", "closed with 1009", send(binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1<<40), make([]byte, 4), make([]byte, 64<<10))},
		{"sends a frame without a mask", "hung up", send([]byte{0x82, 4, 'e', 'x', 'i', 't'})},
		{"sets reserved bits", "closed with 1002", send(frame(0xf2, "x"))},
		{"says that a frame is compressed", "closed with 1002", send(frame(0xc2, "x"))},
		{"uses a frame type that does not exist", "closed with 1002", send(frame(0x83, "x"))},
		{"goes on with a message that never began", "closed with 1002", send(frame(0x80, "x"))},
		{"begins a message within a message", "closed with 1002", send(frame(0x02, "x"), frame(0x82, "y"))},
		{"sends a ping that is too long", "closed with 1002", send(frame(0x89, strings.Repeat("x", 126)))},
		{"sends text that is no text", "closed with 1007", send(frame(0x81, "\xff\xfe"))},
		{"comes from no page", "403", refusedWith()},
		{"comes from a page without an origin", "403", refusedWith("null")},
		{"comes from another site", "403", refusedWith("http://evil.example")},
		{"comes from the lab's own preview", "403", func(t *testing.T, a *abused) string { return refusedWith(a.home)(t, a) }},
		{"uses a ticket twice", "401", func(t *testing.T, a *abused) string {
			ticket := ticketFor(t, a.site, a.client)
			shell := newEchoShell()
			a.labs.shell = func() agent.Shell { return shell }
			dial(t, a.site, a.client, ticket, a.URL)
			_, status := dial(t, a.site, a.client, ticket, a.URL)
			return fmt.Sprint(status)
		}},
		{"uses another learner's ticket", "401", func(t *testing.T, a *abused) string {
			thief := a.learner(t)
			thief.Timeout = 0
			_, status := dial(t, a.site, thief, ticketFor(t, a.site, a.client), a.URL)
			return fmt.Sprint(status)
		}},
		{"comes a moment too late", "401", func(t *testing.T, a *abused) string {
			ticket := ticketFor(t, a.site, a.client)
			a.clock.advance(31 * time.Second)
			_, status := dial(t, a.site, a.client, ticket, a.URL)
			return fmt.Sprint(status)
		}},
	}
}

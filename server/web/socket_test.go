package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pattarai/lessons/problem/problemtest"
	"pattarai/sandbox/agent"
	"pattarai/server/web"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// echoShell is a terminal that prints what is typed, until "exit".
type echoShell struct {
	in    *io.PipeReader
	out   *io.PipeWriter
	mu    sync.Mutex
	sizes [][2]int
	ended bool
}

func newEchoShell() *echoShell {
	in, out := io.Pipe()
	s := &echoShell{in: in, out: out}
	go s.out.Write([]byte("welcome\r\n"))
	return s
}

func (s *echoShell) Read(p []byte) (int, error) { return s.in.Read(p) }

func (s *echoShell) Write(p []byte) (int, error) {
	if string(p) == "exit" {
		s.mu.Lock()
		s.ended = true
		s.mu.Unlock()
		return len(p), s.out.Close()
	}
	return s.out.Write(p)
}

func (s *echoShell) Resize(cols, rows int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sizes = append(s.sizes, [2]int{cols, rows})
	return nil
}

func (s *echoShell) Exit() (int, bool) { s.mu.Lock(); defer s.mu.Unlock(); return 3, s.ended }
func (s *echoShell) Close() error      { return s.in.Close() }

// ticketFor opens a terminal and returns its ticket.
func ticketFor(t *testing.T, s *site, client *http.Client) string {
	t.Helper()
	got := s.do(t, client, "POST", "/api/lessons/demo/first/terminals", `{"node":"client"}`)
	var opened struct{ Ticket string }
	if err := json.Unmarshal([]byte(got.body), &opened); err != nil || opened.Ticket == "" {
		t.Fatalf("no ticket: %d %s", got.status, got.body)
	}
	return opened.Ticket
}

func dial(t *testing.T, s *site, client *http.Client, ticket string, origin ...string) (*websocket.Conn, int) {
	t.Helper()
	header := http.Header{}
	for _, o := range origin {
		header.Add("Origin", o)
	}
	conn, response, err := websocket.Dial(t.Context(), s.URL+"/ws/terminals?cols=80&rows=24&ticket="+ticket, &websocket.DialOptions{HTTPClient: client, HTTPHeader: header})
	if err != nil {
		if response == nil {
			t.Fatal(err)
		}
		return nil, response.StatusCode
	}
	t.Cleanup(func() { conn.CloseNow() })
	return conn, response.StatusCode
}

// labSite is a site whose learner has a running lab and terminals.
func labSite(t *testing.T) (*site, *http.Client, *echoShell) {
	t.Helper()
	s := newSite(t)
	shell := newEchoShell()
	s.labs.shell = func() agent.Shell { return shell }
	client := s.learner(t)
	client.Timeout = 0 // It would end sockets.
	s.do(t, client, "POST", "/api/lessons/demo/first/lab", `{"action":"start"}`)
	return s, client, shell
}

func TestTerminalOrigins(t *testing.T) {
	t.Parallel()
	s, client, _ := labSite(t)
	cases := map[string]struct {
		origin []string
		status int
	}{
		"none":              {nil, 403},
		"null":              {[]string{"null"}, 403},
		"evil":              {[]string{"http://evil.example"}, 403},
		"preview":           {[]string{strings.Replace(s.URL, "localhost", "p-80-haproxy-"+labID+".localhost", 1)}, 403},
		"other port":        {[]string{"http://localhost:1"}, 403},
		"other scheme":      {[]string{strings.Replace(s.URL, "http", "https", 1)}, 403},
		"two":               {[]string{s.URL, "http://evil.example"}, 403},
		"the page's":        {[]string{s.URL}, 101},
		"longer than ours":  {[]string{s.URL + ".evil.example"}, 403},
		"with a slash":      {[]string{s.URL + "/"}, 403},
		"in capital letter": {[]string{strings.ToUpper(s.URL)}, 403},
	}
	for name, c := range cases {
		s.labs.mu.Lock()
		clear(s.labs.terminals)
		s.labs.mu.Unlock()
		if _, status := dial(t, s, client, ticketFor(t, s, client), c.origin...); status != c.status {
			t.Errorf("%s: %d, want %d", name, status, c.status)
		}
	}
}

func TestTickets(t *testing.T) {
	t.Parallel()
	s, client, _ := labSite(t)
	used := ticketFor(t, s, client)
	if _, status := dial(t, s, client, used, s.URL); status != http.StatusSwitchingProtocols {
		t.Fatalf("first use: %d", status)
	}
	old := ticketFor(t, s, client)
	s.clock.advance(31 * time.Second)
	stolen := ticketFor(t, s, client)
	other := s.learner(t)
	other.Timeout = 0
	stale := ticketFor(t, s, client)
	for name, c := range map[string]struct {
		client *http.Client
		ticket string
	}{
		"used": {client, used}, "none": {client, ""}, "made up": {client, "AAAA"}, "too old": {client, old}, "another's": {other, stolen},
	} {
		if _, status := dial(t, s, c.client, c.ticket, s.URL); status != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", name, status)
		}
	}
	s.labs.mu.Lock()
	for key, v := range s.labs.views {
		v.ID = "anotherlab000000"
		s.labs.views[key] = v
	}
	s.labs.mu.Unlock()
	if _, status := dial(t, s, client, stale, s.URL); status != http.StatusUnauthorized {
		t.Errorf("for a lab that is over: %d, want 401", status)
	}
}

func TestTerminalCarriesBytes(t *testing.T) {
	t.Parallel()
	s, client, shell := labSite(t)
	conn, _ := dial(t, s, client, ticketFor(t, s, client), s.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	expect := func(kind websocket.MessageType, want string) {
		t.Helper()
		gotKind, got, err := conn.Read(ctx)
		if err != nil || gotKind != kind || string(got) != want {
			t.Fatalf("%v %q %v, want %q", gotKind, got, err, want)
		}
	}
	send := func(kind websocket.MessageType, text string) {
		t.Helper()
		if err := conn.Write(ctx, kind, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	expect(websocket.MessageBinary, "welcome\r\n")
	send(websocket.MessageText, `{"resize":[0,1e6]}`)
	send(websocket.MessageText, `{"resize":[100,40]}`)
	send(websocket.MessageBinary, "ls\x00\xff")
	expect(websocket.MessageBinary, "ls\x00\xff")
	shell.mu.Lock()
	if want := [][2]int{{1, 500}, {100, 40}}; len(shell.sizes) != 2 || shell.sizes[0] != want[0] || shell.sizes[1] != want[1] {
		t.Errorf("sizes %v, want %v", shell.sizes, want)
	}
	shell.mu.Unlock()
	send(websocket.MessageText, `not json`)
	if _, got, err := conn.Read(ctx); err != nil || !strings.Contains(string(got), "notice") {
		t.Fatalf("%q %v", got, err)
	}
	send(websocket.MessageBinary, "exit")
	expect(websocket.MessageText, `{"exit":3}`)
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("end: %v", err)
	}
}

// TestBadFrames sends messages that no page sends into a terminal. What the server
// says is compared, also how it closes the connection; "exit" ends the others.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	problemtest.Golden(t, "testdata/bad-frames.golden", 15, *update, func(t *testing.T, title, text string) string {
		t.Helper()
		s, client, _ := labSite(t)
		conn, _ := dial(t, s, client, ticketFor(t, s, client), s.URL)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for line := range strings.SplitSeq(text, "\n") {
			kind := websocket.MessageBinary
			word, message, _ := strings.Cut(line, " ")
			if word == "text" {
				kind = websocket.MessageText
			}
			if err := conn.Write(ctx, kind, []byte(message)); err != nil {
				t.Fatalf("%s: %v", title, err)
			}
		}
		_ = conn.Write(ctx, websocket.MessageBinary, []byte("exit")) // It may be closed already.
		return heard(ctx, conn)
	})
}

// heard is every text message until the connection ends, and how it ended.
func heard(ctx context.Context, conn *websocket.Conn) string {
	var out strings.Builder
	for {
		kind, message, err := conn.Read(ctx)
		var closed websocket.CloseError
		switch {
		case errors.As(err, &closed) && closed.Code != websocket.StatusNormalClosure:
			return fmt.Sprintf("closed: %s %q", closed.Code, closed.Reason) // What was said before may have come or not.
		case errors.As(err, &closed):
			fmt.Fprintf(&out, "closed: %s %q\n", closed.Code, closed.Reason)
			return out.String()
		case err != nil:
			return out.String() + err.Error()
		case kind == websocket.MessageText:
			out.Write(append(message, '\n'))
		}
	}
}

func TestSocketsHearOfTheRestart(t *testing.T) {
	t.Parallel()
	s, client, _ := labSite(t)
	conn, _ := dial(t, s, client, ticketFor(t, s, client), s.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- s.web.Close(ctx) }()
	for heard := false; ; {
		_, got, err := conn.Read(ctx)
		if err != nil {
			if !heard || websocket.CloseStatus(err) != websocket.StatusServiceRestart {
				t.Errorf("bye heard: %v, then %v", heard, err)
			}
			break
		}
		heard = heard || strings.Contains(string(got), `"bye":`)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if got := s.do(t, client, "GET", "/readyz", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("ready while ending: %d", got.status)
	}
	if got := s.do(t, client, "GET", "/api/lessons/demo/first/events", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("a stream while ending: %d", got.status)
	}
}

func TestOutboxLosesTheOldest(t *testing.T) {
	t.Parallel()
	o := web.NewOutbox()
	var all []byte
	for i := range 40 {
		part := bytes.Repeat([]byte{byte('a' + i%26)}, 10_000)
		o.Put(part)
		all = append(all, part...)
	}
	if _, message, _ := o.Ready(make([]byte, 0, 1024)); message == nil {
		t.Error("nobody is told that output was lost")
	}
	var got []byte
	for {
		chunk, _, _ := o.Ready(make([]byte, 0, 7_001))
		if len(chunk) == 0 {
			break
		}
		got = append(got, chunk...)
	}
	if want := all[len(all)-web.MaxOutbox:]; !bytes.Equal(got, want) {
		t.Errorf("%d bytes came, not the newest %d", len(got), len(want))
	}
}

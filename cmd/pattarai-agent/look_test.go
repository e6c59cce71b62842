package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/probe"
)

// kindVariable makes the test binary the process that looks.
const kindVariable = "PATTARAI_TEST_LOOK"

func TestMain(m *testing.M) {
	if kind := os.Getenv(kindVariable); kind != "" {
		if err := run([]string{"look", kind}); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serving answers every connection as told, and gives its address.
func serving(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { // Ends with the listener.
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				answer(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// spec asks a kind's usual question.
func spec(kind, address string) any {
	const timeout = 2 * time.Second
	switch kind {
	case probe.KindSQL:
		return probe.SQLSpec{Address: address, User: "postgres", Query: "SELECT 1", Timeout: timeout}
	case probe.KindRedis:
		return probe.RedisSpec{Address: address, Commands: [][]string{{"PING"}}, Timeout: timeout}
	}
	return probe.AMQPSpec{Address: address, User: "guest", VHost: "/", Do: []probe.AMQPAct{{Queue: "q"}}, Timeout: timeout}
}

// asked looks in a process of its own.
func asked(t *testing.T, kind, address string) (exit int, out []byte) {
	t.Helper()
	raw, err := json.Marshal(spec(kind, address))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), kindVariable+"="+kind, "GOTRACEBACK=none")
	cmd.Stdin = bytes.NewReader(raw)
	out, _ = cmd.Output() // The exit status says it.
	if ctx.Err() != nil {
		t.Errorf("%s did not end", kind)
	}
	return cmd.ProcessState.ExitCode(), out
}

// TestHostileServices lets services answer anything. Whatever they say, the process
// ends and either tells why there was no answer, or is ended by it (status 2), which
// is the service's fault: never status 1, which is ours.
func TestHostileServices(t *testing.T) {
	t.Parallel()
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			io.WriteString(conn, text)
			io.Copy(io.Discard, conn)
		}
	}
	tune := "\x01\x00\x00\x00\x00\x00\x10\x00\x0a\x00\x0a\x00\x09\x7f\xff\xff\xff"
	for name, answer := range map[string]func(net.Conn){
		"silence":         func(conn net.Conn) { io.Copy(io.Discard, conn) },
		"the end":         func(net.Conn) {},
		"nonsense":        say("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"zeros":           say(strings.Repeat("\x00", 4096)),
		"without end":     func(conn net.Conn) { forever(conn, "+OK\r\n") },
		"a huge text":     say("$1099511627776\r\n"),
		"a huger text":    say("$9000000000000000000\r\n"),
		"a huge list":     say("*1099511627776\r\n"),
		"lists in lists":  say(strings.Repeat("*1\r\n", 200_000)),
		"a huge message":  say("R\x7f\xff\xff\xff\x00\x00\x00\x00"),
		"a huge frame":    say("\x01\x00\x00\xff\xff\xff\xff"),
		"a huge field":    say(tune),
		"many iterations": say("R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00R\x00\x00\x00\x2b\x00\x00\x00\x0br=x,s=QSXCR+Q6sek8bf92,i=2000000000"),
		"rows for ever": func(conn net.Conn) {
			io.WriteString(conn, "R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05IT\x00\x00\x00\x1b\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00")
			forever(conn, "D\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x01x")
		},
	} {
		for _, kind := range []string{probe.KindSQL, probe.KindRedis, probe.KindAMQP} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				exit, out := asked(t, kind, serving(t, answer))
				var seen struct {
					Error string `json:"error"`
				}
				switch {
				case exit == 2 && len(out) == 0:
				case exit != 0 || len(out) > 1<<20:
					t.Errorf("status %d, %d bytes", exit, len(out))
				case json.Unmarshal(out, &seen) != nil || seen.Error == "" && (kind != probe.KindRedis || name != "without end"):
					t.Errorf("%.300s", out)
				}
			})
		}
	}
}

// forever writes until nobody reads any more.
func forever(w io.Writer, text string) {
	many := strings.Repeat(text, 1000)
	for {
		if _, err := io.WriteString(w, many); err != nil {
			return
		}
	}
}

func TestLookArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		in   string
		says string
	}{
		{nil, "{}", "name one kind"},
		{[]string{"ftp"}, "{}", "unknown kind"},
		{[]string{"sql"}, `{"where": "x"}`, "unknown field"},
		{[]string{"redis"}, "", "read the probe's spec"},
	} {
		var out bytes.Buffer
		err := look(t.Context(), test.args, strings.NewReader(test.in), &out)
		if err == nil || !strings.Contains(err.Error(), test.says) || out.Len() > 0 {
			t.Errorf("%v: %v %q", test.args, err, out.String())
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"10.0.0.1", "x/8", "::1/64"} {
		if err := addAddresses([]string{text}); err == nil || !strings.Contains(err.Error(), "10.0.0.9/28") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := addAddresses([]string{"203.0.113.9/28"}); err == nil || !strings.Contains(err.Error(), "no interface is on that network") {
		t.Errorf("a foreign network: %v", err)
	}
}

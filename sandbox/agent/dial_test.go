package agent_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

// listenAnswer answers one connection with what it got, after it got all of it.
func listenAnswer(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		got, _ := io.ReadAll(conn)
		conn.Write(append([]byte("got "), got...))
	}()
	return l.Addr().String()
}

func TestDialHalfCloses(t *testing.T) {
	n := startNode(t)
	listenAnswer(t, "unix", filepath.Join(n.root, "stats.sock"))
	addresses := map[string]string{"tcp": listenAnswer(t, "tcp", "127.0.0.1:0"), "unix": "/stats.sock"}
	for network, address := range addresses {
		t.Run(network, func(t *testing.T) {
			conn, err := n.DialPort(t.Context(), network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, "show stat")
			if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			if got, err := io.ReadAll(conn); err != nil || string(got) != "got show stat" {
				t.Errorf("got %q, %v", got, err)
			}
			if _, err := conn.Write([]byte("more")); err == nil {
				t.Error("wrote after CloseWrite")
			}
		})
	}
}

func TestDialRefused(t *testing.T) {
	n := startNode(t)
	_, err := n.DialPort(t.Context(), "tcp", "127.0.0.1:1")
	refused(t, err, "connection refused")
	_, err = n.DialPort(t.Context(), "unix", "/absent.sock")
	refused(t, err, "no such socket")
	_, err = n.DialPort(t.Context(), "udp", "127.0.0.1:1")
	refused(t, err, "only tcp and unix")
}

func TestDialCloseReachesThePort(t *testing.T) {
	n := startNode(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := n.DialPort(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	port, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	// The port floods; nobody reads; going away must still end it.
	go conn.Close()
	port.SetWriteDeadline(time.Now().Add(5 * time.Second))
	for err == nil {
		_, err = port.Write(make([]byte, 64<<10))
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the port was not told that the caller went away")
	}
	if _, err := n.Exec(t.Context(), agent.Command{Args: []string{"true"}}); err != nil {
		t.Error(err)
	}
}

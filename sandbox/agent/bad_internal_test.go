package agent

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/yamux"

	"pattarai/lessons/problem/problemtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestBadFrames sends streams that no client of ours sends to an agent. The first
// line of a case is the request's, each other one a frame: its kind and its payload.
// A frame marked with ! says that its payload has 4 GiB.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	s := newServer(Config{Root: t.TempDir()})
	problemtest.Golden(t, "testdata/bad-frames.golden", 19, *update, func(t *testing.T, _, text string) string {
		t.Helper()
		line, frames, _ := strings.Cut(text, "\n")
		sent := []byte(line + "\n")
		for frame := range strings.Lines(frames) {
			sent = appendFrame(sent, strings.TrimSuffix(frame, "\n"))
		}
		return answer(t, s, sent)
	})
}

func appendFrame(to []byte, frame string) []byte {
	lie := strings.HasPrefix(frame, "!")
	kind, payload, _ := strings.Cut(strings.TrimPrefix(frame, "!"), " ")
	size := uint32(len(payload))
	if lie {
		size = 1<<32 - 1
	}
	to = binary.BigEndian.AppendUint32(append(to, kind...), size)
	return append(to, payload...)
}

// answer is everything the agent says to a stream whose client has hung up its side.
func answer(t *testing.T, s *server, sent []byte) string {
	t.Helper()
	near, far := net.Pipe()
	client, err := yamux.Client(near, muxConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	session, err := yamux.Server(far, muxConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	stream, err := client.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan struct{})
	defer func() { <-done }()
	go func() {
		defer close(done)
		if accepted, err := session.AcceptStream(); err == nil {
			s.serveStream(ctx, accepted)
		}
	}()
	go func() {
		stream.Write(sent) // The agent may refuse it half-way.
		stream.Close()
	}()
	stream.SetReadDeadline(time.Now().Add(20 * time.Second))
	said, err := io.ReadAll(stream)
	if err != nil {
		t.Errorf("%q: %v", sent[:min(len(sent), 60)], err)
	}
	return message(t, said)
}

// message is the error of an answer, or the failure in its last frame.
func message(t *testing.T, said []byte) string {
	t.Helper()
	var header response
	line, frame, _ := bytes.Cut(said, []byte("\n"))
	if err := json.Unmarshal(line, &header); err != nil || header.Error != "" {
		return header.Error
	}
	var result Result
	if err := json.Unmarshal(frame[5:], &result); err != nil {
		t.Errorf("%q: %v", frame, err)
	}
	return "failure: " + result.Failure
}

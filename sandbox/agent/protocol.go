package agent

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/hashicorp/yamux"
)

// protocolVersion changes whenever an old server and a new agent (or the other
// way round) would misunderstand each other.
const protocolVersion = 1

// Bounds of the protocol.
const (
	maxLine   = 1 << 20 // Bytes of a request or header line.
	maxFrame  = 4 << 20 // Bytes of one frame's payload.
	chunkSize = 32 << 10
)

// past is a deadline that wakes whoever waits on a connection.
var past = time.Unix(1, 0)

// The operations, each a stream of its own.
const (
	opHello   = "hello"
	opExec    = "exec"
	opStart   = "service.start"
	opRestart = "service.restart"
	opLogs    = "service.logs"
	opWatch   = "watch"
	opPut     = "put"
	opGet     = "get"
	opDial    = "dial"
	opShell   = "shell"
	opShells  = "shells"
	opEnd     = "shell.end"
	opProbe   = "probe"
)

// The kinds of frame. A frame is a kind, the payload's length as four bytes
// (big endian) and the payload.
const (
	frameData   = 'd' // Bytes: stdin, stdout, keys, terminal output, tar, file content.
	frameStderr = 'e' // Bytes of stderr.
	frameEnd    = '.' // No more data in this direction; the stream stays open.
	frameName   = 'n' // The path of the file whose content follows.
	frameResize = 's' // JSON window.
	frameNews   = 'p' // JSON: an event or a partial observation.
	frameResult = 'r' // JSON: the last word of the operation.
)

// request is the first line of every stream.
type request struct {
	Op   string          `json:"op"`
	Body json.RawMessage `json:"body,omitempty"`
}

// response is the agent's answer to it.
type response struct {
	Error string          `json:"error,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"`
}

type greeting struct {
	Version int `json:"version"`
}

type window struct {
	Cols int `json:"cols"`
	Rows int `json:"rows"`
}

// Error is what an agent refused, in its own words. Every other error of a
// [Client] means that the connection or the context ended.
type Error struct{ Message string }

// Error implements error.
func (e *Error) Error() string { return e.Message }

// refuse makes an [Error].
func refuse(format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

// wire reads and writes lines and frames on one stream. One goroutine may read
// while another writes.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	in   []byte // Payload of the last frame read; reused.
	out  []byte // The frame being written; reused.
}

func newWire(conn net.Conn) *wire {
	return &wire{conn: conn, r: bufio.NewReader(conn)}
}

// readLine decodes one JSON line of at most maxLine bytes.
func (w *wire) readLine(v any) error {
	var line []byte
	for {
		part, err := w.r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return fmt.Errorf("line longer than %d bytes", maxLine)
		}
		if err == nil {
			return json.Unmarshal(line, v)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// writeLine encodes v as one JSON line.
func (w *wire) writeLine(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(line) >= maxLine {
		return refuse("message of %d bytes; at most %d are allowed: send less at a time", len(line), maxLine)
	}
	_, err = w.conn.Write(append(line, '\n'))
	return err
}

// readFrame returns the next frame. The payload is valid until the next call.
func (w *wire) readFrame() (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxFrame {
		return 0, nil, fmt.Errorf("frame of %d bytes; at most %d are allowed", n, maxFrame)
	}
	if uint32(cap(w.in)) < n {
		w.in = make([]byte, n)
	}
	w.in = w.in[:n]
	if _, err := io.ReadFull(w.r, w.in); err != nil {
		return 0, nil, noEOF(err)
	}
	return head[0], w.in, nil
}

// writeFrame sends one frame with a single Write.
func (w *wire) writeFrame(kind byte, payload []byte) error {
	w.out = binary.BigEndian.AppendUint32(append(w.out[:0], kind), uint32(len(payload)))
	w.out = append(w.out, payload...)
	_, err := w.conn.Write(w.out)
	return err
}

// writeJSON sends v as a frame.
func (w *wire) writeJSON(kind byte, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(payload) > maxFrame {
		return fmt.Errorf("message of %d bytes; at most %d are allowed", len(payload), maxFrame)
	}
	return w.writeFrame(kind, payload)
}

// sendAll sends data as frames of that kind.
func (w *wire) sendAll(kind byte, data []byte) error {
	for len(data) > 0 {
		n := min(len(data), chunkSize)
		if err := w.writeFrame(kind, data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// hangUp ends the stream in both directions, waking whoever waits on it.
func (w *wire) hangUp() {
	w.conn.Close()
	w.conn.SetDeadline(past)
}

// frameWriter is an io.Writer that sends what it gets as data frames.
type frameWriter struct{ w *wire }

func (f frameWriter) Write(p []byte) (int, error) {
	if err := f.w.sendAll(frameData, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// frameReader is an io.Reader over data frames up to the end frame. What comes
// after it is left alone.
type frameReader struct {
	w     *wire
	rest  []byte
	ended bool
}

func (f *frameReader) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.ended {
			return 0, io.EOF
		}
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *frameReader) next() error {
	kind, payload, err := f.w.readFrame()
	if err != nil {
		return noEOF(err)
	}
	switch kind {
	case frameData:
		f.rest = payload
	case frameEnd:
		f.ended = true
	default:
		return fmt.Errorf("unexpected frame %q", kind)
	}
	return nil
}

// drain reads up to the end frame and forgets it, so that a sender that was
// refused half-way is not left blocked.
func (f *frameReader) drain() { io.Copy(io.Discard, f) }

// noEOF marks an end in the middle of something as what it is.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// muxConfig is what both ends agree on for the multiplexed connection.
func muxConfig() *yamux.Config {
	c := yamux.DefaultConfig()
	c.LogOutput = io.Discard
	return c
}

package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// MaxTraffic bounds the bytes that a client of a service reads in all.
const MaxTraffic = 16 << 20

// ErrTraffic is a service that sends more than [MaxTraffic].
var ErrTraffic = errors.New("the service sent more than 16 MiB")

// Reason says in plain words why a service gave no answer, the same words for the
// same cause; "" for what is no failure of the network.
func Reason(err error, timeout time.Duration) string {
	if errors.Is(err, ErrTraffic) {
		return ErrTraffic.Error()
	}
	if said := reason(err, timeout); said != noAnswer {
		return said
	}
	return ""
}

// Bounded is a connection that gives up after [MaxTraffic] bytes.
func Bounded(conn net.Conn) net.Conn {
	return &bounded{Conn: conn, left: MaxTraffic}
}

type bounded struct {
	net.Conn
	left int64
}

// Read implements net.Conn.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTraffic
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// Cut keeps the beginning of a text, as valid UTF-8, and tells whether there was more.
func Cut(s string, most int) (kept string, truncated bool) {
	return cut(s, most), len(s) > most
}

// Decode reads a spec strictly, so that a misspelt field is not a silent default.
func Decode(spec io.Reader, v any) error {
	raw, err := io.ReadAll(io.LimitReader(spec, maxSpec))
	if err != nil {
		return fmt.Errorf("read the probe's spec: %w", err)
	}
	return decode(raw, v)
}

const maxSpec = 1 << 20

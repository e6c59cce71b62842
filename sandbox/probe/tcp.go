package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const maxReceived = 8 << 10

func prepareTCP(raw json.RawMessage) (look, error) {
	var spec TCPSpec
	if err := decode(raw, &spec); err != nil {
		return nil, err
	}
	if _, _, err := net.SplitHostPort(spec.Address); err != nil {
		return nil, fmt.Errorf("address %q has no host and port; write for example \"redis:6379\"", spec.Address)
	}
	timeout, err := checkTimeout(spec.Timeout, defaultTimeout)
	if err != nil {
		return nil, err
	}
	spec.Timeout = timeout
	return func(ctx context.Context, _ func(any)) (any, error) {
		seen := converse(ctx, spec)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return seen, nil
	}, nil
}

// converse connects, sends and reads.
func converse(ctx context.Context, spec TCPSpec) TCPSeen {
	began := time.Now()
	var seen TCPSeen
	err := seen.converse(ctx, spec, began.Add(spec.Timeout))
	if err != nil {
		seen.Error = reason(err, spec.Timeout)
	}
	seen.Elapsed = time.Since(began)
	return seen
}

func (seen *TCPSeen) converse(ctx context.Context, spec TCPSpec, deadline time.Time) error {
	conn, err := connect(ctx, spec.Address, deadline)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	seen.Connected = true
	if spec.Send == "" && spec.Until == "" {
		return nil // Only whether it connects was asked.
	}
	if _, err := io.WriteString(conn, spec.Send); err != nil {
		return err
	}
	err = seen.read(conn, []byte(spec.Until))
	if spec.Until == "" && errors.Is(err, os.ErrDeadlineExceeded) {
		return nil // It was read for as long as asked.
	}
	return err
}

// read reads until the text appears, the peer closes, the deadline or 8 KiB.
func (seen *TCPSeen) read(conn net.Conn, until []byte) error {
	received := make([]byte, 0, maxReceived)
	defer func() { seen.Received = string(received) }()
	for len(received) < maxReceived {
		n, err := conn.Read(received[len(received):maxReceived])
		received = received[:len(received)+n]
		if len(until) > 0 && bytes.Contains(received, until) || errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// connect opens a TCP connection that ends at the deadline.
func connect(ctx context.Context, address string, deadline time.Time) (net.Conn, error) {
	dialer := net.Dialer{Deadline: deadline}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(deadline)
}

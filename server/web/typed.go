package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// readBrowser moves keys to the terminal and obeys text messages.
func (s *socket) readBrowser(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	slow := time.AfterFunc(messageWithin, cancel) // A message that never ends.
	slow.Stop()
	defer slow.Stop()
	buf := make([]byte, maxMessage+1)
	for strikes, over := 0, 0; ; {
		kind, message, err := s.readMessage(ctx, slow, buf)
		if err != nil || !s.pace(ctx, &over) {
			return
		}
		if kind == websocket.MessageBinary {
			if _, err := s.shell.Write(message); err != nil {
				return
			}
			continue
		}
		if !s.obey(message, &strikes) {
			return
		}
	}
}

// readMessage reads one message into buf.
func (s *socket) readMessage(ctx context.Context, slow *time.Timer, buf []byte) (websocket.MessageType, []byte, error) {
	kind, r, err := s.conn.Reader(ctx)
	if err != nil {
		return 0, nil, err
	}
	slow.Reset(messageWithin)
	defer slow.Stop()
	n, err := io.ReadFull(r, buf) // buf is one byte longer than a message may be.
	switch err {
	case io.EOF, io.ErrUnexpectedEOF: //nolint:errorlint // Bare: the message ended. Wrapped: the connection did.
		err = nil
	case nil:
		_ = s.conn.Close(websocket.StatusMessageTooBig, "a message has at most 32 KiB")
		err = errors.New("message too long")
	}
	return kind, buf[:n], err
}

// pace slows a flood of messages down, and ends the connection when it goes on.
func (s *socket) pace(ctx context.Context, over *int) bool {
	if s.typed.Allow() {
		return true
	}
	if *over == 0 {
		s.out.notice("That is more than anybody can type; it is slowed down.")
	}
	if *over++; *over > maxOverTyped {
		_ = s.conn.Close(websocket.StatusPolicyViolation, "too many messages")
		return false
	}
	return s.typed.Wait(ctx) == nil
}

// obey carries out a text message. It is false when the connection ended.
func (s *socket) obey(message []byte, strikes *int) bool {
	if !utf8.Valid(message) {
		_ = s.conn.Close(websocket.StatusInvalidFramePayloadData, "text must be UTF-8")
		return false
	}
	var order struct {
		Resize []float64 `json:"resize"`
	}
	if err := json.Unmarshal(message, &order); err == nil && len(order.Resize) == 2 {
		return s.shell.Resize(size(order.Resize[0]), size(order.Resize[1])) == nil
	}
	if *strikes++; *strikes >= maxStrikes {
		_ = s.conn.Close(websocket.StatusPolicyViolation, "three messages were not understood")
		return false
	}
	s.out.notice(`That message was not understood; {"resize": [80, 24]} is one.`)
	return true
}

// size is a number of columns or rows, whatever the browser sent.
func size(n float64) int { return int(min(max(n, 1), 500)) }

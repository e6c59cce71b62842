package agent

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// Times around the token that opens every connection.
const (
	authTimeout = 5 * time.Second
	authDelay   = 500 * time.Millisecond // Before a wrong token is turned away.
)

const (
	tokenLength = 64 // Hex digits.
	welcome     = "ok\n"
)

// ErrToken means that an agent did not accept the connection's token.
var ErrToken = errors.New("the agent did not accept the token")

// Authenticate presents the node's token (64 hex digits) on a fresh connection
// and waits, for at most five seconds, until the agent accepts it. Engines call
// it before they hand the connection to [NewClient]. A wrong token is [ErrToken].
func Authenticate(conn net.Conn, token string) error {
	// A connection over a process's pipes may have no deadlines; it ends with the process.
	conn.SetDeadline(time.Now().Add(authTimeout))
	defer conn.SetDeadline(time.Time{})
	if _, err := io.WriteString(conn, token+"\n"); err != nil {
		return fmt.Errorf("present the token: %w", err)
	}
	answer := make([]byte, len(welcome))
	_, err := io.ReadFull(conn, answer)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || err == nil && string(answer) != welcome {
		return ErrToken
	}
	if err != nil {
		return fmt.Errorf("wait for the agent's welcome: %w", err)
	}
	return nil
}

// admit checks the token at the start of a connection. It reads no byte beyond it.
func admit(ctx context.Context, conn net.Conn, token string) error {
	conn.SetDeadline(time.Now().Add(authTimeout))
	defer conn.SetDeadline(time.Time{})
	got := make([]byte, tokenLength+1)
	_, err := io.ReadFull(conn, got)
	if err == nil && subtle.ConstantTimeCompare(got, []byte(token+"\n")) == 1 {
		_, err := io.WriteString(conn, welcome)
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(authDelay):
	}
	return ErrToken
}

package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Defaults and bounds of times.
const (
	defaultTimeout = 5 * time.Second
	maxTimeout     = 2 * time.Minute
)

func checkTimeout(timeout, fallback time.Duration) (time.Duration, error) {
	switch {
	case timeout == 0:
		return fallback, nil
	case timeout < 0 || timeout > maxTimeout:
		return 0, fmt.Errorf("timeout %s; choose one up to %s", timeout, maxTimeout)
	}
	return timeout, nil
}

// noAnswer is said when no better words are known.
const noAnswer = "no answer"

// errMalformed is an answer that is not HTTP.
var errMalformed = errors.New("the answer is not HTTP")

// reason says in plain words why there was no answer, the same words for the same
// cause, so that they can be counted.
func reason(err error, timeout time.Duration) string {
	var dns *net.DNSError
	var op net.Error
	if why := tlsReason(err); why != "" {
		return why
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &op) && op.Timeout():
		return fmt.Sprintf("timed out after %s", timeout)
	case errors.As(err, &dns):
		return "no such host: " + dns.Name
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "host unreachable"
	case errors.Is(err, syscall.ENETUNREACH):
		return "network unreachable"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed without a complete answer"
	case errors.Is(err, errMalformed):
		return errMalformed.Error()
	case errors.Is(err, errHops), errors.Is(err, errRedirect):
		return err.Error()
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "the probe has no such source address"
	}
	return noAnswer
}

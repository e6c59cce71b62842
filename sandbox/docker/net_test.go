package docker_test

import (
	"net"
	"testing"
	"time"
)

// awaitPort connects again and again until something listens.
func awaitPort(tb testing.TB, address string) {
	tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			c.Close()
			return
		}
	}
	tb.Fatalf("nothing listens at %s", address)
}

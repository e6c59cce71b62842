package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
)

// isHealth tells whether a path may be asked under any host name: probes of
// orchestrators come by address.
func isHealth(path string) bool { return path == "/healthz" || path == "/readyz" }

// healthz answers while the process lives.
func (h *Handler) healthz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, "ok\n")
}

// readyz answers 200 when requests should be sent here, with the state of each part.
func (h *Handler) readyz(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 5*time.Second)
	defer cancel()
	ready := h.Ready(ctx)
	if h.ending() {
		ready.OK = false
		ready.Parts["server"] = "ends"
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	status := http.StatusOK
	if !ready.OK {
		status = http.StatusServiceUnavailable
	}
	return c.JSON(status, ready)
}

// ending tells whether Close was called.
func (h *Handler) ending() bool {
	select {
	case <-h.stopping:
		return true
	default:
		return false
	}
}

// metrics answers only programs on this machine: what it says is nobody else's business.
func (h *Handler) metrics(c echo.Context) error {
	r := c.Request()
	if !fromThisMachine(r) {
		return errNoPage()
	}
	h.Metrics.ServeHTTP(c.Response(), r)
	return nil
}

func fromThisMachine(r *http.Request) bool {
	for _, forwarded := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header[forwarded] != nil {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

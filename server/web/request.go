package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"pattarai/server/fault"
)

// requestInfo is what one request's log line needs to know; handlers fill it in.
type requestInfo struct {
	id      string
	route   string // The route's pattern, never its parameters.
	learner string // Id; only its hash is logged.
	err     error
}

type infoKey struct{}

func infoOf(ctx context.Context) *requestInfo {
	if info, ok := ctx.Value(infoKey{}).(*requestInfo); ok {
		return info
	}
	return &requestInfo{}
}

// requestIDs gives ids that are unique among all runs of this server.
type requestIDs struct {
	run  string
	last atomic.Uint64
}

func newRequestIDs() *requestIDs { return &requestIDs{run: rand.Text()[:8] + "-"} }

func (ids *requestIDs) next() string { return ids.run + strconv.FormatUint(ids.last.Add(1), 36) }

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Flush implements http.Flusher for writers that ask for it directly.
func (w *recorder) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// finish ends every request: it turns a panic into an answer, and writes the log line.
func (h *Handler) finish(w *recorder, r *http.Request, info *requestInfo, started time.Time) {
	if p := recover(); p != nil {
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			h.logRequest(r, info, w.status, started)
			panic(p)
		}
		h.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request", info.id), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		if w.status == 0 {
			h.fail(fault.Of(errors.New("panic")), h.echo.NewContext(r, w))
		}
	}
	h.logRequest(r, info, w.status, started)
}

func (h *Handler) logRequest(r *http.Request, info *requestInfo, status int, started time.Time) {
	took := h.Now().Sub(started)
	route := info.route
	if route == "" {
		route = "none"
	}
	h.Observe(route, status, took)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !h.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := [6]slog.Attr{
		slog.String("request", info.id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", status), slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	line := attrs[:5]
	if info.learner != "" {
		line = append(line, slog.String("learner", h.pseudonym(info.learner)))
	}
	if info.err != nil {
		line = append(line, slog.Any("error", info.err))
	}
	h.Log.LogAttrs(r.Context(), level, "request", line...)
}

// pseudonym is how the log names a learner: the same all the time, and nothing
// that leads back to the learner without the installation's secret.
func (h *Handler) pseudonym(learner string) string {
	mac := hmac.New(sha256.New, h.Secret)
	mac.Write([]byte("log\x00" + learner))
	return hex.EncodeToString(mac.Sum(nil)[:6])
}

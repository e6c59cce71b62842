package server

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"sync"
	"time"
)

// newLog returns the structured log. Lines wait a moment and are written together;
// flush writes what waits and ends that. Warnings and errors do not wait.
func newLog(w io.Writer, cfg Config) (*slog.Logger, func() error) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // It was validated.
	out := newBatch(w)
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options)), out.close
	}
	return slog.New(slog.NewTextHandler(out, options)), out.close
}

const (
	logDelay  = 100 * time.Millisecond
	logBuffer = 64 << 10
)

// batch is a writer that writes many lines at once: a system call for each request
// would cost more than a page.
type batch struct {
	mu     sync.Mutex
	out    *bufio.Writer
	timer  *time.Timer
	armed  bool
	closed bool
}

func newBatch(w io.Writer) *batch {
	b := &batch{out: bufio.NewWriterSize(w, logBuffer)}
	b.timer = time.AfterFunc(time.Hour, b.flush)
	b.timer.Stop()
	return b
}

// Write implements io.Writer.
func (b *batch) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.out.Write(line)
	if b.closed || urgent(line) {
		return n, b.out.Flush()
	}
	if !b.armed {
		b.armed = true
		b.timer.Reset(logDelay)
	}
	return n, err
}

func (b *batch) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = false
	_ = b.out.Flush() // There is no other place to tell.
}

func (b *batch) close() error {
	b.timer.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.out.Flush()
}

// urgent tells whether a line of either format is a warning or an error.
func urgent(line []byte) bool {
	line = line[:min(len(line), 80)] // The level stands behind the time.
	for _, mark := range [...]string{"level=WARN", "level=ERROR", `"level":"WARN"`, `"level":"ERROR"`} {
		if bytes.Contains(line, []byte(mark)) {
			return true
		}
	}
	return false
}

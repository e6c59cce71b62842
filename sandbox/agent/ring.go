package agent

import "bytes"

// ring keeps the last max bytes written to it.
type ring struct {
	max     int
	buf     []byte
	start   int // Index of the oldest byte once buf is full.
	wrapped bool
}

// Write implements io.Writer; it never fails.
func (r *ring) Write(p []byte) (int, error) {
	n := len(p)
	if n >= r.max {
		r.wrapped = r.wrapped || n > r.max || len(r.buf) > 0
		r.buf = append(r.buf[:0], p[n-r.max:]...)
		r.start = 0
		return n, nil
	}
	if room := r.max - len(r.buf); room > 0 {
		k := min(room, len(p))
		r.buf = append(r.buf, p[:k]...)
		p = p[k:]
	}
	for len(p) > 0 {
		k := copy(r.buf[r.start:], p)
		r.start = (r.start + k) % r.max
		r.wrapped = true
		p = p[k:]
	}
	return n, nil
}

// tail returns a copy of the last n bytes at most. When older bytes are missing
// it begins after a line's end if one is near, so that nobody is shown half a
// character or half an escape sequence.
func (r *ring) tail(n int) []byte {
	all := make([]byte, 0, len(r.buf))
	all = append(append(all, r.buf[r.start:]...), r.buf[:r.start]...)
	cut := r.wrapped
	if len(all) > n {
		all, cut = all[len(all)-n:], true
	}
	if cut {
		all = afterLine(all)
	}
	return all
}

// reset forgets everything.
func (r *ring) reset() { *r = ring{max: r.max} }

// afterLine drops bytes up to the first line's end, if that costs at most a
// quarter of them.
func afterLine(b []byte) []byte {
	if i := bytes.IndexByte(b[:len(b)/4], '\n'); i >= 0 {
		return b[i+1:]
	}
	return b
}

// head keeps the first max bytes written to it and remembers that there were more.
type head struct {
	max       int
	buf       []byte
	truncated bool
}

// Write implements io.Writer; it never fails.
func (h *head) Write(p []byte) (int, error) {
	k := min(h.max-len(h.buf), len(p))
	h.buf = append(h.buf, p[:k]...)
	h.truncated = h.truncated || k < len(p)
	return len(p), nil
}

package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/andybalholm/brotli"
)

// item is one thing of the shelf in all its encodings.
type item struct {
	kind   []string // Header values, ready to be set.
	cache  []string
	make   func() ([]byte, error)
	once   sync.Once
	err    error
	plain  encoded
	gzip   *encoded // nil when compressing does not pay.
	brotli atomic.Pointer[encoded]
	asked  atomic.Bool // Brotli is being made.
}

// encoded is a body with the header values that belong to it.
type encoded struct {
	body     []byte
	length   []string
	etag     []string
	encoding []string // nil for the plain one.
}

func newItem(kind, cache string, render func() ([]byte, error)) *item {
	return &item{kind: []string{kind}, cache: []string{cache}, make: render}
}

// prepare renders and compresses, once.
func (it *item) prepare() error {
	it.once.Do(func() {
		body, err := it.make()
		it.make = nil // Frees what only rendering needed.
		if err != nil {
			it.err = err
			return
		}
		sum := sha256.Sum256(body)
		tag := hex.EncodeToString(sum[:10])
		it.plain = newEncoded(body, tag, "")
		if compressible(it.kind[0]) {
			if small := gzipped(body); len(small) < len(body) {
				e := newEncoded(small, tag, "gzip")
				it.gzip = &e
			}
		}
	})
	return it.err
}

func newEncoded(body []byte, tag, encoding string) encoded {
	e := encoded{body: body, length: []string{strconv.Itoa(len(body))}, etag: []string{`"` + tag + `"`}}
	if encoding != "" {
		e.encoding = []string{encoding}
		e.etag = []string{`"` + tag + "-" + encoding + `"`}
	}
	return e
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "svg")
}

func gzipped(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // The level is valid.
	_, _ = w.Write(body)                                    // Into memory.
	_ = w.Close()
	return out.Bytes()
}

var (
	varyValue = []string{"Accept-Encoding, Accept-Language, Cookie"}
	varyStill = []string{"Accept-Encoding"}
)

// write sends the encoding that suits r, or 304. It returns the status.
func (it *item) write(w http.ResponseWriter, r *http.Request, press *press) int {
	e := it.choose(r.Header["Accept-Encoding"], press)
	h := w.Header()
	h["Etag"], h["Cache-Control"], h["Vary"] = e.etag, it.cache, varyValue
	if it.kind[0] != htmlType {
		h["Vary"] = varyStill
	}
	if matches(r.Header["If-None-Match"], e.etag[0]) {
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified
	}
	h["Content-Type"], h["Content-Length"] = it.kind, e.length
	if e.encoding != nil {
		h["Content-Encoding"] = e.encoding
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(e.body) // The reader may have gone.
	}
	return http.StatusOK
}

func (it *item) choose(accept []string, press *press) *encoded {
	if it.gzip == nil || len(accept) == 0 {
		return &it.plain
	}
	if accepts(accept[0], "br") {
		if b := it.brotli.Load(); b != nil {
			return b
		}
		press.ask(it)
	}
	if accepts(accept[0], "gzip") {
		return it.gzip
	}
	return &it.plain
}

// accepts tells whether an Accept-Encoding header names coding and does not refuse it.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == coding {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && !strings.HasPrefix(weight, "q=0.000")
		}
	}
	return false
}

func matches(header []string, etag string) bool {
	for _, line := range header {
		for tag := range strings.SplitSeq(line, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}

// press makes brotli forms of items that browsers asked for, one after another,
// while they are served as gzip.
type press struct {
	queue chan *item
	wait  sync.WaitGroup
}

func newPress() *press { return &press{queue: make(chan *item, 512)} }

func (p *press) start(ctx context.Context) {
	p.wait.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case it := <-p.queue:
				it.compress()
			}
		}
	})
}

// ask queues it unless it was asked for already. When the queue is full the item
// stays as it is until somebody asks again.
func (p *press) ask(it *item) {
	if it.asked.Swap(true) {
		return
	}
	select {
	case p.queue <- it:
	default:
		it.asked.Store(false)
	}
}

func (it *item) compress() {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	_, _ = w.Write(it.plain.body) // Into memory.
	_ = w.Close()
	if out.Len() < len(it.gzip.body) {
		e := newEncoded(out.Bytes(), strings.Trim(it.plain.etag[0], `"`), "br")
		it.brotli.Store(&e)
	}
}

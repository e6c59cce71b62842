package probe

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Bounds of one request and its answer.
const (
	maxRequest = 256 << 10 // Bytes of a request.
	maxAnswer  = 16 << 20  // Bytes read of an answer, head included.
	maxBody    = 2 << 10   // Bytes kept of its body.
	maxHeaders = 4 << 10   // Bytes kept of its headers.
	maxHead    = 64 << 10  // Bytes of its head over HTTP/2.
	maxName    = 200       // Bytes of a server's name.
	userAgent  = "pattarai-probe"
	portHTTP   = "80"
	portHTTPS  = "443"
)

// target is where requests go.
type target struct {
	secure    bool   // https.
	authority string // As written: the Host header.
	name      string // Who is asked for, where a Host header says otherwise.
	address   string // With port.
	path      string // As written, query included.
}

// parseTarget takes a URL apart without cleaning anything.
func parseTarget(url string) (target, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	port, ok := map[string]string{"http": portHTTP, "https": portHTTPS}[scheme]
	if !ok {
		return target{}, fmt.Errorf("url %q; only http:// and https:// are possible", url)
	}
	authority, path := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if strings.HasPrefix(path, "?") {
		path = "/" + path
	}
	if authority == "" || strings.ContainsAny(authority, "@ \r\n\t") {
		return target{}, fmt.Errorf("url %q has no plain host; write for example \"http://haproxy/\"", url)
	}
	address := authority
	if _, _, err := net.SplitHostPort(authority); err != nil {
		address = net.JoinHostPort(strings.Trim(authority, "[]"), port)
	}
	return target{scheme == "https", authority, authority, address, path}, nil
}

// message is a request ready to be sent.
type message struct {
	method, path string
	headers      map[string]string // Host and User-Agent included.
	body         string
	bytes        []byte
}

// compose writes a request; the variant's empty fields are the spec's.
func compose(to target, spec HTTPSpec, v HTTPVariant) (message, error) {
	headers := maps.Clone(spec.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	maps.Copy(headers, v.Headers)
	body := cmp.Or(v.Body, spec.Body)
	m := message{method: cmp.Or(v.Method, spec.Method, "GET"), path: cmp.Or(v.Path, to.path), headers: headers, body: body}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", m.method, m.path)
	fmt.Fprintf(&b, "Host: %s\r\n", headerValue(headers, "Host", to.authority))
	fmt.Fprintf(&b, "User-Agent: %s\r\n", headerValue(headers, "User-Agent", userAgent))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if !isOwn(name) {
			fmt.Fprintf(&b, "%s: %s\r\n", name, headers[name])
		}
	}
	if hasBody(m.method, body) && !has(headers, "Content-Length") && !has(headers, "Transfer-Encoding") {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	if !spec.KeepAlive && !has(headers, "Connection") {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n")
	b.WriteString(body)
	m.bytes = b.Bytes()
	return m, m.check(headers)
}

// check refuses what would not be one request.
func (m message) check(headers map[string]string) error {
	if m.method == "" || strings.ContainsAny(m.method, " \t\r\n") || strings.ContainsAny(m.path, "\r\n") {
		return fmt.Errorf("request %q %q; neither may contain a line break, nor the method a space", m.method, m.path)
	}
	for name, value := range headers {
		if name == "" || strings.ContainsAny(name, ": \t\r\n") || strings.ContainsAny(value, "\r\n") {
			return fmt.Errorf("header %q: %q; names have no spaces or colons, and neither side a line break", name, value)
		}
	}
	if len(m.bytes) > maxRequest {
		return fmt.Errorf("request of %d bytes; at most %d are allowed", len(m.bytes), maxRequest)
	}
	return nil
}

func isOwn(name string) bool {
	return strings.EqualFold(name, "Host") || strings.EqualFold(name, "User-Agent")
}

func hasBody(method, body string) bool {
	return body != "" || method == "POST" || method == "PUT" || method == "PATCH"
}

func has(headers map[string]string, name string) bool {
	for n := range headers {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func headerValue(headers map[string]string, name, fallback string) string {
	for n, value := range headers {
		if strings.EqualFold(n, name) {
			return value
		}
	}
	return fallback
}

// readHead reads the head of the answer, past any interim ones.
func readHead(r *bufio.Reader, method string) (*http.Response, error) {
	for range 5 {
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return nil, malformed(err)
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			return res, nil
		}
	}
	return nil, errMalformed
}

// malformed tells an answer that is not HTTP from one that did not come.
func malformed(err error) error {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%w: %w", errMalformed, err)
}

// readBody reads all of a body and keeps its beginning.
func readBody(body io.Reader) ([]byte, error) {
	kept, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	return kept, err
}

// answer is what of a response is told.
func (c *caller) answer(res *http.Response, body []byte) HTTPAnswer {
	return HTTPAnswer{Status: res.StatusCode, Headers: clip(res.Header), Body: string(body), Server: c.name(res.Header, body)}
}

// clip keeps headers up to maxHeaders bytes.
func clip(all http.Header) map[string][]string {
	kept, size := map[string][]string{}, 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, value := range all[name] {
			if size += len(name) + len(value); size <= maxHeaders {
				kept[name] = append(kept[name], value)
			}
		}
	}
	return kept
}

// name is the answering server's, found as By says.
func (c *caller) name(headers http.Header, body []byte) string {
	name := ""
	if header, ok := strings.CutPrefix(c.by, "header:"); ok {
		name = headers.Get(header)
	} else if c.by == "body" {
		line, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
		name = string(line)
	}
	name = strings.TrimSpace(name)
	return name[:min(len(name), maxName)]
}

func checkBy(by string) error {
	if header, ok := strings.CutPrefix(by, "header:"); by == "" || by == "body" || ok && header != "" {
		return nil
	}
	return fmt.Errorf("by %s; use \"body\" or \"header:NAME\"", strconv.Quote(by))
}

// Package probe looks at a lab from inside its network and says what it saw. It
// runs in the agent of the lab's probe node, where the learner has no way in.
// It judges nothing: expectations never leave the server.
package probe

import "time"

// The kinds of probe that run in the agent.
const (
	KindHTTP    = "http"    // HTTPSpec -> HTTPSeen
	KindTCP     = "tcp"     // TCPSpec -> TCPSeen
	KindTraffic = "traffic" // TrafficSpec -> a stream of TrafficSeen until cancelled
)

// HTTPSpec asks for one or many HTTP requests.
type HTTPSpec struct {
	URL         string            `json:"url"`                 // "http://haproxy/" or "https://haproxy/". Path and query are sent exactly as written, never cleaned.
	Method      string            `json:"method"`              // GET by default.
	Headers     map[string]string `json:"headers"`             // "Host" sets the host.
	Body        string            `json:"body"`                //
	Requests    int               `json:"requests"`            // 1 by default, at most 20000.
	Concurrency int               `json:"concurrency"`         // 1 by default, at most 200.
	KeepAlive   bool              `json:"keep_alive"`          // One connection per worker; otherwise a new connection per request.
	Timeout     time.Duration     `json:"timeout"`             // Per request; 5 s by default.
	Rate        float64           `json:"rate"`                // Requests per second in all; 0 means as fast as answers come.
	By          string            `json:"by"`                  // How to name the answering server: "body" (trimmed first line) or "header:X-Served-By".
	Record      int               `json:"record"`              // Keep this many single answers in Seen.Samples (at most 100).
	Paths       []HTTPVariant     `json:"paths"`               // When set: one request each, in order, instead of Requests.
	TLS         *TLSSpec          `json:"tls,omitempty"`       // How https:// is spoken; nil trusts nobody.
	Follow      int               `json:"follow,omitempty"`    // Redirects to follow, at most 10; 0 takes the first answer.
	Clients     int               `json:"clients,omitempty"`   // So many clients take turns, at most 100; 0 means one that remembers nothing.
	ClientBy    string            `json:"client_by,omitempty"` // How clients differ: "cookie" (each keeps its own), "source" or "header:X-User".
	Sources     []string          `json:"sources,omitempty"`   // Addresses of the probe's to send from, in turn; with clients one for each.
}

// TLSSpec is how https:// is spoken.
type TLSSpec struct {
	CA         string   `json:"ca"`          // Certificates to trust, PEM; there are no others.
	Insecure   bool     `json:"insecure"`    // Go on although the certificate is not trusted.
	ServerName string   `json:"server_name"` // Asked for and verified; the host otherwise.
	ALPN       []string `json:"alpn"`        // "h2", "http/1.1"; the latter alone by default.
	MinVersion string   `json:"min_version"` // "1.2" or "1.3"; 1.2 by default.
	MaxVersion string   `json:"max_version"` // "1.2" or "1.3"; 1.3 by default.
}

// TLSSeen is what the first connection showed.
type TLSSeen struct {
	Version string    `json:"version"` // "1.3"
	ALPN    string    `json:"alpn"`    // What was agreed on; "" for nothing.
	Subject string    `json:"subject"`
	Issuer  string    `json:"issuer"`
	Names   []string  `json:"names"` // Host names and addresses, at most 100.
	Begins  time.Time `json:"begins"`
	Ends    time.Time `json:"ends"`
	Trusted bool      `json:"trusted"`
	Why     string    `json:"why"` // Why it is not trusted.
}

// Hop is an answer that led elsewhere.
type Hop struct {
	URL      string `json:"url"` // That was asked.
	Status   int    `json:"status"`
	Location string `json:"location"` // As sent.
}

// HTTPVariant is one request of a table; empty fields are the spec's.
type HTTPVariant struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // As is: "//admin", "/%61dmin", "/x/../admin".
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// HTTPSeen is what came back.
type HTTPSeen struct {
	Sent     int            `json:"sent"`
	Failed   int            `json:"failed"`   // No complete answer, or status >= 500.
	Statuses map[int]int    `json:"statuses"` // 0 counts requests without an answer.
	Servers  map[string]int `json:"servers"`  // Answers by the name asked for with By; "" counts answers without one. Failed ones do not count.
	Order    []string       `json:"order"`    // Names in the order of sending, at most 2000; "" for failed ones.
	Errors   map[string]int `json:"errors"`   // Plain words: "connection refused", "timed out after 5s".
	P50      time.Duration  `json:"p50"`
	P95      time.Duration  `json:"p95"`
	Max      time.Duration  `json:"max"`
	Elapsed  time.Duration  `json:"elapsed"`
	Samples  []HTTPAnswer   `json:"samples"` // With Paths: one per entry, in order.
	TLS      *TLSSeen       `json:"tls,omitempty"`
	Sources  []string       `json:"sources,omitempty"` // The addresses that connections really came from, at most 100.
}

// HTTPAnswer is a single answer.
type HTTPAnswer struct {
	Method   string              `json:"method"`
	Path     string              `json:"path"`
	Status   int                 `json:"status"` // 0 without an answer.
	Server   string              `json:"server"`
	Headers  map[string][]string `json:"headers"`
	Body     string              `json:"body"` // At most 2 KiB.
	Error    string              `json:"error"`
	Duration time.Duration       `json:"duration"`
	Hops     []Hop               `json:"hops,omitempty"` // What was passed on the way to this answer.
	URL      string              `json:"url,omitempty"`  // Where a redirect led; "" without one.
}

// TCPSpec asks for a conversation over TCP.
type TCPSpec struct {
	Address string        `json:"address"` // "redis:6379".
	Send    string        `json:"send"`
	Until   string        `json:"until"`   // Read until this text appears, the peer closes, or Timeout.
	Timeout time.Duration `json:"timeout"` // 5 s by default.
}

// TCPSeen is what came back.
type TCPSeen struct {
	Connected bool          `json:"connected"`
	Received  string        `json:"received"` // At most 8 KiB.
	Error     string        `json:"error"`
	Elapsed   time.Duration `json:"elapsed"`
}

// TrafficSpec asks for steady traffic until the call is cancelled.
type TrafficSpec struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	By      string            `json:"by"`
	Rate    float64           `json:"rate"`    // Requests per second, 0.2 to 200. New connection each.
	Timeout time.Duration     `json:"timeout"` // 2 s by default.
	Every   time.Duration     `json:"every"`   // How often to report; 200 ms by default.
}

// TrafficSeen is what happened since the last report.
type TrafficSeen struct {
	Requests []TrafficRequest `json:"requests"` // At most 100 per report.
	Sent     int              `json:"sent"`
	Failed   int              `json:"failed"`
	P50      time.Duration    `json:"p50"`
}

// TrafficRequest is one request of the traffic.
type TrafficRequest struct {
	Server string `json:"server"` // "" when it failed.
	Status int    `json:"status"` // 0 without an answer.
	Micros int64  `json:"micros"`
}

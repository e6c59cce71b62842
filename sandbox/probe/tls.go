package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// Bounds of TLS.
const (
	maxNames   = 100
	maxDN      = 300 // Bytes of a subject or issuer.
	protoHTTP1 = "http/1.1"
	protoHTTP2 = "h2"
)

// errUntrusted is a certificate that does not verify.
var errUntrusted = errors.New("the certificate is not trusted")

// handshake is how TLS connections are opened, and what the first one showed. It is
// safe for concurrent use.
type handshake struct {
	spec TLSSpec
	pool *x509.CertPool

	mu    sync.Mutex
	first *TLSSeen
}

// newHandshake checks the spec; without one nobody is trusted.
func newHandshake(spec *TLSSpec) (*handshake, error) {
	h := &handshake{pool: x509.NewCertPool()}
	if spec != nil {
		h.spec = *spec
	}
	if h.spec.CA != "" && !h.pool.AppendCertsFromPEM([]byte(h.spec.CA)) {
		return nil, errors.New("the ca holds no PEM certificate")
	}
	for _, version := range []string{h.spec.MinVersion, h.spec.MaxVersion} {
		if _, known := versions()[version]; !known {
			return nil, fmt.Errorf("TLS version %q; use 1.2 or 1.3", version)
		}
	}
	for _, name := range h.spec.ALPN {
		if name != protoHTTP1 && name != protoHTTP2 {
			return nil, fmt.Errorf("alpn %q; use %s or %s", name, protoHTTP2, protoHTTP1)
		}
	}
	if len(h.spec.ALPN) == 0 {
		h.spec.ALPN = []string{protoHTTP1}
	}
	return h, nil
}

func versions() map[string]uint16 {
	return map[string]uint16{"": 0, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
}

// secure turns a connection into one that speaks TLS.
func (c *conn) secure(ctx context.Context, h *handshake, host string) error {
	name := orElse(h.spec.ServerName, host)
	secured := tls.Client(c.Conn, &tls.Config{
		ServerName:         name,
		InsecureSkipVerify: true, //nolint:gosec // inspect verifies, and keeps what it saw when that fails.
		VerifyConnection:   func(state tls.ConnectionState) error { return h.inspect(state, name) },
		NextProtos:         h.spec.ALPN,
		MinVersion:         max(versions()[h.spec.MinVersion], tls.VersionTLS12),
		MaxVersion:         versions()[h.spec.MaxVersion],
	})
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	c.Conn = secured
	if secured.ConnectionState().NegotiatedProtocol == protoHTTP2 {
		c.h2 = newH2(secured)
	}
	return nil
}

// inspect verifies what the server showed and keeps the first of it.
func (h *handshake) inspect(state tls.ConnectionState, name string) error {
	if len(state.PeerCertificates) == 0 {
		return errUntrusted
	}
	leaf := state.PeerCertificates[0]
	options := x509.VerifyOptions{Roots: h.pool, DNSName: name, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := leaf.Verify(options)
	h.remember(state, leaf, err)
	if err == nil || h.spec.Insecure {
		return nil
	}
	return fmt.Errorf("%w: %w", errUntrusted, err)
}

func (h *handshake) remember(state tls.ConnectionState, leaf *x509.Certificate, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first != nil {
		return
	}
	h.first = &TLSSeen{
		Version: strings.TrimPrefix(tls.VersionName(state.Version), "TLS "), ALPN: state.NegotiatedProtocol,
		Subject: cut(leaf.Subject.String(), maxDN), Issuer: cut(leaf.Issuer.String(), maxDN), Names: namesOf(leaf),
		Begins: leaf.NotBefore.UTC(), Ends: leaf.NotAfter.UTC(), Trusted: err == nil,
	}
	if err != nil {
		h.first.Why = untrusted(err)
	}
}

func (h *handshake) seen() *TLSSeen {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first
}

// namesOf are the host names and addresses that a certificate is for.
func namesOf(leaf *x509.Certificate) []string {
	names := make([]string, 0, len(leaf.DNSNames)+len(leaf.IPAddresses))
	for _, name := range leaf.DNSNames {
		names = append(names, cut(name, maxName))
	}
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names[:min(len(names), maxNames)]
}

// untrusted says in plain words why a certificate is not trusted.
func untrusted(err error) string {
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return "it is not for " + host.Host
	case errors.As(err, &authority):
		return "nobody that is trusted has signed it"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return "it is not valid yet"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired"
	}
	return cut(strings.TrimPrefix(err.Error(), "x509: "), maxName)
}

// tlsReason says why there was no TLS connection; "" for any other error.
func tlsReason(err error) string {
	var header tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, errUntrusted):
		return errUntrusted.Error() + ": " + untrusted(err)
	case errors.As(err, &header):
		return "the answer is not TLS"
	case errors.As(err, &alert):
		return "the TLS handshake was refused: " + strings.TrimPrefix(alert.Error(), "tls: ")
	case strings.HasPrefix(err.Error(), "remote error: tls: "):
		return "the TLS handshake was refused: " + strings.TrimPrefix(err.Error(), "remote error: tls: ")
	case strings.HasPrefix(err.Error(), "tls: "):
		return "the TLS handshake failed: " + cut(strings.TrimPrefix(err.Error(), "tls: "), maxName)
	}
	return ""
}

// hostname is a host without its port.
func hostname(authority string) string {
	if host, _, err := net.SplitHostPort(authority); err == nil {
		return host
	}
	return strings.Trim(authority, "[]")
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// cut keeps the beginning of a text, as valid UTF-8.
func cut(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}

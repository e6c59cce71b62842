package check

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"math"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// source is where a text is found that is only known while a check runs.
type source struct {
	node string // "" for the workspace.
	path string
}

// read reads it. What is not there is the learner's doing.
func (s source) read(ctx context.Context, e *env) (string, *outcome) {
	f := fileProbe{node: s.node, path: s.path}
	o := f.look(ctx, e)
	if o.status != Passed {
		return "", &o
	}
	return o.text, nil
}

// tls reads how https:// is spoken.
func (h *httpProbe) tls(p *parser, m, expect yamldoc.Map) {
	v := m.Get("tls")
	secure := strings.HasPrefix(h.spec.URL, "https://")
	if !v.Present() {
		if secure {
			m.Problem("no-tls", "https:// without \"tls\"", "whom to trust must be said", "add \"tls: {ca: {in: NODE, path: /…/ca.pem}}\", or \"tls: {insecure: true}\"")
		}
		if expect.Has("tls") && !secure && !m.Has("follow") {
			expect.Key("tls").Problem("forbidden-pair", "\"tls\" expected of http://", "only https:// has a certificate", "write the URL with https://")
		}
		return
	}
	t, ok := v.Map("ca", "insecure", "server_name", "alpn", "min_version", "max_version")
	if !ok {
		return
	}
	if !secure && !m.Has("follow") {
		m.Key("tls").Problem("forbidden-pair", "\"tls\" beside http://", "only https:// is encrypted", "write the URL with https://")
	}
	spec := &probe.TLSSpec{}
	h.spec.TLS = spec
	optional(t, "ca", func(v yamldoc.Value) { spec.CA, h.ca = p.certificates(v) })
	optional(t, "insecure", func(v yamldoc.Value) { spec.Insecure, _ = v.Bool() })
	optional(t, "server_name", func(v yamldoc.Value) { spec.ServerName, _ = v.Text() })
	optional(t, "alpn", func(v yamldoc.Value) { spec.ALPN = choices(v, "h2", "http/1.1") })
	optional(t, "min_version", func(v yamldoc.Value) { spec.MinVersion, _ = v.Choice("1.2", "1.3") })
	optional(t, "max_version", func(v yamldoc.Value) { spec.MaxVersion, _ = v.Choice("1.2", "1.3") })
	if spec.MinVersion > spec.MaxVersion && spec.MaxVersion != "" {
		t.Key("max_version").Problem("out-of-range", "\"max_version\" below \"min_version\"", "1.2 or 1.3, in this order", "swap the two")
	}
	if t.Has("ca") == spec.Insecure {
		t.Problem("trust", "\"ca\" and \"insecure: true\", or neither", "exactly one of the two", "name the ca, or trust everybody with insecure")
	}
	if w := expect.Get("tls"); w.IsMap() {
		if m, ok := w.AnyMap(); ok && m.Has("trusted") {
			spec.Insecure = true // It is judged, not demanded.
		}
	}
}

func choices(v yamldoc.Value, allowed ...string) []string {
	var out []string
	for _, item := range v.OneOrMore() {
		if word, ok := item.Choice(allowed...); ok {
			out = append(out, word)
		}
	}
	return out
}

// certificates reads PEM text, or where it is found.
func (p *parser) certificates(v yamldoc.Value) (string, *source) {
	if !v.IsMap() {
		text, ok := v.Text()
		if ok && !hasCertificate(text) {
			v.Problem("ca", "text without a PEM certificate", "-----BEGIN CERTIFICATE----- and what follows, or {in: NODE, path: …}, or {workspace: FILE}", "write where the certificate is found")
		}
		return text, nil
	}
	m, ok := v.Map("in", "path", "workspace")
	if !ok {
		return "", nil
	}
	if w := m.Get("workspace"); w.Present() {
		p.workspace = true
		return "", &source{path: workspacePath(w)}
	}
	s := &source{}
	if in, ok := m.Require("in", "add \"in: \" with a node, or use \"workspace: \""); ok {
		s.node = p.node(in)
	}
	if at, ok := m.Require("path", "add \"path: \" with an absolute path"); ok {
		s.path = absolute(at)
	}
	return "", s
}

func hasCertificate(text string) bool {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			return true
		}
	}
	return false
}

// tlsWant is what is expected of a connection and its certificate.
type tlsWant struct {
	version, alpn   string
	names           []string
	subject, issuer textWant
	days            *bound
	trusted         *bool
}

func readTLSWant(v yamldoc.Value) *tlsWant {
	m, ok := v.Map("version", "alpn", "names", "subject", "issuer", "days", "trusted")
	if !ok {
		return nil
	}
	if len(m.Entries) == 0 {
		m.Problem("empty", "an empty map", "at least one of version, alpn, names, subject, issuer, days, trusted", "add one of them")
	}
	w := &tlsWant{}
	optional(m, "version", func(v yamldoc.Value) { w.version, _ = v.Choice("1.2", "1.3") })
	optional(m, "alpn", func(v yamldoc.Value) { w.alpn, _ = v.Choice("h2", "http/1.1") })
	optional(m, "names", func(v yamldoc.Value) { w.names, _ = v.Texts() })
	optional(m, "subject", func(v yamldoc.Value) { w.subject = textExpectation(v, string(msgSubject)) })
	optional(m, "issuer", func(v yamldoc.Value) { w.issuer = textExpectation(v, string(msgIssuer)) })
	optional(m, "days", func(v yamldoc.Value) {
		if b, ok := numberBound(v); ok {
			w.days = &b
		}
	})
	optional(m, "trusted", func(v yamldoc.Value) {
		if yes, ok := v.Bool(); ok {
			w.trusted = &yes
		}
	})
	return w
}

func (w *tlsWant) words() []string {
	var out []string
	if w.version != "" {
		out = append(out, say(msgTLSVersion, w.version))
	}
	if w.alpn != "" {
		out = append(out, say(msgTLSALPN, w.alpn))
	}
	if len(w.names) > 0 {
		out = append(out, say(msgTLSName, list(w.names)))
	}
	if w.days != nil {
		out = append(out, say(msgTLSDays, *w.days))
	}
	switch {
	case w.trusted == nil:
	case *w.trusted:
		out = append(out, string(msgTLSTrusted))
	default:
		out = append(out, string(msgTLSUntrusted))
	}
	return append(append(out, w.subject.words()...), w.issuer.words()...)
}

// unmet are the claims that a connection does not fulfil.
func (w *tlsWant) unmet(seen *probe.TLSSeen) []string {
	if seen == nil {
		return []string{string(msgTLSNone)}
	}
	var out []string
	if w.version != "" && seen.Version != w.version {
		out = append(out, say(msgTLSVersionOff, seen.Version, w.version))
	}
	if w.alpn != "" && seen.ALPN != w.alpn {
		out = append(out, say(msgTLSALPNOff, quote(seen.ALPN), w.alpn))
	}
	for _, name := range w.names {
		if !slices.ContainsFunc(seen.Names, func(n string) bool { return strings.EqualFold(n, name) }) {
			out = append(out, say(msgTLSNameOff, name, namesOf(*seen)))
		}
	}
	if left := daysLeft(*seen); w.days != nil && !w.days.holds(left) {
		out = append(out, say(msgTLSDaysOff, number(left), *w.days))
	}
	switch {
	case w.trusted == nil || *w.trusted == seen.Trusted:
	case seen.Trusted:
		out = append(out, string(msgTLSTrustedOff))
	default:
		out = append(out, say(msgTLSNotTrusted, seen.Why))
	}
	return append(append(out, w.subject.unmet(seen.Subject)...), w.issuer.unmet(seen.Issuer)...)
}

// daysLeft is how many whole days a certificate is still good for.
func daysLeft(seen probe.TLSSeen) float64 {
	return math.Floor(time.Until(seen.Ends).Hours() / 24)
}

func namesOf(seen probe.TLSSeen) string {
	if len(seen.Names) == 0 {
		return string(msgNobody)
	}
	return strings.Join(seen.Names, ", ")
}

func observedTLS(seen probe.TLSSeen) string {
	return say(msgTLSSeen, seen.Version, namesOf(seen), seen.Issuer, seen.Ends.Format(time.DateOnly))
}

// curlTLS are the options of curl that say the same.
func curlTLS(s probe.HTTPSpec) []string {
	if s.TLS == nil {
		return nil
	}
	options := []string{"-k"} // The certificates to trust are not in the terminal.
	if s.TLS.MinVersion != "" {
		options = append(options, "--tlsv"+s.TLS.MinVersion)
	}
	if s.TLS.MaxVersion != "" {
		options = append(options, "--tls-max "+s.TLS.MaxVersion)
	}
	if len(s.TLS.ALPN) > 0 && !slices.Contains(s.TLS.ALPN, "h2") {
		options = append(options, "--http1.1")
	}
	return options
}

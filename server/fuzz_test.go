package server_test

import (
	"net/url"
	"testing"

	"pattarai/server"
)

// FuzzAddresses wants of every accepted base URL that browsers can use it.
func FuzzAddresses(f *testing.F) {
	f.Add("https://learn.example.org", "labs.example.net", "10.0.0.0/8")
	f.Add("http://[::1]:8080", "localhost", "::/0")
	f.Add("https://u:p@x/y?z#w", "off", "1.2.3.4")
	f.Fuzz(func(t *testing.T, base, domain, proxy string) {
		cfg := server.Default()
		cfg.BaseURL, cfg.PreviewDomain, cfg.TrustedProxies, cfg.Engine = base, domain, []string{proxy}, "none"
		if cfg.Validate() != nil || base == "" {
			return
		}
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q was accepted", base)
		}
	})
}

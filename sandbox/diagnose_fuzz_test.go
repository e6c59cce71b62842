package sandbox

import (
	"strings"
	"testing"
)

// FuzzDiagnose reads whatever a node prints: every diagnostic is of a file that was
// handed in.
func FuzzDiagnose(f *testing.F) {
	f.Add("haproxy", "[ALERT]    (61) : config : parsing [/etc/a.cfg:11] : unknown keyword 'x' in 'backend' section\n")
	f.Add("haproxy", "[WARNING]  (74) : config : missing timeouts for backend 'apps'.\n   | More.\n")
	f.Add("python", "  File \"/etc/a.cfg\", line 3\n    def x(\nSyntaxError: oh\n")
	f.Add("nginx", "nginx: [emerg] unknown directive \"x\" in /etc/a.cfg:99999999999999999999\n")
	f.Fuzz(func(t *testing.T, kind, output string) {
		files := map[string][]byte{"a.cfg": []byte("defaults\nbackend apps\n")}
		m := &member{node: Node{Files: []File{{Source: "a.cfg", Target: "/etc/a.cfg"}}, Apply: &Apply{Errors: kind}}}
		n := &edited{member: m, output: output}
		for _, d := range n.diagnose(files) {
			if d.File != "a.cfg" || d.Line < 0 || d.Severity == "" || strings.Contains(d.Severity, "\n") {
				t.Errorf("%+v", d)
			}
		}
	})
}

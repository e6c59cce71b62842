package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiagnose(t *testing.T) {
	files := map[string][]byte{
		"haproxy.cfg": []byte("defaults\n  mode http\nfrontend www\nbackend apps\n"),
		"app.py":      []byte("x"), "nginx.conf": []byte("x"),
	}
	for name, c := range map[string]struct {
		kind, output string
		want         []Diagnostic
	}{
		"haproxy error": {"haproxy", "[NOTICE]   (61) : haproxy version is 3.0.11\n" +
			"[ALERT]    (61) : config : parsing [/etc/haproxy/haproxy.cfg:11] : unknown keyword 'bogus' in 'backend' section\n" +
			"[ALERT]    (61) : config : Error(s) found in configuration file : /etc/haproxy/haproxy.cfg\n" +
			"[ALERT]    (61) : config : Fatal errors found in configuration.\n",
			[]Diagnostic{{"haproxy.cfg", 11, "error", "unknown keyword 'bogus' in 'backend' section"}}},
		"haproxy warning without a line": {"haproxy", "[WARNING]  (74) : config : missing timeouts for backend 'apps'.\n" +
			"   | While not properly invalid, you will certainly encounter various problems\n   | with such a configuration.\nWarnings were found.\n",
			[]Diagnostic{{"haproxy.cfg", 4, "warning", "missing timeouts for backend 'apps'. While not properly invalid, you will certainly encounter various problems with such a configuration."}}},
		"haproxy twice": {"haproxy", "[WARNING] (1) : config : parsing [/etc/haproxy/haproxy.cfg:2] : a\n[WARNING] (9) : config : parsing [/etc/haproxy/haproxy.cfg:2] : a\n",
			[]Diagnostic{{"haproxy.cfg", 2, "warning", "a"}}},
		"python syntax": {"python", "  File \"/srv/app.py\", line 3\n    def x(\n         ^\nSyntaxError: '(' was never closed\n",
			[]Diagnostic{{"app.py", 3, "error", "SyntaxError: '(' was never closed"}}},
		"python traceback": {"python", "Traceback (most recent call last):\n  File \"/srv/app.py\", line 9, in <module>\n    main()\n  File \"/srv/app.py\", line 5, in main\n    json.loads('')\n  File \"/usr/lib/python3.13/json/__init__.py\", line 346, in loads\njson.decoder.JSONDecodeError: Expecting value\n",
			[]Diagnostic{{"app.py", 5, "error", "json.decoder.JSONDecodeError: Expecting value"}}},
		"nginx":            {"nginx", "nginx: [emerg] unknown directive \"foo\" in /etc/nginx/nginx.conf:12\n", []Diagnostic{{"nginx.conf", 12, "error", "unknown directive \"foo\""}}},
		"another file":     {"nginx", "nginx: [warn] x in /etc/nginx/mime.types:1\n", nil},
		"no known format":  {"", "[ALERT] (1) : config : parsing [/etc/haproxy/haproxy.cfg:1] : x", nil},
		"nothing to learn": {"python", "hello\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			n := &edited{member: &member{node: Node{Apply: &Apply{Errors: c.kind}, Files: []File{
				{Source: "haproxy.cfg", Target: "/etc/haproxy/haproxy.cfg"}, {Source: "app.py", Target: "/srv/app.py"}, {Source: "nginx.conf", Target: "/etc/nginx/nginx.conf"},
			}}}, output: c.output}
			if diff := cmp.Diff(c.want, n.diagnose(files)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	m := &member{node: Node{Files: []File{{Source: "a.txt", Target: "/x/a"}, {Source: "app", Target: "/srv/app", Folder: true}, {Source: ".", Target: "/all", Folder: true}}}}
	for name, want := range map[string][]string{
		"a.txt": {"/x/a", "/all/a.txt"}, "app/main.py": {"/srv/app/main.py", "/all/app/main.py"}, "apple": {"/all/apple"},
	} {
		if diff := cmp.Diff(want, m.targets(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExitReason(t *testing.T) {
	m := &member{state: NodeState{Limit: 64 << 20}}
	for status, want := range map[int]string{
		0: "exited with status 0: the program came to its end", 1: "exited with status 1",
		137: "exited with status 137: out of memory (limit 64 MiB)", 143: "exited with status 143: ended by signal 15",
	} {
		if got := m.exitReason(status); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}

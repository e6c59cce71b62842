package server_test

import (
	"bytes"
	"flag"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"pattarai/server"
)

var update = flag.Bool("update", false, "write docs/operating.md's table anew")

func TestDefaultIsValid(t *testing.T) {
	t.Parallel()
	cfg := server.Default()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	if cfg.Lifetime != time.Hour || cfg.Addr != "127.0.0.1:8080" || cfg.PerLearner != 2 {
		t.Errorf("defaults were not read: %+v", cfg)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*server.Config)
		want   string // "" when it is right.
	}{
		"no port":         {func(c *server.Config) { c.Addr = "localhost" }, `addr: "localhost" is not host:port`},
		"no data":         {func(c *server.Config) { c.Data = "" }, "data: no folder"},
		"engine":          {func(c *server.Config) { c.Engine = "podman" }, "engine: \"podman\"; allowed are docker and none"},
		"tier":            {func(c *server.Config) { c.Tier = "soft" }, "tier: \"soft\""},
		"postgres":        {func(c *server.Config) { c.Database = "postgres://u:p@h/d" }, "SQLite file"},
		"negative labs":   {func(c *server.Config) { c.MaxLabs = -1 }, "max-labs: -1; allowed are 0 to 10000"},
		"tiny memory":     {func(c *server.Config) { c.LabMemory = 5 }, "lab-memory: 5 MiB"},
		"zero lifetime":   {func(c *server.Config) { c.Lifetime = 0 }, "lifetime: 0s; allowed are 1m to 24h"},
		"no such content": {func(c *server.Config) { c.Content = []string{"/nonexistent"} }, `content: "/nonexistent" is not a folder`},
		"http in public":  {func(c *server.Config) { c.BaseURL = "http://learn.example.org" }, "needs https"},
		"http on purpose": {func(c *server.Config) { c.BaseURL, c.Insecure, c.Tier = "http://learn.example.org", true, "hardened" }, ""},
		"https":           {func(c *server.Config) { c.BaseURL, c.Tier = "https://learn.example.org", "hardened" }, ""},
		"strangers":       {func(c *server.Config) { c.BaseURL = "https://learn.example.org" }, "accept it with --accept-shared-kernel"},
		"accepted":        {func(c *server.Config) { c.BaseURL, c.AcceptSharedKernel = "https://learn.example.org", true }, ""},
		"without labs":    {func(c *server.Config) { c.BaseURL, c.Engine = "https://learn.example.org", "none" }, ""},
		"this machine":    {func(c *server.Config) { c.BaseURL = "http://127.0.0.1:8080" }, ""},
		"path":            {func(c *server.Config) { c.BaseURL = "https://learn.example.org/x" }, "scheme and host only"},
		"user":            {func(c *server.Config) { c.BaseURL = "https://u:p@learn.example.org" }, "scheme and host only"},
		"same domain":     {func(c *server.Config) { c.BaseURL, c.PreviewDomain = "https://a.example", "a.example" }, "share a domain"},
		"parent domain":   {func(c *server.Config) { c.BaseURL, c.PreviewDomain = "https://learn.a.example", "a.example" }, "share a domain"},
		"child domain":    {func(c *server.Config) { c.BaseURL, c.PreviewDomain = "https://a.example", "p.a.example" }, "share a domain"},
		"other domain": {func(c *server.Config) {
			c.BaseURL, c.PreviewDomain, c.Tier = "https://a.example", "b.example", "hardened"
		}, ""},
		"previews off":     {func(c *server.Config) { c.PreviewDomain = "off" }, ""},
		"domain with port": {func(c *server.Config) { c.PreviewDomain = "b.example:80" }, "without a port"},
		"proxies":          {func(c *server.Config) { c.TrustedProxies = []string{"10.0.0.1"} }, "trusted-proxies: \"10.0.0.1\""},
		"installation":     {func(c *server.Config) { c.Installation = "My Class" }, "installation: \"My Class\""},
	}
	for name, c := range cases {
		cfg := server.Default()
		c.change(&cfg)
		err := cfg.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestValidateSaysEverything(t *testing.T) {
	t.Parallel()
	cfg := server.Default()
	cfg.Addr, cfg.Tier, cfg.Graders, cfg.PreviewDomain = "x", "y", 0, "Z"
	err := cfg.Validate()
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 4 {
		t.Errorf("four mistakes, %d lines: %v", len(lines), err)
	}
}

func TestLogHidesCredentials(t *testing.T) {
	t.Parallel()
	cfg := server.Default()
	cfg.DockerHost = "tcp://root:hunter2@engine:2376"
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "config", cfg)
	if text := out.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "config.docker-host=tcp://root:xxxxx@engine:2376") {
		t.Error(text)
	}
}

// TestOperatingTable compares the table of docs/operating.md with the settings.
func TestOperatingTable(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../docs/operating.md", "<!-- settings: begin -->\n", "<!-- settings: end -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	old, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatalf("%s has no marks for the table", path)
	}
	var table strings.Builder
	table.WriteString("| flag | environment | default | what |\n|---|---|---|---|\n")
	for _, s := range server.Settings() {
		table.WriteString("| `--" + s.Flag + "` | `" + s.Env + "` | " + code(s.Default) + " | " + s.Help + " |\n")
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+table.String()+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != table.String() {
		t.Errorf("%s is out of date; run go test ./server -run TestOperatingTable -update", path)
	}
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/server"
)

type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}
func (b *buffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.text.String() }

// config is a server's without an engine, on any free port.
func config(t *testing.T) server.Config {
	t.Helper()
	cfg := server.Default()
	cfg.Addr, cfg.Data, cfg.Engine = "127.0.0.1:0", t.TempDir(), "none"
	return cfg
}

// start runs a server until the test or stop ends it.
func start(t *testing.T, cfg server.Config) (url string, log *buffer, stop func() error) {
	t.Helper()
	log = new(buffer)
	s, err := server.New(t.Context(), cfg, server.Options{Log: log, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	var result error
	stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case result = <-done:
			case <-time.After(12 * time.Second):
				result = errors.New("the server did not end")
			}
		})
		return result
	}
	t.Cleanup(func() { _ = stop() })
	await(t, s.URL()+"/readyz")
	return s.URL(), log, stop
}

func await(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if code, _ := get(t, url); code == http.StatusOK {
			return
		}
	}
	t.Fatalf("%s does not become ready", url)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestServerWithoutEngine(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	url, log, stop := start(t, cfg)
	if code, body := get(t, url+"/"); code != http.StatusOK || !strings.Contains(body, "/courses/") || strings.Contains(body, "abs_off") {
		t.Errorf("catalogue: %d\n%s", code, body)
	}
	if code, body := get(t, url+"/readyz"); code != http.StatusOK || !strings.Contains(body, "labs cannot start") {
		t.Errorf("ready: %d %s", code, body)
	}
	code, body := get(t, url+"/metrics")
	for _, name := range []string{"pattarai_http_request_seconds_count", "pattarai_labs{", "pattarai_pool_waiting", `pattarai_build_info{version="test"} 1`} {
		if code != http.StatusOK || !strings.Contains(body, name) {
			t.Errorf("metrics: %d, no %s", code, name)
		}
	}
	info, err := os.Stat(filepath.Join(cfg.Data, "secret"))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("secret: %v %v", info, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "config.addr=127.0.0.1:0") || !strings.Contains(text, "level=INFO msg=serving") {
		t.Errorf("the log does not say how it runs: %s", text)
	}
}

// TestLongDataPath serves from a folder where no socket fits.
func TestLongDataPath(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Data = filepath.Join(cfg.Data, strings.Repeat("a-long-name/", 10))
	url, log, stop := start(t, cfg)
	if code, _ := get(t, url+"/"); code != http.StatusOK {
		t.Errorf("catalogue: %d", code)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "no socket for pattarai admin") {
		t.Errorf("the log does not say what is missing: %s", text)
	}
}

func TestRestartKeepsSecretAndLogins(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	_, _, stop := start(t, cfg)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(cfg.Data, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, stop = start(t, cfg)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(filepath.Join(cfg.Data, "secret")); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the secret changed: %v", err)
	}
}

// TestStreamsDoNotHoldTheEnd ends a server while a stream is open.
func TestStreamsDoNotHoldTheEnd(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Preview = true
	cfg.Content = []string{coursesFolder(t)}
	url, _, stop := start(t, cfg)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/preview/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	began := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the end took %s", took)
	}
	if text, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(text), "event: bye") {
		t.Errorf("%q %v", text, err)
	}
}

// coursesFolder is a folder with one small course.
func coursesFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"small/course.yaml":         "title: {en: Small course}\nsummary: {en: For a test.}\norder: 1\nlanguages: [en]\n",
		"small/01-only/lesson.md":   "---\ntitle: The only lesson\nsummary: Words.\nminutes: 1\nlevel: beginner\n---\n\nBefore the change.\n",
		"small/02-broken/lesson.md": "---\ntitle: Broken\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLivePreview(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Preview, cfg.Content = true, []string{coursesFolder(t)}
	url, _, _ := start(t, cfg)
	page := url + "/lessons/small/only"
	if code, body := get(t, page); code != http.StatusOK || !strings.Contains(body, "Before the change.") {
		t.Fatalf("%d %s", code, body)
	}
	path := filepath.Join(cfg.Content[0], "small/01-only/lesson.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("Before"), []byte("After"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, body := get(t, page); strings.Contains(body, "After the change.") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the page did not change with its file")
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	shared := t.TempDir()
	cases := map[string]struct {
		change func(*server.Config)
		want   []string
	}{
		"port taken": {func(c *server.Config) { c.Addr = taken.Addr().String() }, []string{"port " + port + " is in use", fmt.Sprintf("pid %d", os.Getpid())}},
		"data in use": {func(c *server.Config) {
			c.Data = shared
			first := config(t)
			first.Data = shared
			start(t, first)
		}, []string{shared + " is used by another server", fmt.Sprintf("pid %d", os.Getpid())}},
		"damaged secret": {func(c *server.Config) {
			if err := os.WriteFile(filepath.Join(c.Data, "secret"), []byte("short"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"has 5 bytes, not 32"}},
	}
	for name, c := range cases {
		cfg := config(t)
		c.change(&cfg)
		_, err := server.New(t.Context(), cfg, server.Options{Log: io.Discard})
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}

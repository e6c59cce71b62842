package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pattarai/server"
)

// serveEnv makes this test's binary a server, for measuring it from outside.
const serveEnv = "PATTARAI_BENCH_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveEnv); dir != "" {
		os.Exit(serveForBench(dir))
	}
	os.Exit(m.Run())
}

// serveForBench serves the lessons in dir and prints its address.
func serveForBench(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg := server.Default()
	cfg.Addr, cfg.Data, cfg.Engine, cfg.LogFormat = "127.0.0.1:0", filepath.Join(dir, "data"), "none", "json"
	cfg.Content = []string{filepath.Join(dir, "courses")}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return 1
	}
	defer log.Close()
	s, err := server.New(ctx, cfg, server.Options{Log: log})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(s.URL())
	if s.Run(ctx) != nil {
		return 1
	}
	return 0
}

// BenchmarkLessonPage compares a lesson page, with everything that guards and logs
// it, with nginx sending the same compressed bytes from disk. Each serves alone on
// core 0 while wrk asks on core 1; the rounds alternate. It also reports the
// memory of the server with 100 lessons. The numbers per second of processor time
// (…/cpu) hold on a machine that does other things too.
func BenchmarkLessonPage(b *testing.B) {
	for _, tool := range []string{"nginx", "wrk", "taskset"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skipf("%s is missing; NOTHING was measured", tool)
		}
	}
	dir := b.TempDir()
	writeCourse(b, filepath.Join(dir, "courses"), 100)
	pid, url := spawn(b, dir)
	page := url + "/lessons/bench/lesson-50"
	body := fetchAll(b, url)
	nginxPID, nginx := spawnNginx(b, dir, body)
	var ours, theirs, unchanged rounds
	etag := etagOf(b, page)
	for range max(3, b.N) {
		theirs.add(wrk(b, nginxPID, nginx))
		ours.add(wrk(b, pid, page))
		unchanged.add(wrk(b, pid, page, "-H", "If-None-Match: "+etag))
	}
	b.ReportMetric(median(ours.perSecond), "req/s")
	b.ReportMetric(median(theirs.perSecond), "nginx-req/s")
	b.ReportMetric(median(ours.perSecond)/median(theirs.perSecond), "x-nginx")
	b.ReportMetric(median(unchanged.perSecond)/median(theirs.perSecond), "304-x-nginx")
	b.ReportMetric(median(ours.perCPU)/median(theirs.perCPU), "x-nginx/cpu")
	b.ReportMetric(median(unchanged.perCPU)/median(theirs.perCPU), "304-x-nginx/cpu")
	b.ReportMetric(float64(rss(b, pid))/(1<<20), "MiB-RSS")
	b.ReportMetric(float64(len(body))/1024, "KiB-page")
	b.ReportMetric(0, "ns/op")
}

func writeCourse(b *testing.B, dir string, lessons int) {
	b.Helper()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write("bench/course.yaml", "title: {en: Bench}\nsummary: {en: For measuring.}\norder: 99\nlanguages: [en]\n")
	for i := 1; i <= lessons; i++ {
		var text strings.Builder
		fmt.Fprintf(&text, "---\ntitle: Lesson %d\nsummary: One of many.\nminutes: 5\nlevel: beginner\n---\n\n", i)
		for part := range 40 {
			fmt.Fprintf(&text, "## Part %d of %d\n\nA balancer gives request %d to server %d, and *why* is written in its **configuration**: see [the manual](https://example.org/%d).\n\n"+
				"| server | weight | share |\n|---|---|---|\n| app%d | %d | %d %% |\n\n", part, i, part*i, part%7, part, part, part%5+1, part*3)
		}
		write(fmt.Sprintf("bench/%02d-lesson-%d/lesson.md", i, i), text.String())
	}
}

// spawn runs this binary as a server on core 0.
func spawn(b *testing.B, dir string) (pid int, url string) {
	b.Helper()
	cmd := exec.Command("taskset", "-c", "0", os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	line := make([]byte, 200)
	n, err := out.Read(line)
	if url = strings.TrimSpace(string(line[:n])); err != nil || !strings.HasPrefix(url, "http") {
		b.Fatalf("the server did not start: %s %v", url, err)
	}
	return cmd.Process.Pid, url
}

// fetchAll asks for every lesson once, so that all are rendered, and returns the page.
func fetchAll(b *testing.B, url string) (page []byte) {
	b.Helper()
	for i := 1; i <= 100; i++ {
		response, err := http.Get(fmt.Sprintf("%s/lessons/bench/lesson-%d", url, i)) // Our own server, for a moment.
		if err != nil {
			b.Fatal(err)
		}
		page, err = io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			b.Fatalf("lesson %d: %d %v", i, response.StatusCode, err)
		}
	}
	return page
}

func etagOf(b *testing.B, url string) string {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodHead, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	return response.Header.Get("Etag")
}

// spawnNginx serves page from disk on core 0.
func spawnNginx(b *testing.B, dir string, page []byte) (pid int, url string) {
	b.Helper()
	var small bytes.Buffer
	w, _ := gzip.NewWriterLevel(&small, gzip.BestCompression)
	w.Write(page)
	w.Close()
	const port = "18437"
	for name, content := range map[string][]byte{"page.html": page, "page.html.gz": small.Bytes(), "nginx.conf": []byte(`
daemon off; master_process off; pid ` + dir + `/nginx.pid; error_log ` + dir + `/nginx.err;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10;
  client_body_temp_path ` + dir + `/t1; proxy_temp_path ` + dir + `/t2; fastcgi_temp_path ` + dir + `/t3; uwsgi_temp_path ` + dir + `/t4; scgi_temp_path ` + dir + `/t5;
  server { listen 127.0.0.1:` + port + `; root ` + dir + `; gzip_static on; types { text/html html; } } }`)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("taskset", "-c", "0", "nginx", "-c", filepath.Join(dir, "nginx.conf"), "-g", "user root;")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	url = "http://127.0.0.1:" + port + "/page.html"
	for range 100 {
		if response, err := http.Get(url); err == nil { // Our own server, for a moment.
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return cmd.Process.Pid, url
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Fatal("nginx did not start")
	return 0, ""
}

// rounds are the results of one server.
type rounds struct{ perSecond, perCPU []float64 }

func (r *rounds) add(perSecond, perCPU float64) {
	r.perSecond, r.perCPU = append(r.perSecond, perSecond), append(r.perCPU, perCPU)
}

var asked = regexp.MustCompile(`(\d+) requests in ([0-9.]+)s`)

// wrk asks for url on core 1 for four seconds and returns answers per second, and
// per second that the process pid computed.
func wrk(b *testing.B, pid int, url string, more ...string) (perSecond, perCPU float64) {
	b.Helper()
	before := computed(b, pid)
	args := append([]string{"-c", "1", "wrk", "-t", "1", "-c", "64", "-d", "4s", "-H", "Accept-Encoding: gzip"}, more...)
	out, err := exec.Command("taskset", append(args, url)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "Non-2xx") && len(more) == 0 {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	m := asked.FindSubmatch(out)
	if m == nil {
		b.Fatalf("wrk said nothing:\n%s", out)
	}
	n, _ := strconv.ParseFloat(string(m[1]), 64) // The expression takes numbers only.
	seconds, _ := strconv.ParseFloat(string(m[2]), 64)
	return n / seconds, n / (computed(b, pid) - before)
}

// computed is how long a process has used a processor, in seconds.
func computed(b *testing.B, pid int) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64) // The kernel writes numbers.
	system, _ := strconv.ParseFloat(fields[12], 64)
	const ticks = 100
	return (user + system) / ticks
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// rss is the memory of a process in bytes.
func rss(b *testing.B, pid int) int64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.ParseInt(string(resident.FindSubmatch(status)[1]), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n << 10
}

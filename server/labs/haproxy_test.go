package labs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/server/labs"
)

var update = flag.Bool("update", false, "rewrite golden files")

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The recorded output is of HAProxy 3.0.11: a server that is up, one that is down
// and one in maintenance, after eight requests.
func TestParseRecordedStat(t *testing.T) {
	frontends, backends, err := labs.ParseStat(read(t, "haproxy-3.0-show-stat.csv"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(labs.Live{Kind: "haproxy", Frontends: frontends, Backends: backends}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/haproxy-3.0-live.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, "haproxy-3.0-live.json"), string(got)); diff != "" {
		t.Errorf("live view (-want +got):\n%s", diff)
	}
}

func TestParseStat(t *testing.T) {
	const head = "# pxname,svname,scur,stot,status,weight,mode,rate,req_rate,req_tot,\n"
	tests := []struct {
		name, text string
		backends   []labs.Backend
		frontends  []labs.Frontend
		bad        bool
	}{
		{name: "TCP counts connections", text: head + "db,FRONTEND,1,7,OPEN,,tcp,3,0,0,\n", frontends: []labs.Frontend{{Name: "db", Rate: 3, Total: 7}}},
		{name: "HTTP counts requests", text: head + "www,FRONTEND,1,7,OPEN,,http,3,9,21,\n", frontends: []labs.Frontend{{Name: "www", Rate: 9, Total: 21}}},
		{name: "a group without servers is left out", text: head + "stats,BACKEND,0,0,UP,0,http,0,,0,\n"},
		{name: "a server without a check", text: head + "b,a,2,9,no check,1,tcp,4,,,\n",
			backends: []labs.Backend{{Name: "b", Servers: []labs.Server{{Name: "a", Status: "no check", Weight: 1, Current: 2, Total: 9, Rate: 4}}}}},
		{name: "no columns", text: "Unknown command: 'show stat'\n", bad: true},
		{name: "empty", text: "", bad: true},
		{name: "ragged", text: head + "b,a\n", bad: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frontends, backends, err := labs.ParseStat(test.text)
			if (err != nil) != test.bad {
				t.Fatalf("err = %v", err)
			}
			if diff := cmp.Diff(test.frontends, frontends); diff != "" {
				t.Errorf("frontends (-want +got):\n%s", diff)
			}
			if len(backends)+len(test.backends) > 0 && !cmp.Equal(test.backends, backends) {
				t.Errorf("backends (-want +got):\n%s", cmp.Diff(test.backends, backends))
			}
		})
	}
}

func TestParseInfo(t *testing.T) {
	pid, uptime, err := labs.ParseInfo(read(t, "haproxy-3.0-show-info.txt"))
	if err != nil || pid != 9 || uptime != 31 {
		t.Errorf("pid %d, uptime %d, %v; want 9, 31", pid, uptime, err)
	}
	for _, text := range []string{"", "Can't find the target PID matching the prefix '@1'\n", "Pid: x\n"} {
		if _, _, err := labs.ParseInfo(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func live(pid int, totals ...int64) *labs.Live {
	l := &labs.Live{PID: pid, Backends: []labs.Backend{{Name: "shop"}}}
	for i, total := range totals {
		l.Backends[0].Servers = append(l.Backends[0].Servers, labs.Server{Name: fmt.Sprint("app", i), Total: total})
	}
	return l
}

func TestDeltas(t *testing.T) {
	tests := []struct {
		name        string
		before, now *labs.Live
		want        []int64
	}{
		{"the first report", nil, live(1, 5, 6), []int64{0, 0}},
		{"what was added", live(1, 5, 6), live(1, 7, 6), []int64{2, 0}},
		{"a reload begins again", live(1, 5, 6), live(2, 7, 1), []int64{7, 1}},
		{"counters were cleared", live(1, 5, 6), live(1, 2, 6), []int64{2, 0}},
		{"a new server", live(1, 5), live(1, 5, 3), []int64{0, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			labs.WithDeltas(test.now, test.before)
			var got []int64
			for _, s := range test.now.Backends[0].Servers {
				got = append(got, s.Delta)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("deltas (-want +got):\n%s", diff)
			}
		})
	}
}

// master answers like HAProxy's master: a prompt ends every answer, and a reload
// ends every connection.
type master struct {
	info, stat string

	mu    sync.Mutex
	conns []net.Conn
	dials int
	asked int
}

func (m *master) dial(context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	m.mu.Lock()
	m.conns = append(m.conns, theirs)
	m.dials++
	m.mu.Unlock()
	go func() {
		for lines := bufio.NewScanner(theirs); lines.Scan(); {
			m.mu.Lock()
			m.asked++
			answer := map[string]string{"prompt": "", "@1 show info": m.info, "@1 show stat": m.stat}[lines.Text()]
			m.mu.Unlock()
			for len(answer) > 1000 { // In pieces, as from a socket.
				theirs.Write([]byte(answer[:1000]))
				answer = answer[1000:]
			}
			theirs.Write([]byte(answer + "\nmaster> "))
		}
	}()
	return ours, nil
}

// reload changes the worker and drops all connections.
func (m *master) reload(pid int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.info = fmt.Sprintf("Pid: %d\nUptime_sec: 0\n", pid)
	for _, c := range m.conns {
		c.Close()
	}
}

func TestLiveViewFollowsThroughReloads(t *testing.T) {
	info, stat := read(t, "haproxy-3.0-show-info.txt"), read(t, "haproxy-3.0-show-stat.csv")
	synctest.Test(t, func(t *testing.T) {
		m := &master{info: info, stat: stat}
		ctx, cancel := context.WithCancel(t.Context())
		var reports []*labs.Live
		done := labs.WatchHAProxy(ctx, "haproxy", m.dial, func(l *labs.Live) { reports = append(reports, l) })
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		if len(reports) != 1 || reports[0].PID != 9 || reports[0].Backends[0].Servers[0].Total != 8 {
			t.Fatalf("%d reports of what does not change, want 1", len(reports))
		}
		if m.dials != 1 || m.asked != 1+2*5 {
			t.Errorf("%d connections, %d questions; want 1 and 11", m.dials, m.asked)
		}
		m.mu.Lock()
		m.stat = strings.Replace(stat, "shop,app1,0,0,0,1,,8,", "shop,app1,0,0,0,1,,11,", 1)
		m.mu.Unlock()
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if len(reports) != 2 || reports[1].Backends[0].Servers[0].Delta != 3 {
			t.Fatalf("%d reports after three requests, want 2 with a delta of 3", len(reports))
		}
		m.reload(44)
		time.Sleep(time.Second)
		synctest.Wait()
		last := reports[len(reports)-1]
		if last.PID != 44 || m.dials != 2 {
			t.Errorf("after a reload: process %d over %d connections", last.PID, m.dials)
		}
		cancel()
		<-done
		m.reload(0)
	})
}

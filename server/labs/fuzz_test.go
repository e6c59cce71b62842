package labs_test

import (
	"testing"

	"pattarai/server/labs"
)

// FuzzStat reads whatever answers on a balancer's socket: it is refused or has
// names, and never more than there was.
func FuzzStat(f *testing.F) {
	f.Add("# pxname,svname,status\nshop,FRONTEND,OPEN\nshop,app1,UP\nshop,BACKEND,UP\n")
	f.Add("# svname\n")
	f.Add("svname,svname\n\"a\nb\",c\n")
	f.Add("Name: HAProxy\nPid: 12\nUptime_sec: 3\n")
	f.Fuzz(func(t *testing.T, text string) {
		frontends, backends, err := labs.ParseStat(text)
		servers := 0
		for _, b := range backends {
			servers += len(b.Servers)
		}
		if err == nil && len(frontends)+servers > len(text) {
			t.Errorf("%d frontends and %d servers of %d bytes", len(frontends), servers, len(text))
		}
		if pid, uptime, err := labs.ParseInfo(text); err == nil && (pid < 0 && uptime < 0) {
			t.Errorf("pid %d, uptime %d", pid, uptime)
		}
	})
}

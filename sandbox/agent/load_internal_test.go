package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLoadReader(t *testing.T) {
	tests := map[string]map[string]string{
		"v1": {
			"cpuacct/cpuacct.usage":        "2500000000\n",
			"memory/memory.usage_in_bytes": "1000000\n",
			"memory/memory.stat":           "cache 5\ninactive_file 1\ntotal_inactive_file 400000\n",
			"memory/memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
		},
		"v2": {
			"cgroup.controllers": "cpu memory\n",
			"cpu.stat":           "usage_usec 2500000\nuser_usec 1\n",
			"memory.current":     "1000000\n",
			"memory.stat":        "anon 5\ninactive_file 400000\n",
			"memory.events":      "low 0\noom 9\noom_kill 3\noom_group_kill 0\n",
		},
	}
	for version, files := range tests {
		t.Run(version, func(t *testing.T) {
			root := t.TempDir()
			for name, content := range files {
				path := filepath.Join(root, name)
				os.MkdirAll(filepath.Dir(path), 0o755)
				if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			r := newLoadReaderAt(root)
			got := r.sample()
			if got.cpu != 2500*time.Millisecond || got.memory != 600000 || got.ooms != 3 {
				t.Errorf("got %+v", got)
			}
			if r.starved(3, 137) || !r.starved(2, 0) {
				t.Error("starved goes by the counter")
			}
		})
	}
	absent := newLoadReaderAt(t.TempDir())
	if s := absent.sample(); s.memory != 0 || s.ooms != 0 || s.cores(s) != 0 {
		t.Errorf("without a control group: %+v", s)
	}
	if !absent.starved(absent.ooms(), 137) || absent.starved(absent.ooms(), 1) {
		t.Error("without a counter, starved goes by the signal")
	}
}

func TestCores(t *testing.T) {
	at := time.Now()
	before := sample{cpu: time.Second, at: at}
	after := sample{cpu: 4 * time.Second, at: at.Add(2 * time.Second)}
	if got := after.cores(before); got != 1.5 {
		t.Errorf("cores = %g; want 1.5", got)
	}
}

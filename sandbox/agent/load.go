package agent

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cgroupRoot is where a container sees its own control group.
const cgroupRoot = "/sys/fs/cgroup"

// counter names a number in a file: the file's only word, or the word after key.
type counter struct{ file, key string }

// loadReader reads the container's use of CPU and memory from its control group,
// version 1 or 2.
type loadReader struct {
	root     string
	cpu      counter
	cpuUnit  time.Duration
	memory   counter
	inactive counter
	oom      counter
}

// newLoadReader finds out which version the container has.
func newLoadReader() *loadReader { return newLoadReaderAt(cgroupRoot) }

func newLoadReaderAt(root string) *loadReader {
	r := &loadReader{
		root:     root,
		cpu:      counter{"cpuacct/cpuacct.usage", ""},
		cpuUnit:  time.Nanosecond,
		memory:   counter{"memory/memory.usage_in_bytes", ""},
		inactive: counter{"memory/memory.stat", "total_inactive_file"},
		oom:      counter{"memory/memory.oom_control", "oom_kill"},
	}
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		r.cpu, r.cpuUnit = counter{"cpu.stat", "usage_usec"}, time.Microsecond
		r.memory = counter{"memory.current", ""}
		r.inactive = counter{"memory.stat", "inactive_file"}
		r.oom = counter{"memory.events", "oom_kill"}
	}
	return r
}

// sample is one look at the control group.
type sample struct {
	cpu    time.Duration // Used so far; -1 when unreadable.
	memory int64         // Bytes, without what the kernel can drop at once; 0 when unreadable.
	ooms   int64         // Processes killed for memory so far.
	at     time.Time
}

func (r *loadReader) sample() sample {
	s := sample{cpu: -1, ooms: max(r.ooms(), 0), at: time.Now()}
	if used, ok := r.read(r.cpu); ok {
		s.cpu = time.Duration(used) * r.cpuUnit
	}
	if used, ok := r.read(r.memory); ok {
		inactive, _ := r.read(r.inactive)
		s.memory = max(used-inactive, 0)
	}
	return s
}

// cores is the CPU time per second between two samples.
func (s sample) cores(since sample) float64 {
	wall := s.at.Sub(since.at)
	if s.cpu < 0 || since.cpu < 0 || wall <= 0 {
		return 0
	}
	return float64(max(s.cpu-since.cpu, 0)) / float64(wall)
}

// ooms returns how many processes the kernel killed for memory, or -1 when that
// cannot be read.
func (r *loadReader) ooms() int64 {
	if n, ok := r.read(r.oom); ok {
		return n
	}
	return -1
}

// starved tells whether the kernel killed something for memory since the counter
// was at before. Without a counter, a SIGKILL that nobody else sent counts.
func (r *loadReader) starved(before int64, exit int) bool {
	if now := r.ooms(); before >= 0 && now >= 0 {
		return now > before
	}
	return exit == 128+9
}

func (r *loadReader) read(c counter) (int64, bool) {
	data, err := os.ReadFile(filepath.Join(r.root, c.file))
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(data) {
		word := strings.Fields(string(line))
		if len(word) == 0 || c.key != "" && (len(word) < 2 || word[0] != c.key) {
			continue
		}
		n, err := strconv.ParseInt(word[len(word)-1], 10, 64)
		return n, err == nil
	}
	return 0, false
}

package pool

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// withDefaults fills in what was left out. It fails when the host's memory has to
// be known and cannot be read.
func (c Config) withDefaults() (Config, error) {
	if c.Memory == 0 {
		memory, err := labMemory(c.Reserve)
		if err != nil {
			return c, err
		}
		c.Memory = memory
	}
	c.Overcommit = orElse(c.Overcommit, 2)
	c.Memory = int64(float64(c.Memory) * c.Overcommit)
	c.Starts = orElse(c.Starts, 2*runtime.GOMAXPROCS(0))
	c.Queue = orElse(c.Queue, 1000)
	c.NodeMemory = orElse(c.NodeMemory, 64<<20)
	c.Patience = orElse(c.Patience, time.Minute)
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // The clock where none is given.
	}
	return c, nil
}

func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// labMemory is the host's memory less the reserve.
func labMemory(reserve int64) (int64, error) {
	total, err := HostMemory()
	if err != nil {
		return 0, err
	}
	if reserve == 0 {
		reserve = max(total/8, 512<<20)
	}
	if total <= reserve {
		return 0, fmt.Errorf("this host has %s of memory and %s are reserved for itself; nothing is left for labs: set the memory for labs yourself",
			mebibytes(total), mebibytes(reserve))
	}
	return total - reserve, nil
}

// HostMemory is the memory of this host in bytes.
func HostMemory() (int64, error) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, fmt.Errorf("the size of this host's memory cannot be read; set the memory for labs yourself: %w", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemTotal:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc/meminfo names no MemTotal; set the memory for labs yourself")
}

// history is the last few of a kind of duration.
type history struct {
	last []time.Duration
	next int
}

// depth is how many durations a history keeps.
const depth = 32

func (h *history) add(d time.Duration) {
	if len(h.last) < depth {
		h.last = append(h.last, d)
		return
	}
	h.last[h.next] = d
	h.next = (h.next + 1) % depth
}

// median is 0 when there is nothing.
func (h *history) median() time.Duration {
	if len(h.last) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(h.last))
	return sorted[len(sorted)/2]
}

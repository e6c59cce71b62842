package impair

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Spin keeps every processor that the container may use busy until ctx ends.
func Spin(ctx context.Context) {
	var work sync.WaitGroup
	for range runtime.NumCPU() {
		work.Go(func() {
			for ctx.Err() == nil { // Doing nothing is the point.
			}
		})
	}
	work.Wait()
}

// step is how much Fill takes at a time.
const step = 64 << 10

// Fill takes all room in the container's writable places, no more than budget bytes
// of memory in all, and holds it until ctx ends; held is called when it has it. The
// files have no names, so the room is free again when the process ends, however it
// does. The error says why a place could not be filled.
func Fill(ctx context.Context, budget int64, held func()) error {
	places, err := writable("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	if len(places) == 0 {
		return errors.New("this node has no writable place")
	}
	for _, place := range places {
		f, taken, err := fill(place, budget)
		if err != nil {
			return fmt.Errorf("fill %s: %w", place, err)
		}
		defer f.Close()
		budget -= taken
	}
	held()
	<-ctx.Done()
	return nil
}

// fill takes the room of one place. A file without a name is deleted with its
// descriptor (open(2), O_TMPFILE).
func fill(place string, budget int64) (f *os.File, taken int64, err error) {
	fd, err := unix.Open(place, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, 0, err
	}
	f = os.NewFile(uintptr(fd), place)
	for size := int64(step); ; {
		if taken+size > budget {
			f.Close()
			return nil, 0, fmt.Errorf("the node's memory limit leaves only %d MiB, and files here live in memory; raise its mem_limit", budget>>20)
		}
		err := unix.Fallocate(fd, 0, taken, size)
		switch {
		case err == nil:
			taken += size
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ENOSPC) && size > 1:
			size /= 2
		case errors.Is(err, unix.ENOSPC):
			return f, taken, nil
		default:
			f.Close()
			return nil, 0, err
		}
	}
}

// writable lists the memory file systems that this process may write to, out of a
// table like /proc/self/mountinfo (proc(5)).
func writable(table string) ([]string, error) {
	file, err := os.Open(table)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var places []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		if len(fields) < 6 || !strings.HasPrefix(after, "tmpfs ") || isKernels(fields[4]) {
			continue
		}
		if unix.Access(fields[4], unix.W_OK) == nil && strings.HasPrefix(fields[5], "rw") {
			places = append(places, fields[4])
		}
	}
	return places, lines.Err()
}

// isKernels tells whether a place shows what the kernel has, not files.
func isKernels(place string) bool {
	for _, dir := range []string{"/proc", "/sys", "/dev"} {
		if place == dir || strings.HasPrefix(place, dir+"/") {
			return true
		}
	}
	return false
}

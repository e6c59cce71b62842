// Package jail confines the programs that learners wrote, inside a container that
// already has no capabilities, no new privileges and a limited set of system calls.
//
// It needs no privilege itself: Landlock decides which files a program may open
// and keeps its signals in its own domain, and a second seccomp filter takes away
// what would let it act on other processes or leave something behind. What the
// kernel does not offer is left out, and [Level] says so.
package jail

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Level is how much of the jail there is.
type Level struct {
	Landlock int  // Version of the kernel's Landlock; 0 without. Signals are confined from 6 on.
	Seccomp  bool // The additional filter is in force.
}

// scopes is the first version of Landlock that confines signals.
const scopes = 6

// Scoped tells whether a confined program can send signals to nobody but its own
// descendants, and cannot look into other processes.
func (l Level) Scoped() bool { return l.Landlock >= scopes && l.Seccomp }

// String is the level in words: "landlock 7, seccomp", or "none".
func (l Level) String() string {
	var parts []string
	if l.Landlock > 0 {
		parts = append(parts, fmt.Sprintf("landlock %d", l.Landlock))
	}
	if l.Seccomp {
		parts = append(parts, "seccomp")
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// Jail starts processes in confinement. It does so on threads that have confined
// themselves: a process inherits the confinement of the thread that made it, so there
// is no moment at which a program runs without. Every call of Do has a thread of its
// own, so that programs cannot signal each other either. Safe for concurrent use.
type Jail struct {
	level  Level
	rules  *rules            // Nil without Landlock.
	filter []unix.SockFilter // Nil without seccomp.
}

// New returns a jail in which programs may write below the directories of writable,
// which must exist, and read everything but other processes, the kernel's own files
// and run-time directories. A kernel without the means gives a lower [Level]; the
// error is about a jail that exists and could not be entered.
func New(writable ...string) (*Jail, error) {
	j := &Jail{level: Level{Landlock: version(), Seccomp: true}}
	var err error
	if j.level.Landlock > 0 {
		if j.rules, err = newRules(j.level.Landlock, writable); err != nil {
			return nil, fmt.Errorf("landlock: %w", err)
		}
	}
	if j.filter, err = newFilter(j.level.Landlock >= scopes); err != nil {
		j.Close()
		return nil, fmt.Errorf("seccomp: %w", err)
	}
	err = j.Do(func() error { return nil })
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) { // No filters here.
		j.level.Seccomp, j.filter = false, nil
		err = j.Do(func() error { return nil })
	}
	if err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// Level tells how much confinement there is.
func (j *Jail) Level() Level { return j.level }

// Do calls f on a confined thread. Processes that f starts are confined.
func (j *Jail) Do(f func() error) error {
	result := make(chan error, 1)
	go onThread(func() {
		err := j.enter()
		if err == nil {
			err = f()
		}
		result <- err
	})
	return <-result
}

// Close lets go of what the kernel holds for the jail. Processes that were started
// live on; none can be started any more.
func (j *Jail) Close() {
	if j.rules != nil {
		j.rules.close()
	}
}

// onThread calls f on a thread that ends with it. It is never the process's first
// thread, because that one stands for the whole process when somebody asks whether
// a signal may be sent to it.
func onThread(f func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		f() // Never unlocked, so the thread is not used again.
		return
	}
	begun := make(chan struct{})
	go onThread(func() { close(begun); f() })
	<-begun // On another thread, because this one is held until now.
	runtime.UnlockOSThread()
}

// enter confines the calling thread for good.
func (j *Jail) enter() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if j.rules != nil {
		if err := j.rules.enforce(); err != nil {
			return err
		}
	}
	return enforce(j.filter)
}

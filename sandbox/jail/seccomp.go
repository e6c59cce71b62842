package jail

import (
	"fmt"
	"os"
	"unsafe"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// denied answers a refused system call.
const denied = seccomp.ActionErrno | seccomp.Action(unix.EPERM)

// never are the system calls that a learner's program has no use for: those that
// reach into other processes, leave something behind in the kernel, or make a
// namespace. Those the container's own filter refuses too are named again, because
// that filter is the engine's and may be another one tomorrow.
func never() []string {
	return []string{
		"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
		"shmget", "shmat", "shmctl", "semget", "semctl", "msgget", "msgctl", "mq_open", "mq_unlink",
		"keyctl", "add_key", "request_key",
		"unshare", "setns", "mount", "umount2", "pivot_root", "chroot",
		"bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
	}
}

// The families of sockets that are allowed: the lab's network, and the kernel's
// answers about it.
const (
	anyProtocol = 0xffff // A higher number is no family.
	maxPid      = 0x7fffffff
)

// sometimes are system calls that only some arguments make harmful. A condition
// compares all 64 bits, so that a value the kernel would cut short is refused too.
func sometimes() []seccomp.NameWithConditions {
	unlessZero := func(name string, argument uint32) seccomp.NameWithConditions {
		return when(name, is(argument, seccomp.NotEqual, 0))
	}
	return []seccomp.NameWithConditions{
		when("clone", is(0, seccomp.BitsSet, unix.CLONE_NEWUSER|unix.CLONE_NEWPID|unix.CLONE_NEWNS|unix.CLONE_NEWIPC|unix.CLONE_NEWNET)),
		// Local sockets lead to the agent.
		when("socket", is(0, seccomp.NotEqual, unix.AF_INET), is(0, seccomp.NotEqual, unix.AF_INET6), is(0, seccomp.NotEqual, unix.AF_NETLINK)),
		// Limits and priorities of other processes of the same user.
		unlessZero("prlimit64", 0),
		unlessZero("sched_setaffinity", 0),
		unlessZero("sched_setscheduler", 0),
		unlessZero("sched_setparam", 0),
		unlessZero("sched_setattr", 0),
		unlessZero("setpriority", 0),
		unlessZero("setpriority", 1),
		when("ioprio_set", is(0, seccomp.NotEqual, ioprioProcess)),
		unlessZero("ioprio_set", 1),
	}
}

// ioprioProcess is IOPRIO_WHO_PROCESS.
const ioprioProcess = 1

// signals are refused where Landlock does not confine them: those to the first
// process and to groups, by whichever way they are sent.
func signals() []seccomp.NameWithConditions {
	list := []seccomp.NameWithConditions{
		when("fcntl", is(1, seccomp.Equal, unix.F_SETOWN)),
		when("fcntl", is(1, seccomp.Equal, unix.F_SETOWN_EX)),
		when("fcntl", is(1, seccomp.GreaterThan, anyProtocol)),
	}
	for _, name := range []string{"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open"} {
		list = append(list, when(name, is(0, seccomp.Equal, 1)), when(name, is(0, seccomp.GreaterThan, maxPid)))
	}
	return list
}

func when(name string, all ...seccomp.Condition) seccomp.NameWithConditions {
	return seccomp.NameWithConditions{Name: name, Conditions: all}
}

func is(argument uint32, operation seccomp.Operation, value uint64) seccomp.Condition {
	return seccomp.Condition{Argument: argument, Operation: operation, Value: value}
}

// newFilter makes the filter. scoped says that Landlock confines signals.
func newFilter(scoped bool) ([]unix.SockFilter, error) {
	conditions := sometimes()
	if !scoped {
		conditions = append(conditions, signals()...)
	}
	return assemble(seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls:      []seccomp.SyscallGroup{{Names: never(), NamesWithCondtions: conditions, Action: denied}},
	})
}

// enforce puts the calling thread under a filter, if there is one.
func enforce(filter []unix.SockFilter) error {
	if filter == nil {
		return nil
	}
	list := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&list))); errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}

// The place of the architecture in what a filter sees.
const offsetArch, sizeArch = 4, 4

// assemble makes the filter's program. System calls of another architecture (the
// 32-bit ones of a 64-bit kernel) would have other numbers: all are refused.
func assemble(policy seccomp.Policy) ([]unix.SockFilter, error) {
	native, err := arch.GetInfo("")
	if err != nil {
		return nil, fmt.Errorf("this machine's system calls: %w", err)
	}
	body, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("assemble the filter: %w", err)
	}
	head := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArch, Size: sizeArch},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(native.ID), SkipTrue: 1},
		bpf.RetConstant{Val: uint32(denied)},
	}
	raw, err := bpf.Assemble(append(head, body...))
	if err != nil {
		return nil, fmt.Errorf("assemble the filter: %w", err)
	}
	program := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		program[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return program, nil
}

package agent

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets into struct seccomp_data, and what is compared with.
const (
	offsetCall   = 0
	offsetArch   = 4
	offsetFirst  = 16         // Low half of the first argument, on machines that put it first.
	offsetThird  = 32         // The same of the third.
	otherCalls   = 0x40000000 // From here on, x86 counts the calls of another convention.
	firstProcess = 1
)

// Confine takes system calls away from this process and from all it will start,
// for good: a second wall behind the engine's own filter, which in older engines
// lets labs speak to the hypervisor (vsock) and use io_uring. What is left of
// socket(2) are unix, IPv4, IPv6, netlink and packet sockets, the calls of other
// machines and conventions are gone, and nobody inside can send process 1 a signal,
// which gVisor would deliver. (Go's scheduler sends itself SIGURG.) Nor can
// programs gain rights any more (no_new_privs).
func Confine() error {
	arch, known := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !known {
		return nil // The engine's own filter is the only wall there.
	}
	filter := confinement(arch)
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread() // The filter goes to every thread, and the promise with it.
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up rights for good: %w", err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("take system calls away: %w", errno)
	}
	return nil
}

// confinement is the filter as the kernel's machine code.
func confinement(arch uint32) []unix.SockFilter {
	gone := unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	code := []unix.SockFilter{
		load(offsetArch),
		unless(arch), result(gone),
		load(offsetCall),
		when(unix.BPF_JGE, otherCalls), result(gone),
	}
	for _, call := range []uint32{unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER} {
		code = append(code, when(unix.BPF_JEQ, call), result(gone))
	}
	refused := result(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	for _, call := range []uint32{unix.SYS_KILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_PIDFD_OPEN} {
		code = append(code, only(call, load(offsetFirst), when(unix.BPF_JEQ, firstProcess), refused, result(unix.SECCOMP_RET_ALLOW))...)
	}
	for _, call := range []uint32{unix.SYS_TGKILL, unix.SYS_RT_TGSIGQUEUEINFO} {
		code = append(code, only(call,
			load(offsetFirst), unless(firstProcess), result(unix.SECCOMP_RET_ALLOW),
			load(offsetThird), unless(uint32(unix.SIGURG)), refused, result(unix.SECCOMP_RET_ALLOW))...)
	}
	code = append(code, unless(unix.SYS_SOCKET), result(unix.SECCOMP_RET_ALLOW), load(offsetFirst))
	for _, family := range []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK, unix.AF_PACKET} {
		code = append(code, when(unix.BPF_JEQ, family), result(unix.SECCOMP_RET_ALLOW))
	}
	return append(code, result(unix.SECCOMP_RET_ERRNO|uint32(unix.EAFNOSUPPORT)))
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

// only carries out a block, which must end with a result, for one system call.
func only(call uint32, block ...unix.SockFilter) []unix.SockFilter {
	jump := unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: uint8(len(block)), K: call}
	return append([]unix.SockFilter{jump}, block...)
}

// when carries out the next instruction only when the comparison holds.
func when(comparison uint16, k uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | comparison | unix.BPF_K, Jf: 1, K: k}
}

// unless carries out the next instruction only when what was loaded is not k.
func unless(k uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: k}
}

func result(action uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
}

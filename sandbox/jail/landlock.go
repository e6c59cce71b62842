package jail

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What may be done to files.
const (
	readFile  = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readAll   = unix.LANDLOCK_ACCESS_FS_EXECUTE | readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
	writeFile = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	writeAll  = readAll | writeFile | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER
	// Everything that Landlock 1 knows; later versions add to it.
	handled = writeAll&^(unix.LANDLOCK_ACCESS_FS_TRUNCATE|unix.LANDLOCK_ACCESS_FS_REFER) |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK
	// For a rule about something that is no directory.
	fileOnly = unix.LANDLOCK_ACCESS_FS_EXECUTE | readFile | writeFile
)

// closed are the top-level directories that are not opened as a whole.
func closed() []string { return []string{"proc", "sys", "dev", "run", "root", "boot"} }

// devices may be read and written.
func devices() []string {
	return []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}
}

// harmless files of the kernel say nothing about processes.
func harmless() []string {
	return []string{"/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version", "/sys/devices/system/cpu"}
}

// version is the kernel's version of Landlock, 0 without.
func version() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// rules are Landlock's rules of the jail.
type rules struct {
	fd      int
	handled uint64
}

func newRules(version int, writable []string) (*rules, error) {
	r, err := emptyRules(version)
	if err != nil {
		return nil, err
	}
	if err := r.addAll(writable); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *rules) close() { _ = unix.Close(r.fd) }

// enforce puts the calling thread under the rules, in a domain of its own.
func (r *rules) enforce() error {
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(r.fd), 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return nil
}

func emptyRules(version int) (*rules, error) {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: handled}
	size := unsafe.Sizeof(attr.Handled_access_fs) // Older kernels know no more.
	if version >= 2 {
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		attr.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= scopes {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
		size = unsafe.Offsetof(attr.Scoped) + unsafe.Sizeof(attr.Scoped)
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("landlock_create_ruleset", errno)
	}
	return &rules{int(fd), attr.Handled_access_fs}, nil
}

// addAll adds the rules of the jail.
func (r *rules) addAll(writable []string) error {
	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type()&(os.ModeDir|os.ModeSymlink) != 0 && !slices.Contains(closed(), e.Name()) {
			err = errors.Join(err, r.add(filepath.Join("/", e.Name()), readAll))
		}
	}
	for _, path := range devices() {
		err = errors.Join(err, r.add(path, readFile|writeFile))
	}
	for _, path := range harmless() {
		err = errors.Join(err, r.add(path, readFile|unix.LANDLOCK_ACCESS_FS_READ_DIR))
	}
	for _, dir := range writable {
		err = errors.Join(err, r.add(dir, writeAll))
	}
	return err
}

// add allows access to path and what is below it. What does not exist, or may not
// be looked at anyway, needs no rule.
func (r *rules) add(path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EACCES) {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= fileOnly
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access & r.handled, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(r.fd), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return &os.PathError{Op: "landlock_add_rule", Path: path, Err: errno}
	}
	return nil
}

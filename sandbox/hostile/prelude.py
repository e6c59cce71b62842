# What every hostile program starts with. A program that prints nothing did what it
# wanted ("done"); an error of the system ends it with the error's name.
import ctypes, errno, json, os, resource, select, signal, socket, struct, sys, time


class Later:
    """A module that takes long to load, loaded when it is used."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, key):
        return getattr(__import__(self.name), key)


subprocess, threading = Later("subprocess"), Later("threading")

facts = json.loads(os.environ.get("FACTS") or "{}")
libc = ctypes.CDLL(None, use_errno=True)

# Numbers of the system calls that no library of Python wraps.
X86 = dict(unshare=272, setns=308, mount=165, umount2=166, pivot_root=155, bpf=321, perf_event_open=298,
           kexec_load=246, init_module=175, finit_module=313, delete_module=176, add_key=248, request_key=249,
           keyctl=250, userfaultfd=323, ptrace=101, process_vm_readv=310, reboot=169, swapon=167,
           settimeofday=164, clock_settime=227, adjtimex=159, sethostname=170, setdomainname=171, acct=163,
           quotactl=179, open_by_handle_at=304, syslog=103, io_uring_setup=425, fanotify_init=300,
           mbind=237, move_pages=279, kcmp=312, fsopen=430, open_tree=428, clone3=435, personality=135,
           vhangup=153, capset=126, pidfd_open=434, pidfd_getfd=438)
ARM = dict(unshare=97, setns=268, mount=40, umount2=39, pivot_root=41, bpf=280, perf_event_open=241,
           kexec_load=104, init_module=105, finit_module=273, delete_module=106, add_key=217, request_key=218,
           keyctl=219, userfaultfd=282, ptrace=117, process_vm_readv=270, reboot=142, swapon=224,
           settimeofday=170, clock_settime=112, adjtimex=171, sethostname=161, setdomainname=162, acct=89,
           quotactl=60, open_by_handle_at=265, syslog=116, io_uring_setup=425, fanotify_init=262,
           mbind=235, move_pages=239, kcmp=272, fsopen=430, open_tree=428, clone3=435, personality=92,
           vhangup=58, capset=91, pidfd_open=434, pidfd_getfd=438)
NUMBERS = ARM if os.uname().machine == "aarch64" else X86

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)


def call(name, *args):
    """Makes a system call; a failure is an OSError."""
    args = [ctypes.c_void_p(a) if isinstance(a, int) else a for a in args]
    result = libc.syscall(ctypes.c_long(NUMBERS[name]), *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def write(path, text="x"):
    with open(path, "w") as f:
        f.write(text)


def status(key, pid="self"):
    """A line of /proc/PID/status."""
    for line in open("/proc/%s/status" % pid):
        if line.startswith(key + ":"):
            return " ".join(line.split()[1:])
    return "no such line"


def reach(address, port, family=socket.AF_INET):
    """Tells whether a TCP port answers."""
    s = socket.socket(family)
    s.settimeout(1.0)
    try:
        s.connect((address, int(port)))
        return "open"
    except OSError:
        return "closed"
    finally:
        s.close()


def reach_all(pairs, family=socket.AF_INET):
    """Tells which of many ports answer; all are tried at once."""
    waiting, found = {}, []
    for address, port in pairs:
        s = socket.socket(family)
        s.setblocking(False)
        try:
            s.connect((address, int(port)))
            found.append("%s:%s" % (address, port))
        except BlockingIOError:
            waiting[s] = "%s:%s" % (address, port)
        except OSError:
            pass
    end = time.time() + 1.5
    while waiting and time.time() < end:
        _, ready, _ = select.select([], list(waiting), [], 0.1)
        for s in ready:
            if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(waiting[s])
            del waiting[s]
    return " ".join(sorted(found)) or "closed"


def send(address, port, family=socket.AF_INET):
    """Sends datagrams, whatever comes of them."""
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    for _ in range(3):
        try:
            s.sendto(b"hostile", (address, int(port)))
        except OSError:
            pass


def fill(path, size, piece=1 << 16):
    """Writes size bytes; the file is removed whatever happens."""
    try:
        with open(path, "wb", buffering=0) as f:
            for _ in range(size // piece):
                if f.write(b"x" * piece) != piece:
                    raise OSError(errno.ENOSPC, "")
    finally:
        os.unlink(path)


def crowd(folder, count):
    """Makes count empty files; they are removed whatever happens."""
    os.mkdir(folder)
    made = 0
    try:
        for made in range(count):
            os.close(os.open("%s/%d" % (folder, made), os.O_CREAT | os.O_WRONLY))
    finally:
        subprocess.run(["rm", "-rf", folder])


def first(*tries):
    """Prints what each of several programs met, once when it was the same."""
    seen = []
    for t in tries:
        try:
            t()
            seen.append("done")
        except OSError as e:
            seen.append(errno.errorcode.get(e.errno, str(e.errno)))
    print(" ".join(dict.fromkeys(seen)))


REFUSALS = {errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOSYS, errno.ENODEV, errno.EOPNOTSUPP}


def refused(*tries):
    """Prints whether all of several programs were refused, in whichever words; what
    a kernel was built without counts as refused."""
    for n, t in enumerate(tries):
        try:
            t()
            return print("number", n, "worked")
        except OSError as e:
            if e.errno not in REFUSALS:
                return print("number", n, errno.errorcode.get(e.errno, str(e.errno)))
    print("refused")


def make(program):
    said = []
    real = sys.stdout.write
    sys.stdout.write = lambda text: (said.append(text), real(text))[1]
    try:
        exec(program, globals())
        if not said:
            print("done")
    except MemoryError:
        print("ENOMEM")
    except socket.gaierror:
        print("no such name")
    except socket.timeout:
        print("timed out")
    except OSError as e:
        print(errno.errorcode.get(e.errno, str(e.errno)))
    sys.stdout.flush()


make(sys.argv[1])

"""What a run may try to leave behind for the next one.

Run with "list", it names the attempts; with "leave NAME" it makes one; with "look
NAME" it prints "clean", or what it found of it.
"""
import sys

MARK = "left-behind-4711"


class Modules:
    def leave():
        import types
        sys.modules["leftover"] = types.ModuleType("leftover")

    def look():
        return "leftover" in sys.modules


class ModuleAttribute:
    def leave():
        import json
        json.leftover = MARK

    def look():
        import json
        return hasattr(json, "leftover")


class PatchedFunction:
    def leave():
        import json
        json.dumps = lambda *a: MARK

    def look():
        import json
        return json.dumps([]) == MARK


class HiddenModulePatched:
    def leave():  # Through the finder that holds modules loaded ahead, if there is one.
        for finder in sys.meta_path:
            for module in getattr(finder, "modules", {}).values():
                module.leftover = MARK

    def look():
        import csv, decimal, json, random
        return any(hasattr(m, "leftover") for m in (csv, decimal, json, random))


class Builtins:
    def leave():
        import builtins
        builtins.leftover, builtins.print = MARK, lambda *a: None

    def look():
        import builtins
        return hasattr(builtins, "leftover")


class Globals:
    def leave():
        globals()["leftover"] = MARK

    def look():
        return "leftover" in globals()


class MainAttribute:
    def leave():
        sys.modules["__main__"].leftover = MARK

    def look():
        return hasattr(sys.modules["__main__"], "leftover")


class SysAttribute:
    def leave():
        sys.leftover = MARK
        sys.ps1 = MARK

    def look():
        return hasattr(sys, "leftover") or hasattr(sys, "ps1")


class Path:
    def leave():
        sys.path.insert(0, "/tmp/" + MARK)

    def look():
        return any(MARK in p for p in sys.path)


class MetaPath:
    def leave():
        class Finder:
            leftover = MARK

            def find_spec(self, *a):
                return None
        sys.meta_path.append(Finder())

    def look():
        return any(hasattr(f, "leftover") for f in sys.meta_path)


class ImporterCache:
    def leave():
        sys.path_importer_cache["/tmp/" + MARK] = None

    def look():
        return any(MARK in p for p in sys.path_importer_cache)


class Arguments:
    def leave():
        sys.argv.append(MARK)

    def look():
        return MARK in sys.argv or MARK in sys.orig_argv


class Environment:
    def leave():
        import os
        os.environ["LEFTOVER"] = MARK
        os.putenv("LEFTOVER2", MARK)

    def look():
        import os, subprocess
        return MARK in subprocess.run(["env"], capture_output=True, text=True).stdout or "LEFTOVER" in os.environ


class WorkingDirectory:
    def leave():
        import os
        os.mkdir("elsewhere")
        os.chdir("elsewhere")

    def look():
        import os
        return os.getcwd() != "/tmp/run" or os.path.exists("elsewhere")


class FileHere:
    def leave():
        with open("leftover", "w") as f:
            f.write(MARK)

    def look():
        import os
        return [n for n in os.listdir(".") if n != "main.py"]


class ProgramItself:
    def leave():
        with open("main.py", "a") as f:
            f.write("\nprint('" + MARK + "')\n")

    def look():
        return "\nprint('" + "left" in open("main.py").read()


class FileInTmp:
    def leave():
        with open("/tmp/leftover", "w") as f:
            f.write(MARK)

    def look():
        import os
        return [n for n in os.listdir("/tmp") if n != "run"]


class SharedMemoryFile:
    def leave():
        with open("/dev/shm/leftover", "w") as f:
            f.write(MARK)

    def look():
        import os
        return os.listdir("/dev/shm")


class LockedFolder:
    def leave():
        import os
        os.makedirs("/tmp/a/b/c")
        open("/tmp/a/b/c/d", "w").close()
        for path in ("/tmp/a/b/c", "/tmp/a/b", "/tmp/a"):
            os.chmod(path, 0)

    def look():
        import os
        return [n for n in os.listdir("/tmp") if n != "run"]


class DeepFolder:
    def leave():
        import os
        for _ in range(1500):
            os.mkdir("deeper" * 20)
            os.chdir("deeper" * 20)

    def look():
        import os
        return [n for n in os.listdir(".") if n != "main.py"]


class OddNames:
    def leave():
        import os
        os.mkfifo("/tmp/pipe")
        os.symlink("/", "/tmp/link")
        os.symlink("/usr", "/tmp/run/usr")
        open(b"/tmp/\xff\n -rf *", "w").close()
        os.link("/tmp/pipe", "/tmp/.pipe2")

    def look():
        import os
        return [n for n in os.listdir("/tmp") if n != "run"] or not os.path.exists("/usr/bin/python3")


class Home:
    def leave():
        import os
        for place in (os.path.expanduser("~"), "/run", "/var/tmp", "/run/lock", "/srv"):
            try:
                with open(place + "/leftover", "w") as f:
                    f.write(MARK)
            except OSError:
                pass

    def look():
        import os
        return [p for p in (os.path.expanduser("~"), "/run", "/var/tmp", "/run/lock", "/srv") if os.path.lexists(p + "/leftover")]


class SignalHandler:
    def leave():
        import signal
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def look():
        import signal
        return [s for s in (signal.SIGUSR1, signal.SIGTERM) if signal.getsignal(s) != signal.SIG_DFL]


class SignalMask:
    def leave():
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

    def look():
        import signal
        return signal.pthread_sigmask(signal.SIG_BLOCK, [])


class Alarm:
    def leave():
        import signal
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        signal.alarm(1)

    def look():
        import signal, time
        time.sleep(0.2)
        return signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0)


class Descriptors:
    def leave():
        import os
        for fd in range(10, 40):
            os.dup2(0, fd, inheritable=True)

    def look():
        import os
        found = []
        for fd in range(3, 100):
            try:
                os.fstat(fd)
                found.append(fd)
            except OSError:
                pass
        return found


class ClosedStreams:
    def leave():
        import os
        os.close(0), os.close(2), os.close(1)

    def look():
        import os
        return [fd for fd in range(3) if not os.fstat(fd)]


class NonBlockingStreams:
    def leave():
        import os
        for fd in range(3):
            os.set_blocking(fd, False)

    def look():
        import os
        return [fd for fd in range(3) if not os.get_blocking(fd)]


class UnreadInput:
    def leave():
        sys.stdin.read(1)  # The rest stays in the pipe.

    def look():
        return sys.stdin.read()


class LateOutput:
    def leave():
        import os, time
        if os.fork() == 0:
            os.setsid()
            time.sleep(0.1)
            print(MARK, flush=True)

    def look():
        import time
        time.sleep(0.3)
        return False  # It would be in the output.


class Thread:
    def leave():
        import threading, time
        threading.Thread(target=time.sleep, args=(60,), daemon=True, name=MARK).start()

    def look():
        import threading
        return [t.name for t in threading.enumerate() if t is not threading.main_thread()]


class Child:
    def leave():
        import subprocess
        subprocess.Popen(["sleep", "4711"])

    def look():
        return processes()


class Daemon:
    def leave():
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 64)
                time.sleep(4711)
            os._exit(0)

    def look():
        return processes()


class AtExit:
    def leave():
        import atexit
        atexit.register(print, MARK)

    def look():
        import atexit
        return atexit._ncallbacks() > 1


class RandomSeed:
    def leave():
        import random
        random.seed(4711)

    def look():
        import random
        mine = random.random()
        random.seed(4711)
        return mine == random.random()


class SameRandom:
    def leave():
        remember_random()

    def look():
        import random
        return len({random.random() for _ in range(3)}) != 3


class Locale:
    def leave():
        import locale
        locale.setlocale(locale.LC_ALL, "C")

    def look():
        import locale
        return locale.setlocale(locale.LC_CTYPE) == "C"


class Umask:
    def leave():
        import os
        os.umask(0o777)

    def look():
        import os
        return os.umask(0o022) != 0o022


class Limits:
    def leave():
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))

    def look():
        import resource
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1000 or resource.getrlimit(resource.RLIMIT_FSIZE)[0] < 1000


class ParentLimits:
    def leave():
        import os, resource
        for pid in {os.getppid(), 1}:
            try:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))
            except PermissionError:
                pass

    def look():
        import resource
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1000


class ParentPriority:
    def leave():
        import os
        for which, who in ((os.PRIO_PROCESS, os.getppid()), (os.PRIO_USER, 0), (os.PRIO_PROCESS, 1)):
            try:
                os.setpriority(which, who, 19)
            except PermissionError:
                pass
        try:
            os.sched_setaffinity(os.getppid(), {0})
        except PermissionError:
            pass

    def look():
        import os
        return os.getpriority(os.PRIO_PROCESS, 0) != 0


class Nice:
    def leave():
        import os
        os.nice(19)

    def look():
        import os
        return os.nice(0)


class RecursionLimit:
    def leave():
        sys.setrecursionlimit(200)

    def look():
        return sys.getrecursionlimit() != 1000


class Hooks:
    def leave():
        sys.excepthook = sys.displayhook = sys.unraisablehook = print
        sys.settrace(lambda *a: None)
        sys.setprofile(lambda *a: None)
        sys.addaudithook(lambda *a: None)

    def look():
        return sys.excepthook is not sys.__excepthook__ or sys.gettrace() or sys.getprofile()


class Warnings:
    def leave():
        import warnings
        warnings.simplefilter("error")

    def look():
        import warnings
        return any(f[0] == "error" for f in warnings.filters)


class Decimals:
    def leave():
        import decimal
        decimal.getcontext().prec = 3
        decimal.DefaultContext.prec = 3

    def look():
        import decimal
        return decimal.getcontext().prec != 28


class Collector:
    def leave():
        import gc
        gc.disable()
        gc.set_threshold(1)

    def look():
        import gc
        return not gc.isenabled() or gc.get_threshold()[0] == 1


class Encoding:
    def leave():
        sys.stdout.reconfigure(encoding="ascii", errors="replace")
        sys.setswitchinterval(1)

    def look():
        return sys.stdout.encoding != "utf-8" or sys.getswitchinterval() > 0.5


class Interned:
    def leave():
        global keep
        keep = [sys.intern(MARK + str(i)) for i in range(1000)]

    def look():
        return memory("left-" + "behind-47119")


class Memory:
    def leave():
        global keep
        keep = [("heap-mark-" + "0815") * 1000 for _ in range(100)]

    def look():
        return memory("heap-" + "mark-" + "0815heap")


class SystemV:
    def leave():
        import ctypes
        libc = ctypes.CDLL(None)
        libc.shmget(4711, 4096, 0o1666), libc.semget(4711, 1, 0o1666), libc.msgget(4711, 0o1666)

    def look():
        import ctypes
        libc = ctypes.CDLL(None)
        return [n for n in (libc.shmget(4711, 0, 0), libc.semget(4711, 0, 0), libc.msgget(4711, 0)) if n >= 0]


class MessageQueue:
    def leave():
        import ctypes
        ctypes.CDLL(None).mq_open(b"/leftover", 0o102, 0o666, None)

    def look():
        import ctypes
        return ctypes.CDLL(None).mq_open(b"/leftover", 0) >= 0


class Port:
    def leave():
        import os, socket, time
        s = socket.create_server(("127.0.0.1", 4711))
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)

    def look():
        import socket
        try:
            socket.create_connection(("127.0.0.1", 4711), 1).close()
        except OSError:
            return False
        return True


class Dumpable:
    def leave():
        import ctypes
        libc = ctypes.CDLL(None)
        libc.prctl(4, 0, 0, 0, 0), libc.prctl(15, b"leftover", 0, 0, 0), libc.prctl(1, 9, 0, 0, 0)

    def look():
        import ctypes
        return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) != 1


def processes():
    """The processes that can be found without /proc: by trying to signal each."""
    import os
    found = []
    for pid in range(2, 40000):
        if pid in (os.getpid(), os.getppid()):
            continue
        try:
            os.kill(pid, 0)
            found.append(pid)
        except OSError:
            pass
    return found


def memory(text):
    """Whether a text is anywhere in memory that this process may look at."""
    import gc
    return any(text in thing for thing in gc.get_objects() if isinstance(thing, str))


def remember_random():
    import random
    return random.random()


def main():
    attempts = {name: value for name, value in globals().items() if isinstance(value, type)}
    if sys.argv[1] == "list":
        print("\n".join(attempts))
        return
    found = getattr(attempts[sys.argv[2]], sys.argv[1])()
    if sys.argv[1] == "look":
        print(f"found {found}" if found else "clean")


main()

"""Looks for text that begins with a mark wherever a program may look, and prints what
it finds beyond its own input and arguments."""
import ctypes
import gc
import glob
import os
import re
import socket
import sys

MARK = b"CANA" + b"RY-"
PATTERN = re.compile(MARK + rb"[A-Z]+-[0-9]+")
found = {}


def look(where, data):
    for text in PATTERN.findall(data):
        found.setdefault(text.decode(), where)


def files():
    """Every file that can be read, by name from every folder that can be listed."""
    places = ["/tmp", "/dev", "/run", "/home", "/etc", "/srv", "/var", "/root", "/proc", "/sys", "/usr/lib/pattarai"]
    for place in places:
        for folder, _, names in os.walk(place):
            look(folder, os.fsencode(" ".join(names)))
            for name in names:
                read(os.path.join(folder, name))


def processes():
    """What /proc says of every process that there may be."""
    for pid in ["self", *range(1, 400)]:
        for name in ("environ", "cmdline", "status", "maps", "stack", "cwd", "root", "exe"):
            read(f"/proc/{pid}/{name}")
            try:
                look("link", os.fsencode(os.readlink(f"/proc/{pid}/{name}")))
            except OSError:
                pass
        for fd in range(12):
            if str(pid) != "self" and pid != os.getpid():
                read(f"/proc/{pid}/fd/{fd}")
        for name in ("mem", "map_files"):
            try:
                os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
                found[f"{name} of {pid}"] = "opened"
            except OSError:
                pass


def read(path):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        look(path, os.read(fd, 1 << 20))
    except OSError:
        pass
    os.close(fd)


def descriptors():
    """What other descriptors than the standard ones lead to."""
    for fd in range(3, 256):
        try:
            os.fstat(fd)
        except OSError:
            continue
        found[f"descriptor {fd}"] = "open"


def sockets():
    """Every port of this machine, and the abstract sockets."""
    for port in (7420, *range(1, 1000, 37)):
        try:
            s = socket.create_connection(("127.0.0.1", port), 0.2)
            s.settimeout(0.2)
            look(f"port {port}", s.recv(4096))
        except OSError:
            pass
    for name in glob.glob("/proc/net/*"):
        read(name)


def memory():
    """All memory of this process round its own objects: what was there before it came."""
    libc = ctypes.CDLL(None, use_errno=True)
    r, w = os.pipe()
    size = 4096
    places = sorted({id(thing) & ~0xFFFFF for thing in gc.get_objects()} | {id(sys.argv) & ~0xFFFFF, ctypes.addressof(ctypes.c_char.in_dll(libc, "environ")) & ~0xFFFFF})
    pages = sorted({page for place in places for page in range(place - (1 << 20), place + (2 << 20), size)})
    seen, before = 0, b""
    for address in pages:
        if libc.write(w, ctypes.c_void_p(address), size) != size:
            continue  # Not a page: refused, and no crash.
        data = os.read(r, size)
        look("memory", before[-64:] + data)
        before, seen = data, seen + 1
    return seen


own = sys.stdin.buffer.read() + os.fsencode(" ".join(sys.argv))
for key, value in os.environ.items():
    look("environment", os.fsencode(key + value))
processes()
files()
descriptors()
sockets()
pages = memory()
mine = {text.decode() for text in PATTERN.findall(own)}
print("looked at memory" if pages > 500 else f"only {pages} pages")
print("own:", *sorted(mine))
print("others:", *sorted(f"{text} in {where}" for text, where in found.items() if text not in mine))

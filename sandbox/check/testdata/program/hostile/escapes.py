import ctypes, os
libc = ctypes.CDLL(None)
print(libc.unshare(0x10000000), libc.unshare(0x20000), libc.chroot(b"/tmp"), libc.setns(0, 0), libc.mount(b"/", b"/tmp", b"", 4096, 0))
print(libc.syscall(321, 0, 0, 0), libc.syscall(425, 1, 0), libc.syscall(298, 0, 0, 0, 0, 0), libc.syscall(323, 0))

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in (os.getppid(), 1):
    for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
        print(libc.ptrace(request, pid, 0, 0))
    print(libc.syscall(310, pid, 0, 0, 0, 0, 0))  # process_vm_readv
    print(libc.syscall(438, 0, 0, 0))  # pidfd_getfd

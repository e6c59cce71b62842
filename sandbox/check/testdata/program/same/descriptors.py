import os
open_fds = []
for fd in range(256):
    try:
        os.fstat(fd)
    except OSError:
        continue
    open_fds.append((fd, oct(os.fstat(fd).st_mode), os.get_inheritable(fd), os.get_blocking(fd)))
print(open_fds)

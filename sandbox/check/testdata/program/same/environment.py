import os
print(sorted(os.environ.items()))
print(os.getcwd(), sorted(os.listdir()), os.umask(0o22), os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid(), os.getuid(), os.getgroups())
print(sorted(int(fd) for fd in range(64) if not os.system(f"test -e /proc/self/fd/{fd}")) == [0, 1, 2])

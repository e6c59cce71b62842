import os
for path in ("/proc/self/mem", "/proc/1/mem", f"/proc/{os.getppid()}/mem", "/proc/self/oom_score_adj", "/proc/sys/kernel/core_pattern", "/proc/self/fd/../mem"):
    try:
        open(path, "r+b", 0)
        print("opened", path)
    except OSError:
        print("refused")

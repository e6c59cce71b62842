import os, signal
for target in (os.getppid(), 1):
    for s in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(target, s)
            print("sent")
        except OSError:
            print("refused")
os.kill(-1, signal.SIGKILL)  # To everybody; Linux never says that nobody was reached.

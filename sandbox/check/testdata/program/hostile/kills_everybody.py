import os, signal
sent = 0
for pid in range(1, 40000):
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGTERM)
            sent += 1
        except OSError:
            pass
print(sent, "sent")

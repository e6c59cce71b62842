import os
written = 0
for place in ("/tmp", "/dev/shm", "."):
    try:
        with open(place + "/fill", "wb", 0) as f:
            while True:
                written += f.write(b"x" * (1 << 16))
    except OSError as e:
        pass
print("full")

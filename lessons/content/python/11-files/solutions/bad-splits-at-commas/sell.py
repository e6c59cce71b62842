import fcntl
import time

with open("stock.lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    with open("stock.txt", encoding="utf-8") as file:
        stock = int(file.read())

    time.sleep(0.1)

    with open("stock.txt", "w", encoding="utf-8") as file:
        file.write(f"{stock - 1}\n")

import hashlib
import math


def set_bit(bits, n):
    bits[n // 8] |= 1 << (n % 8)


def get_bit(bits, n):
    return bits[n // 8] & (1 << (n % 8)) != 0


def size(n, p):
    m = max(1, math.ceil(-n * math.log(p) / math.log(2) ** 2))
    k = max(1, round(m / max(1, n) * math.log(2)))
    return m, k


def places(key, m, k):
    digest = hashlib.sha256(key.encode()).digest()
    first = int.from_bytes(digest[:8])
    step = int.from_bytes(digest[8:16])
    found = []
    for i in range(k):
        found.append((first + i * step) % m)
    return found


def new(n, p):
    m, k = size(n, p)
    return {"m": m, "k": k, "bits": bytearray((m + 7) // 8)}


def add(bloom, key):
    for place in places(key, bloom["m"], bloom["k"]):
        set_bit(bloom["bits"], place)


def contains(bloom, key):
    for place in places(key, bloom["m"], bloom["k"]):
        if not get_bit(bloom["bits"], place):
            return False
    return True


def save(bloom, path):
    with open(path, "wb") as file:
        file.write(f"{bloom['m']} {bloom['k']}\n".encode())
        file.write(bloom["bits"])


def load(path):
    with open(path, "rb") as file:
        m, k = file.readline().split()
        return {"m": int(m), "k": int(k), "bits": bytearray(file.read())}

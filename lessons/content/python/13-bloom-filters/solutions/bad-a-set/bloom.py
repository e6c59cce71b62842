import hashlib
import math
import pickle


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
    return set()


def add(bloom, key):
    bloom.add(key)


def contains(bloom, key):
    return key in bloom


def save(bloom, path):
    with open(path, "wb") as file:
        pickle.dump(bloom, file)


def load(path):
    with open(path, "rb") as file:
        return pickle.load(file)

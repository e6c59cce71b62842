import sys

import bloom


def tidy(plate):
    return plate.upper().replace(" ", "").replace("-", "")


def build(path, p):
    listed = []
    for line in sys.stdin:
        if line.strip():
            listed.append(tidy(line.strip()))
    filled = bloom.new(len(listed), p)
    for plate in listed:
        bloom.add(filled, plate)
    bloom.save(filled, path)
    print(f"{len(listed)} plates")


def check(path):
    filled = bloom.load(path)
    for line in sys.stdin:
        plate = line.strip()
        if plate:
            answer = "call" if bloom.contains(filled, plate) else "drive on"
            print(f"{plate}: {answer}")


command = sys.argv[1]
if command == "build":
    build(sys.argv[2], float(sys.argv[3]))
elif command == "check":
    check(sys.argv[2])

# python3 gate.py build FILE P    reads plates from the input, one per line, and saves a filter
# python3 gate.py check FILE      reads plates from the input and says for each what to do

import sys

import bloom


def build(path, p):
    """Read the list and save it. Prints how many plates there were."""


def check(path):
    """Print a line for each plate: "PLATE: call" or "PLATE: drive on"."""


command = sys.argv[1]
if command == "build":
    build(sys.argv[2], float(sys.argv[3]))
elif command == "check":
    check(sys.argv[2])

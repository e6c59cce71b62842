"""Asks the functions of a file: python3 /srv/ask.py FILE, then one call per line.

What a call gives back is shown as Python's own prompt shows it: texts with their
quotes, and nothing at all when it gave nothing back.
"""

import sys

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    source = file.read()

names = {"__name__": "asked"}
exec(compile(source, path, "exec"), names)

for line in sys.stdin:
    if line.strip():
        answer = eval(line.strip(), names)
        if answer is not None:
            print(repr(answer))

"""Reads lines as Python's own prompt does: python3 /srv/ask.py FILE.

The functions of FILE are known. What a line is worth is shown, if it is worth anything.
"""

import sys

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    source = file.read()

names = {"__name__": "asked"}
exec(compile(source, path, "exec"), names)

for line in sys.stdin:
    if line.strip():
        exec(compile(line.strip() + "\n", "your line", "single"), names)

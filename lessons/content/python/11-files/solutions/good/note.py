import sys

with open("notes.txt", "a", encoding="utf-8") as file:
    for line in sys.stdin:
        file.write(line)

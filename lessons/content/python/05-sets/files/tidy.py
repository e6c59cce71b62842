# The list at the gate: names in one line, in any capitals, some of them twice.

names = input().split()

print(len(names), "people")

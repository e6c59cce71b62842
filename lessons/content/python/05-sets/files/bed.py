# The bed in one line, then a new plant, then a sick one.
# The new one is planted first, then the sick one is dug out, if it is there at all.

bed = set(input().split())
new = input()
sick = input()

print(sorted(bed))

bed = set(input().split())
new = input()
sick = input()

bed.add(new)
bed.discard(sick)

print(sorted(bed))

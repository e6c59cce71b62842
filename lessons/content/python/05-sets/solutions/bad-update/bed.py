bed = set(input().split())
new = input()
sick = input()

bed.update(new)
bed.discard(sick)

print(sorted(bed))

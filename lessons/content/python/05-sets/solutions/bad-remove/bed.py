bed = set(input().split())
new = input()
sick = input()

bed.add(new)
bed.remove(sick)

print(sorted(bed))

names = set(input().split())

print(len(names), "people")
print(sorted(names))

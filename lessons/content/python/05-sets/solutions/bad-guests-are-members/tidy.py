names = set(input().title().split())

print(len(names), "people")
print(sorted(names))

dishes = input().split()

print("sorted:", ", ".join(sorted(dishes)))
print("as it was:", ", ".join(dishes))

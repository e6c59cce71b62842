dishes = input().split()

print("sorted:", ", ".join(dishes.sort()))
print("as it was:", ", ".join(dishes))

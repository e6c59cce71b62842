dishes = input().split()

dishes.sort()
print("sorted:", ", ".join(dishes))
print("as it was:", ", ".join(dishes))

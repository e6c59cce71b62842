# Dishes in one line. Print them sorted, then in the order in which they came in.

dishes = input().split()

print("sorted:", ", ".join(dishes))
print("as it was:", ", ".join(dishes))

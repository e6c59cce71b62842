flowers = input().split()
kinds = set(flowers)

print("plants:", len(flowers))
print("kinds:", len(kinds))
print(sorted(kinds))

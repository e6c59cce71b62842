botanical = set(input().split())
rose = set(input().split())

print("in both:", sorted(botanical and rose))
print("in either:", sorted(botanical or rose))

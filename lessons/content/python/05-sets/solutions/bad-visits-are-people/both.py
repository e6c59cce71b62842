botanical = set(input().split())
rose = set(input().split())

print("in both:", sorted(botanical & rose))
print("in either:", sorted(botanical | rose))

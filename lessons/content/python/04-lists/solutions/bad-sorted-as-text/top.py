days = input().split()

best = sorted(days, reverse=True)[:3]
print(list(map(int, best)))

days = list(map(int, input().split()))

best = sorted(days, reverse=True)[:3]
print(best)

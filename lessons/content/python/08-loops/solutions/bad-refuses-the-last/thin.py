heights = list(map(int, input().split()))

stay = []
for height in heights:
    if height >= 10:
        stay.append(height)

print(stay)

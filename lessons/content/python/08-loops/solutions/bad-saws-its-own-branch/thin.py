heights = list(map(int, input().split()))

for height in heights:
    if height < 10:
        heights.remove(height)

print(heights)

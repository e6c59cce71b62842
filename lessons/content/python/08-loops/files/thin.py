# One line: the heights of the seedlings. Those below 10 are taken out. Print who stays, in order.

heights = list(map(int, input().split()))

print(heights)

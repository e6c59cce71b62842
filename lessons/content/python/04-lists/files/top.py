# What was earned on each day, in one line. Print a list of the three best, the best one first.

days = list(map(int, input().split()))

print(days)

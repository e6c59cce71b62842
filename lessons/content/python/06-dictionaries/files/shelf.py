# The names on the shelf in one line, how many of each in the next.

stock = dict(zip(input().split(), map(int, input().split())))

print("kinds:", 0)

# Line 1 and 2: the names on the shelf, and how many there are of each.
# Line 3 and 4: what the lorry brings, and how many.

stock = dict(zip(input().split(), map(int, input().split())))
item = input()
count = int(input())

print(stock)

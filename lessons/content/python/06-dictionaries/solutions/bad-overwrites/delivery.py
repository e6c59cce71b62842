stock = dict(zip(input().split(), map(int, input().split())))
item = input()
count = int(input())

stock[item] = count

print(stock)

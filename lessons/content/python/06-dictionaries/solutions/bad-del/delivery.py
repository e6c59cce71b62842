stock = dict(zip(input().split(), map(int, input().split())))
item = input()
count = int(input())

stock[item] = stock.get(item, 0) + count

print(stock)

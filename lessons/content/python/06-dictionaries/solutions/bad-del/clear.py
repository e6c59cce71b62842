stock = dict(zip(input().split(), map(int, input().split())))
item = input()

gone = stock.get(item, 0)
del stock[item]

print("taken off:", gone)
print(stock)

stock = dict(zip(input().split(), map(int, input().split())))
item = input()

gone = stock.pop(item, 0)

print("taken off:", gone)
print(stock)

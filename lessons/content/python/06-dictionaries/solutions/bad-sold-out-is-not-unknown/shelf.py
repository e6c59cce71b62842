stock = dict(zip(input().split(), map(int, input().split())))

print("kinds:", len(stock))
print("pieces:", sum(stock.values()))
print("names:", sorted(stock))

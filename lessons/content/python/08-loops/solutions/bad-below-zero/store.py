stock = {}

line = input()
while line != "end":
    word, item, count = line.split()
    count = int(count)
    if word == "in":
        stock[item] = stock.get(item, 0) + count
    else:
        stock[item] = stock.get(item, 0) - count
    line = input()

for item in sorted(stock):
    print(item, stock[item])

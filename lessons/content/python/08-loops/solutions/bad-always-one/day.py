stock = {}
given = 0
refused = 0

line = input()
while line != "end":
    word, item, count = line.split()
    count = int(count)
    have = stock.get(item, 0)
    if word not in {"in", "out"}:
        print("what is", word + "?")
        refused += 1
    elif word == "out" and count > have:
        print(f"not enough {item}: {have} left")
        refused += 1
    elif word == "out":
        stock[item] = have - count
        given += count
    else:
        stock[item] = have + count
    line = input()

for item in sorted(stock):
    if stock[item] > 0:
        print(item, stock[item])
print("given out:", given)
print("refused:", refused)

total = 0
with open("sales.csv", encoding="utf-8") as file:
    for number, line in enumerate(file, 1):
        row = line.split(",")
        if len(row) != 3:
            print(f"line {number}: {len(row)} fields")
            continue
        name, count, price = row
        total = total + int(count) * int(price)
print("total", total)

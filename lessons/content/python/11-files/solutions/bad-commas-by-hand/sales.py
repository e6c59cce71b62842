import csv

total = 0
with open("sales.csv", encoding="utf-8", newline="") as file:
    for number, row in enumerate(csv.reader(file), 1):
        if len(row) != 3:
            print(f"line {number}: {len(row)} fields")
            continue
        name, count, price = row
        total = total + int(count) * int(price)
print("total", total)

import csv
import sys

BOOK = "daybook.csv"


def add(name, count, price):
    with open(BOOK, "a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([name, count, price])


def total():
    entries, money = 0, 0
    try:
        with open(BOOK, encoding="utf-8", newline="") as file:
            for name, count, price in csv.reader(file):
                entries = entries + 1
                money = money + int(count) * float(price)
    except FileNotFoundError:
        pass
    print(f"{entries} entries, {money:.2f}")


command = sys.argv[1]
if command == "add":
    add(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
elif command == "total":
    total()

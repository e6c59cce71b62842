# The day book:  daybook.py add NAME COUNT PRICE   writes a sale into daybook.csv
#                daybook.py total                  prints: 2 entries, 214.00

import csv
import sys

BOOK = "daybook.csv"


def add(name, count, price):
    ...


def total():
    ...


command = sys.argv[1]
if command == "add":
    add(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
elif command == "total":
    total()

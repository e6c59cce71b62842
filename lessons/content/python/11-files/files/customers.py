# Reads customers.csv: phone,name. Prints each customer once, the first entry of a phone:
#     98400 11111 Meena
# Phones are the same when they differ only in blanks.

import csv

with open("customers.csv", encoding="utf-8", newline="") as file:
    for phone, name in csv.reader(file):
        print(phone, name)

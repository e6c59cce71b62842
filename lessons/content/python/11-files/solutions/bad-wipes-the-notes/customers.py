import csv

seen = set()
with open("customers.csv", encoding="utf-8", newline="") as file:
    for phone, name in csv.reader(file):
        key = phone.replace(" ", "")
        if key not in seen:
            seen.add(key)
            print(phone, name)

# Reads sales.csv: name,count,price. Prints what was sold in rupees, and names the
# lines that do not have three fields:
#     line 3: 2 fields
#     total 164

total = 0
with open("sales.csv", encoding="utf-8") as file:
    for line in file:
        name, count, price = line.split(",")
        total = total + int(count) * int(price)
print("total", total)

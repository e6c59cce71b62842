stock = {"rice": 12, "dal": 5, "soap": 0}
item = input()

print("on the list:", item in stock)
print("pieces:", stock.get(item, 0))

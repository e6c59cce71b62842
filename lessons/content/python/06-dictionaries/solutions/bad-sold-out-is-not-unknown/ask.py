stock = {"rice": 12, "dal": 5, "soap": 0}
item = input()

print("on the list:", stock.get(item, 0) > 0)
print("pieces:", stock.get(item, 0))

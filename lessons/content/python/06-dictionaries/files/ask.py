# One line comes in. Is it on the list, and how many pieces are there?

stock = {"rice": 12, "dal": 5, "soap": 0}
item = input()

print("on the list:", True)
print("pieces:", stock[item])

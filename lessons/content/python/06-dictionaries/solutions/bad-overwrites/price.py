prices = {"rice": 60, "dal": 140, "oil": 180, "salt": 25}
item = input()

print(f"{item}: {prices[item]} rupees")

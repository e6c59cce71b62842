# One line comes in: what the customer asks for. Print what it costs.

prices = {"rice": 60, "dal": 140, "oil": 180, "salt": 25}
item = input()

print(prices)

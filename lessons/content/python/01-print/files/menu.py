# Today's menu: one line, then the three prices, then the line of dashes.

first = "idli"
second = "dosai"
third = "pongal"

print(first, second, third)

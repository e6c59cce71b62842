first = "idli"
second = "dosai"
third = "pongal"

print(first, second, third, sep=" | ")
print(10, 35, 30, sep=", ", end=".\n")
print("-" * 20)

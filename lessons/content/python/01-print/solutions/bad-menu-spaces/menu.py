first = "idli"
second = "dosai"
third = "pongal"

print(first, "|", second, "|", third)
print(10, ", ", 35, ", ", 30, ".")
print("-" * 20)

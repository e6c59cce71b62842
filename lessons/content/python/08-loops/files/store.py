# Lines such as "in rice 20" and "out rice 5", until a line says end.
# Print what is in the store room then, sorted by name.

stock = {}

line = input()
print(line)

# True when the line reads the same backwards. Capitals and spaces do not count.

line = input()

print(line)

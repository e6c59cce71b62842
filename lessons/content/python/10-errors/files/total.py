# Reads lines such as "rice 52" until the end. Adds up what is right, counts what is not.
# Prints two lines:
#     total 52
#     1 line not understood

import sys

total = 0
for line in sys.stdin:
    name, amount = line.split()
    total = total + int(amount)
print("total", total)

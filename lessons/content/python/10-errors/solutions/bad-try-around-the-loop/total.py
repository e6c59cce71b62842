import sys

total = 0
bad = 0
try:
    for line in sys.stdin:
        name, amount = line.split()
        total = total + int(amount)
except ValueError:
    bad = bad + 1
print("total", total)
print(bad, "line" if bad == 1 else "lines", "not understood")

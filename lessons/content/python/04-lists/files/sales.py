# One line with what every customer paid. The next line makes a list of numbers from it.

sales = list(map(int, input().split()))

print("total:", 0)

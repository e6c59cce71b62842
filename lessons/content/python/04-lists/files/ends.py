# One line comes in, with the orders separated by spaces.

orders = input().split()

print(orders)

# The bill, then what the customer gives. Count out the change:
# first notes of 100, then of 50, then of 10, then coins of 1.

bill = int(input())
paid = int(input())

print("change:", paid - bill)

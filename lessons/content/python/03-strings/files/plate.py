# A plate such as TN58N1234: two letters for the state, two digits for the district,
# then one or two letters, then four digits.

plate = input()

print("state:", plate)

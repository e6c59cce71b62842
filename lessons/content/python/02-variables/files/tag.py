# Two lines come in. Write the tag: name, colon, space, how many metres.

customer = input()
metres = input()

print(customer)

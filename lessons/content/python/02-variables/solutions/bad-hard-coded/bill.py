metres = int(input())
price = int(input())
stitching = int(input())

total = metres * price + stitching
print(f"{total} rupees")

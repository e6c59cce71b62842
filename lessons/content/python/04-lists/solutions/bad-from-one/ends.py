orders = input().split()

print("first:", orders[1])
print("last:", orders[-1])
print("orders:", len(orders))

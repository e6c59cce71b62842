orders = input().split()

print("first:", orders[0])
print("last:", orders[-1])
print("orders:", len(orders))

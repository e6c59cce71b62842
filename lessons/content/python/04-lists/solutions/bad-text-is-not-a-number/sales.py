sales = input().split()

print("total:", sum(sales))
print("best:", max(sales))
print("least:", min(sales))
print(f"average: {sum(sales) / len(sales):.2f}")

item = input()
count = int(input())
price = float(input())

print(f"{item:<12}{count:>4}{price:>10.2f}")
print("-" * 26)
print(f"{'total':<12}{count * price:>14.2f}")

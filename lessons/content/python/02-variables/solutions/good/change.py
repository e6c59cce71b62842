bill = int(input())
paid = int(input())

change = paid - bill
print("change:", change)

print("100:", change // 100)
change = change % 100
print("50:", change // 50)
change = change % 50
print("10:", change // 10)
change = change % 10
print("1:", change)

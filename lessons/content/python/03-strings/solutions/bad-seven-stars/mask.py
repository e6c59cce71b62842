phone = input()

print("*" * 7 + phone[-3:])

phone = input()

print("*" * (len(phone) - 3) + phone[-3:])

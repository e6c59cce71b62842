rupees = float(input())

paise = int(rupees * 100)
print(paise)

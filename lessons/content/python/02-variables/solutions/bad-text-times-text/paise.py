rupees = float(input())

paise = round(rupees * 100)
print(paise)

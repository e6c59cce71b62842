# A price such as 12.5 comes in. Print it in paise, as a whole number.

rupees = float(input())

print(rupees)

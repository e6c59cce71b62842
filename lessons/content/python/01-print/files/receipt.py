# A receipt. The first three lines read what the customer bought, you print the rest.

item = input()
count = int(input())
price = float(input())

print(item)

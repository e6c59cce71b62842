item = input()
count = int(input())
price = float(input())

print("item: " + item + " count: " + count)

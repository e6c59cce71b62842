yesterday = input().split()
sold_out = input()
special = input()

today = yesterday.copy()
today.remove(sold_out)
today.append(special)

print("yesterday:", yesterday)
print("today:", today)

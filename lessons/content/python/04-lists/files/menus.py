# Yesterday's menu in one line, then the dish that is sold out, then today's special.
# Today's menu is yesterday's without the first and with the second at its end.

yesterday = input().split()
sold_out = input()
special = input()

today = yesterday

print("yesterday:", yesterday)
print("today:", today)

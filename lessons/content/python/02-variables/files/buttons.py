# How many full cards of twelve, and how many buttons are left?

buttons = int(input())

print(buttons)

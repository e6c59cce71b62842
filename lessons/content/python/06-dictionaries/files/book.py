# The credit book. Three times two lines: a name, and what that customer took on credit.
# An amount below zero was paid back.

book = {}

name = input()
amount = int(input())
book[name] = amount

print(book)

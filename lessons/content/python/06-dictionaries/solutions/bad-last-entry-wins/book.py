book = {}

name = input()
amount = int(input())
book[name] = amount

name = input()
amount = int(input())
book[name] = amount

name = input()
amount = int(input())
book[name] = amount

print(book)
print("owed in all:", sum(book.values()))
print("owes most:", max(book, key=book.get))

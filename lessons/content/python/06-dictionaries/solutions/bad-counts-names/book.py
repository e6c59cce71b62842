book = {}

name = input()
amount = int(input())
book[name] = book.get(name, 0) + amount

name = input()
amount = int(input())
book[name] = book.get(name, 0) + amount

name = input()
amount = int(input())
book[name] = book.get(name, 0) + amount

print(book)
print("owed in all:", sum(book.values()))
print("owes most:", max(book, key=book.get))

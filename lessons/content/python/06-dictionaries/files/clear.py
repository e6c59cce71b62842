# The shelf in two lines, then something that Annachi does not sell any more.
# It leaves the list. Print how many pieces go back to the dealer.

stock = dict(zip(input().split(), map(int, input().split())))
item = input()

print("taken off:", 0)
print(stock)

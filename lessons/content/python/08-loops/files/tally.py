# One line with the flowers in the basket. Print each kind with its number, sorted by name.

flowers = input().split()

for flower in flowers:
    print(flower, 1)

# Write a function tea(cups, size="small", milk=True). It gives back the price:
# a small cup is 12 rupees, a large one 20. Without milk each cup is 2 rupees less.
